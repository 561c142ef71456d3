"""The shipped calibration is fitted on what its maps did not learn from."""

import numpy as np
import pytest

from training.embedder import calibration
from training.embedder.calibration import calibrate, joined, shortlists
from training.embedder.metric import MetricConfig
from training.embedder.network import FEATURES
from training.embedder.scenes import assign_folds, scene_folds


def unit(*rows: tuple[float, float]) -> np.ndarray:
    vectors = np.array(rows, np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_shortlists_tell_where_the_true_product_stands():
    vectors = unit((1, 0), (0, 1), (1, 0.1), (1, 0.2), (0.3, 1))
    labels = np.array([0, 1, 0, 1, 2])
    lists = shortlists(vectors, labels, references=np.array([0, 1]), queries=np.array([2, 3, 4]), most=24)
    assert lists.truth.tolist() == [0, 1, -1]  # right; second behind product 0; not in the gallery
    assert lists.known.tolist() == [True, True, False]
    assert lists.scores[0, 0] == pytest.approx(vectors[2] @ vectors[0], abs=1e-4)
    assert lists.nearest == pytest.approx(lists.scores[:, 0], abs=1e-4)  # one reference each
    both = joined([lists, lists])
    assert both.truth.tolist() == [0, 1, -1, 0, 1, -1]
    assert both.scores.shape == (6, lists.scores.shape[1])
    assert both.nearest.tolist() == lists.nearest.tolist() * 2


def test_a_calibration_learns_without_what_it_names(monkeypatch):
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(10), 15)
    features = (rng.normal(size=(10, FEATURES))[labels] + 2.5 * rng.normal(size=(150, FEATURES))).astype(np.float32)
    folds = np.tile(np.arange(5), 30)
    folds[:3] = -1
    learned = []
    fit_worlds = calibration.fit_worlds
    monkeypatch.setattr(
        calibration, "fit_worlds", lambda sets, config: learned.append(sets) or fit_worlds(sets, config)
    )
    fitted = calibrate(features[:, None], labels, folds, [], MetricConfig(width=8, steps=0), "made-up crops")
    assert (fitted.measured_on, fitted.offsets) == ("made-up crops", {})
    assert fitted.facings == 118  # of 147 in folds, a fifth is of products that no gallery has
    for fold, [(_, known)] in enumerate(learned):
        assert not np.isin(known, [fold, fold + 5]).any()
        assert len(known) == ((folds != fold) & (labels % 5 != fold)).sum()


def test_photos_of_one_scene_share_a_fold():
    vectors = np.eye(6, dtype=np.float32)[[0, 0, 1, 2, 3, 4]]
    folds = assign_folds(np.zeros(6, np.int64), vectors)
    assert folds[0] == folds[1]
    assert sorted(set(folds.tolist())) == [0, 1, 2, 3, 4]


def test_scenes_are_told_by_features():
    scenes = np.random.default_rng(0).normal(size=(5, FEATURES)).astype(np.float32)
    folds = scene_folds(np.repeat(scenes, 2, 0), np.zeros(10, np.int64))
    assert folds.tolist() == np.repeat(folds[::2], 2).tolist()
    assert sorted(set(folds.tolist())) == [0, 1, 2, 3, 4]
