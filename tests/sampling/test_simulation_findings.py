"""Findings and folds on numbers that can be checked by hand."""

import numpy as np
import pytest

from sampling.simulation.findings import findings, grouped, nearness
from sampling.simulation.folds import FOLDS, scene_folds
from sampling.simulation.protocol import Curve


def curve(recipe: str, seed: int, *scores: float) -> Curve:
    boxes = tuple(100 * (place + 1) for place in range(len(scores)))
    return Curve(recipe, seed, boxes, tuple(10.0 * b for b in boxes), scores, full_score=1.0, full_boxes=1000)


BOTH = [
    curve("random", 0, 0.0, 0.5, 0.75, 1.0),
    curve("random", 1, 0.0, 0.5, 0.75, 1.0),
    curve("quick", 0, 0.0, 1.0, 1.0, 1.0),
    curve("quick", 1, 0.5, 1.0, 1.0, 1.0),
]


def test_a_finding_by_hand():
    random, quick = findings(BOTH, share_of_full=0.5)
    assert (random.boxes, quick.boxes) == ((200.0, 200.0), (150.0, 100.0))
    assert quick.saved is not None
    assert quick.saved.mean == pytest.approx(1 - 125 / 200)
    assert quick.saved_seconds is not None
    assert quick.saved_seconds.mean == pytest.approx(1 - 125 / 200)
    assert quick.share == pytest.approx(0.125)
    assert (random.saved, random.p) == (None, None)
    assert quick.area.mean == pytest.approx((2.5 / 3 + 2.75 / 3) / 2)


def test_recipes_of_different_seeds_are_not_compared():
    with pytest.raises(ValueError, match="same seeds"):
        grouped(BOTH[:3])


def test_ten_per_cent_of_the_best_fixed_recipe_on_every_set():
    one = findings([curve("random", 0, 0.0, 1.0), curve("a", 0, 0.5, 1.0), curve("b", 0, 0.0, 1.0)], 0.5)
    other = findings([curve("random", 0, 0.0, 1.0), curve("a", 0, 0.0, 1.0), curve("b", 0, 0.5, 1.0)], 0.5)
    found = {n.recipe: n for n in nearness({"one": one, "other": other}, ["a", "b"], adaptive="random")}
    assert found["a"].ratios == {"one": 1.0, "other": 1.5}
    assert found["b"].ratios == {"one": 1.5, "other": 1.0}
    assert not any(near.within for near in found.values())


def test_what_was_not_reached_is_near_nothing():
    one = findings([curve("random", 0, 0.0, 0.4), curve("a", 0, 0.5, 1.0)], 0.5)
    (adaptive, fixed) = nearness({"one": one}, ["a"], adaptive="random")
    assert adaptive.ratios == {"one": None}
    assert not adaptive.within
    assert fixed.within


def test_what_looks_alike_stays_in_one_fold():
    rng = np.random.default_rng(0)
    scenes = np.linalg.qr(rng.normal(size=(40, 40)))[0]
    images = np.repeat(scenes, 3, axis=0) + rng.normal(0, 0.01, (120, 40))
    images = (images / np.linalg.norm(images, axis=1, keepdims=True)).astype(np.float32)
    folds = scene_folds(images)
    assert (folds.reshape(40, 3) == folds.reshape(40, 3)[:, :1]).all()
    assert np.bincount(folds).tolist() == [24] * FOLDS


def test_a_group_stays_in_one_fold_whatever_it_looks_like():
    images = np.eye(20, dtype=np.float32)
    folds = scene_folds(images, groups=np.arange(20) // 2)
    assert (folds[::2] == folds[1::2]).all()
    assert len(set(folds)) == FOLDS
