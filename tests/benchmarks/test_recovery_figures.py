"""The recovery study's figures, on counts that a person can check by hand."""

from typing import Any

import pytest

from benchmarks.recovery.figures import headline, labelled_share, recovery, rows
from benchmarks.recovery.story import BAYS_PER_STORE, STORES, Stage

BAYS = STORES * BAYS_PER_STORE


def step(name: str, right: int, *, boxes: int | None = None) -> dict[str, Any]:
    """Two photos of each bay; of 100 facings and 100 answers in each so many are right."""
    told = {"state": "promoted", "note": "serves"}
    labelled = {} if boxes is None else {"boxes": boxes, "labelled": 1, "pool_boxes": 1000, "retraining": told}
    made = {"step": name, "model": 2, "references": 9, "tested_on": ""}
    return {**made, **labelled, "verdicts": [[1, 0, 0]] * 5, "photos": [[right, 90, 100, 100]] * (2 * BAYS)}


@pytest.fixture
def played() -> dict[str, Any]:
    return {
        "champion": [step(Stage.BEFORE, 80), step(Stage.PLANOGRAMS, 40)],
        "shipped": [step("round 1", 60, boxes=48), step("round 2", 78, boxes=50)],
        "random": [step("round 1", 50, boxes=47), step("round 2", 60, boxes=49)],
    }


def test_recovery_is_the_share_of_the_loss_that_was_made_up(played: dict[str, Any]) -> None:
    assert recovery(played, "shipped", "round 1") == pytest.approx((0.5, 0.5, 0.5))
    assert recovery(played, "shipped", "round 2")[0] == pytest.approx(0.95)


def test_bays_that_differ_widen_the_interval(played: dict[str, Any]) -> None:
    last = played["shipped"][-1]["photos"]
    for number in range(0, len(last), BAYS):  # the same bay in both turns
        last[number] = [10, 90, 100, 100]

    share, low, high = recovery(played, "shipped", "round 2")

    assert share == pytest.approx(0.95 - 68 / 40 / BAYS)
    assert low < share < high


def test_the_headline_takes_the_worst_seed_and_the_most_labels(played: dict[str, Any]) -> None:
    worse = {**played, "shipped": [step("round 1", 60, boxes=60), step("round 2", 70, boxes=50)]}

    told = headline({1: played, 2: worse})

    assert labelled_share(worse, "shipped") == pytest.approx(0.11)
    assert told == pytest.approx(
        {
            "fall": 0.4,
            "recovered": 0.85,
            "recovered_worst_seed": 0.75,
            "recovered_random": 0.5,
            "labelled_share": 0.11,
        }
    )


def test_every_step_has_a_row(played: dict[str, Any]) -> None:
    made = rows({1: played})

    assert [row["step"] for row in made[:6]] == ["before", "planograms", *["round 1", "round 2"] * 2]
    assert made[0]["sku_f1"] == pytest.approx(0.8)
    assert [row["arm"] for row in made[6:]] == ["shipped", "random"]
