"""How `bench-planogram` counts, on a bay of three positions."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.planogram.bays import DrawnBay, Level, draw_bays, seen_perfectly
from benchmarks.planogram.figures import abstention_rows, answered_row, counts, f1, f1_row, reliability_rows
from benchmarks.planogram.scoring import Asked, ScoredBay, ScoredPosition, failures, same_facings, score, what_is_asked
from retail.boxes import DetectionKind
from retail.compliance import Compliance, PositionVerdict, SeenFacing, Sighting, Verdict
from retail.conditions import Condition, Lighting, ViewingAngle
from retail.gtin import Gtin
from retail.planograms import Planogram, Position
from retail.stores import StoreFormat
from training.synthetic.camera import Shot
from training.synthetic.truth import SyntheticCapture
from vision.bays.photo import BayPhoto

OAT, RYE, TEA, STRANGER = Gtin("00000000000017"), Gtin("00000000000024"), Gtin("00000000000031"), Gtin("00000000000048")
FIRST, SECOND, THIRD = (Position(1, slot, gtin) for slot, gtin in ((1, OAT), (2, RYE), (3, TEA)))
PLAN = Planogram("bay-1", 1, (FIRST, SECOND, THIRD))
SURE = {Verdict.CORRECT: 0.9, Verdict.WRONG_POSITION: 0.0, Verdict.WRONG_SHELF: 0.0, Verdict.OUT_OF_STOCK: 0.1}


def truth() -> SyntheticCapture:
    """Oat stands in its place, a stranger in that of rye, tea is out of view; a neighbour has oat, too."""
    facing = DetectionKind.FACING
    return SyntheticCapture(
        image=np.zeros((100, 100, 3), np.uint8),
        boxes=np.array([(0, 0, 10, 20), (20, 0, 30, 20), (80, 0, 90, 20), (0, 20, 100, 24)], np.float32),
        kinds=(facing, facing, facing, DetectionKind.SHELF),
        gtins=(OAT, STRANGER, OAT, None),
        variants=(OAT, STRANGER, OAT, None),
        positions=(FIRST, None, None, None),
        rows=(0, 0, 0, None),
        bay_ids=("bay-1", "bay-1", "bay-2", "bay-1"),
        verdicts={FIRST: Verdict.CORRECT, SECOND: Verdict.OUT_OF_STOCK, THIRD: Verdict.CORRECT},
        in_view=frozenset({FIRST, SECOND}),
        shown={FIRST: 1.0, SECOND: 0.9, THIRD: 0.0},
        unexpected=(1,),
        condition=Condition(Lighting.NEUTRAL, ViewingAngle.FRONTAL, StoreFormat.SUPERMARKET),
        store_id="store-1",
        bay_id="bay-1",
        camera_id="camera-1",
        day=0,
    )


def judged(position: Position, verdict: Verdict) -> PositionVerdict:
    return PositionVerdict(position, verdict, 0.9, SURE, in_view=True)


def unexpected(row: int) -> SeenFacing:
    return SeenFacing((Sighting(0, row),), 1, STRANGER, 0.9, Verdict.UNEXPECTED, None)


def scored(*verdicts: tuple[Verdict, Verdict, float]) -> ScoredBay:
    """Judged positions: truth, likeliest verdict and its probability, undecided below a half."""
    positions = tuple(
        ScoredPosition(FIRST, Asked.JUDGED, true, likeliest if chance >= 0.5 else Verdict.UNDECIDED, likeliest, chance)
        for true, likeliest, chance in verdicts
    )
    return ScoredBay(positions, (), (), ())


def test_what_is_asked_depends_on_what_the_photo_shows() -> None:
    photo = truth()

    assert [what_is_asked(photo, one) for one in PLAN.positions] == [Asked.JUDGED, Asked.JUDGED, Asked.UNSEEN]
    covered = replace(photo, shown={FIRST: 0.4, SECOND: 0.4, THIRD: 0.2})
    assert [what_is_asked(covered, one) for one in PLAN.positions] == [Asked.JUDGED, Asked.BETWEEN, Asked.BETWEEN]
    hidden = replace(photo, positions=(None,) * 4, shown={FIRST: 0.9, SECOND: 0.05, THIRD: 0.0})
    assert [what_is_asked(hidden, one) for one in PLAN.positions] == [Asked.BETWEEN, Asked.UNSEEN, Asked.UNSEEN]


def test_a_bay_is_scored_against_its_truth() -> None:
    bay = DrawnBay(Level.CLEAN, PLAN, Shot(), truth())
    verdicts = (
        judged(FIRST, Verdict.CORRECT),
        judged(SECOND, Verdict.UNDECIDED),
        judged(THIRD, Verdict.UNDECIDED),
    )
    right = score(bay, seen_perfectly(bay.truth), Compliance(PLAN, verdicts, (unexpected(1),)))
    wrong = score(bay, seen_perfectly(bay.truth), Compliance(PLAN, verdicts, (unexpected(2),)))

    assert [one.answer for one in right.judged] == [Verdict.CORRECT, Verdict.UNDECIDED]
    assert [one.truth for one in right.judged] == [Verdict.CORRECT, Verdict.OUT_OF_STOCK]
    assert (right.found, right.invented, right.missed) == ((1,), (), ())
    assert (wrong.found, wrong.invented, wrong.missed) == ((), (2,), (1,))
    assert counts(wrong).tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 1], [0, 1, 1]]
    assert list(failures(bay, wrong)) == [
        "clean bay-1 day 0: shelf 1 slot 2 00000000000024 is out_of_stock, answer undecided, likeliest correct (0.90)",
        "clean bay-1 day 0: detection 2 is called unexpected and is not",
        "clean bay-1 day 0: facing 1 (00000000000048) is unexpected and not called so",
    ]


def test_a_true_facing_is_found_once_by_the_surest_box() -> None:
    facing = DetectionKind.FACING
    photo = BayPhoto(
        (100, 100),
        np.array([(0, 0, 10, 19), (0, 0, 10, 20), (20, 0, 30, 12), (50, 50, 60, 60)], np.float32),
        (facing, facing, facing, facing),
        np.array([0.6, 0.7, 0.5, 0.9], np.float32),
        ({}, {}, {}, {}),
    )

    assert same_facings(photo, truth()) == {1: 0, 2: 1}


def test_f1_is_the_mean_over_the_classes_that_occur() -> None:
    table = np.array([[8, 2, 0], [0, 0, 0], [1, 0, 1], [0, 3, 0], [0, 0, 2]])

    assert f1(table) == pytest.approx([16 / 18, np.nan, 2 / 3, 0, 0], nan_ok=True)
    bays = [
        scored((Verdict.CORRECT, Verdict.CORRECT, 0.9), (Verdict.OUT_OF_STOCK, Verdict.CORRECT, 0.6)),
        scored((Verdict.OUT_OF_STOCK, Verdict.OUT_OF_STOCK, 0.8), (Verdict.CORRECT, Verdict.CORRECT, 0.4)),
    ]
    row = f1_row({"level": "clean"}, bays)
    assert row["macro_f1"] == pytest.approx((2 / 4 + 2 / 3) / 2)
    assert (row["level"], row["bays"], row["positions"]) == ("clean", 2, 4)
    assert row["low"] <= row["macro_f1"] <= row["high"]


def test_undecided_counts_as_wrong_and_is_reported_as_not_covered() -> None:
    unseen = ScoredPosition(SECOND, Asked.UNSEEN, Verdict.CORRECT, Verdict.UNDECIDED, Verdict.CORRECT, 0.8)
    told = replace(unseen, answer=Verdict.CORRECT)
    bay = scored((Verdict.CORRECT, Verdict.CORRECT, 0.9), (Verdict.CORRECT, Verdict.CORRECT, 0.4))
    bay = replace(bay, positions=(*bay.positions, unseen, told))

    assert answered_row({}, [bay]) == {"coverage": 0.5, "accuracy": 1.0, "unseen": 2, "left_undecided": 0.5}
    assert counts(bay)[0].tolist() == [1, 0, 1]


def test_abstention_answers_the_surest_first() -> None:
    right, wrong = (Verdict.CORRECT, Verdict.CORRECT), (Verdict.CORRECT, Verdict.OUT_OF_STOCK)
    bay = scored(*((*(wrong if place < 2 else right), 0.3 + 0.07 * place) for place in range(10)))

    curve = {row["answered"]: row["right"] for row in abstention_rows({}, [bay])}
    assert (curve[1.0], curve[0.9], curve[0.8]) == (0.8, pytest.approx(8 / 9), 1.0)


def test_reliability_goes_by_tenths() -> None:
    bay = scored(
        (Verdict.CORRECT, Verdict.CORRECT, 0.92),
        (Verdict.CORRECT, Verdict.OUT_OF_STOCK, 1.0),
        (Verdict.OUT_OF_STOCK, Verdict.CORRECT, 0.31),
    )

    assert list(reliability_rows({}, [bay])) == [
        {"said": 0.31, "are_right": 0.0, "of": 1},
        {"said": 0.96, "are_right": 0.5, "of": 2},
    ]


@pytest.mark.slow
def test_each_level_is_hard_in_its_own_way() -> None:
    dense, occluded, partial = (
        next(draw_bays(level, 1, seed=1)) for level in (Level.DENSE, Level.OCCLUDED, Level.PARTIAL)
    )
    askew, aside = draw_bays(Level.TILTED, 2, seed=1)

    for whole in (dense, occluded, askew, aside):
        assert whole.truth.in_view == set(whole.truth.verdicts)
    assert sum(position.facings for position in dense.planogram.positions) >= 100
    assert np.mean(list(occluded.truth.shown.values())) < 0.85
    assert (abs(askew.shot.roll), abs(aside.shot.yaw)) == (25, 25)
    assert 0 < len(partial.truth.in_view) < len(partial.truth.verdicts)
