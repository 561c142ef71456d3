"""How `bench-labels` cuts folds and judges proposals, on boxes one can count by hand."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.labels.headline import headline
from benchmarks.labels.measuring import DETECTION, NAMING, Measured
from benchmarks.labels.picture import draw
from benchmarks.labels.proposals import BACKGROUND, Detecting, Proposals
from benchmarks.labels.seeing import Photo, Seen
from benchmarks.labels.sets import block_folds, later_half
from benchmarks.labels.shift import other_light
from sampling.simulation.contestants import OURS, RANDOM
from sampling.simulation.findings import findings
from sampling.simulation.protocol import Curve

WHOLE = np.array([[0, 0, 1, 1]], np.float32)
LEFT, RIGHT = [0.0, 0.0, 0.4, 1.0], [0.6, 0.0, 1.0, 1.0]


def seen(photos: list[Photo]) -> Seen:
    counts = [len(photo.labels) for photo in photos]
    rng = np.random.default_rng(0)
    return Seen(
        photos=photos,
        features=rng.random((sum(counts), 688)).astype(np.float32),
        owners=np.repeat(np.arange(len(photos)), counts),
        labels=np.concatenate([photo.labels for photo in photos]),
        lights=np.array([0] * (len(photos) - 1) + [1]),
    )


def test_neighbours_in_the_numbering_share_a_fold():
    names = [f"beans__BEANS{n:04d}.jpg" for n in range(20)] + [f"milk__MILK{n:04d}.jpg" for n in range(10)]
    shown = seen([Photo(Path(name), WHOLE, np.array([0])) for name in names])
    assert block_folds(shown).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4] * 2 + [0, 1, 2, 3, 4] * 2
    assert later_half(shown).tolist() == ([False] * 10 + [True] * 10) + ([False] * 5 + [True] * 5)


@pytest.fixture
def detecting() -> Detecting:
    """Two photos: milk on the left and beans on the right; milk alone. Three proposals each outline one, none, one."""
    shown = seen(
        [
            Photo(Path("a__A0.jpg"), np.array([LEFT, RIGHT], np.float32), np.array([0, 1])),
            Photo(Path("a__A1.jpg"), np.array([LEFT], np.float32), np.array([0])),
        ]
    )
    boxes = np.array([LEFT, [0.4, 0, 0.6, 0.2], RIGHT, LEFT, LEFT], np.float32)
    confidences, owners = np.array([0.9, 0.8, 0.7, 0.9, 0.6]), np.array([0, 0, 0, 1, 1])
    features = np.random.default_rng(0).random((5, 688)).astype(np.float32)
    return Detecting.of(shown, Proposals(boxes, confidences, owners, features))


def test_proposals_take_the_label_of_the_box_that_they_outline(detecting):
    assert detecting.known.labels.tolist() == [0, BACKGROUND, 1, 0, 0]
    assert detecting.known.boxes.tolist() == [2, 1]
    assert other_light(detecting.known).tolist() == [False, True]


def test_a_head_that_knows_is_perfect_and_a_second_box_on_the_same_milk_is_wrong(detecting):
    chances = np.eye(BACKGROUND + 1, dtype=np.float32)[detecting.known.labels]
    assert detecting.map50(detecting.known, lambda vectors: chances, np.array([0, 1])) == 1.0
    # All milk: its proposals by confidence are right, right, wrong, wrong, wrong; beans are not found.
    milk = np.eye(BACKGROUND + 1, dtype=np.float32)[np.zeros(5, int)]
    assert detecting.map50(detecting.known, lambda vectors: milk, np.array([0, 1])) == pytest.approx(0.5)


def test_a_photo_drawn_twice_counts_twice(detecting):
    # Milk of the second photo is never found: one of two, then one of three boxes of milk.
    chances = np.zeros((5, BACKGROUND + 1), np.float32)
    chances[0, 0] = chances[2, 1] = 1.0
    once = detecting.map50(detecting.known, lambda vectors: chances[: len(vectors)], np.array([0, 1]))
    twice = detecting.map50(detecting.known, lambda vectors: chances[: len(vectors)], np.array([0, 1, 1]))
    assert once == pytest.approx((1 / 2 + 1) / 2)
    assert twice == pytest.approx((1 / 3 + 1) / 2)


def curves(slow: float) -> list[Curve]:
    boxes, seconds = (100, 200, 300), (1.0, 2.0, 3.0)
    found = []
    for seed in range(3):
        found.append(Curve(RANDOM, seed, boxes, seconds, (0.0, 0.5, slow), 1.0, 1000))
        found.append(Curve(OURS, seed, boxes, seconds, (0.0, 1.0, 1.0), 1.0, 1000))
    return found


def test_the_headline_is_the_worse_set_and_null_where_one_got_nowhere():
    measured = Measured(found={name: findings(curves(1.0)) for name in (*NAMING, DETECTION)})
    found = headline(measured)
    assert found["naming_saving_at_95"] == pytest.approx(1 - 195 / 290)
    assert found["naming_share_at_95"] == pytest.approx(0.195)
    assert found["detection_saving_low"] == pytest.approx(1 - 195 / 290)
    measured.found[NAMING[0]] = findings(curves(0.9))
    assert headline(measured)["naming_saving_at_95"] is None


def test_the_picture_is_the_same_for_the_same_curves(tmp_path):
    both = [*curves(1.0)]
    for recipe in ("margin", "core-set", "TypiClust"):
        both += [Curve(recipe, c.seed, c.boxes, c.seconds, c.scores, 1.0, 1000) for c in both if c.recipe == RANDOM]
    draw({"one": both}, tmp_path / "a.svg")
    draw({"one": both}, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_text() == (tmp_path / "b.svg").read_text()
    assert "boxes labelled" in (tmp_path / "a.svg").read_text()
