"""Tallies, unknown scores and verdicts on counts that one can check by hand."""

import numpy as np
import pytest

from retail.compliance import Verdict
from retail.gtin import Gtin
from retail.planograms import Planogram, Position
from training.evaluation import Knowledge
from training.evaluation.precision import Precision
from training.evaluation.products import Facing, confusions, top1_tally, unknown_tally
from training.evaluation.tallies import CATEGORY_IN_STRATUM, measured
from training.evaluation.verdicts import macro_f1, true_verdicts
from training.matching import Comparison

COLA, WATER, JUICE = "00012345678905", "04006381333931", "05000112637922"
KNOWLEDGE = Knowledge(categories={COLA: "drinks", WATER: "drinks", JUICE: "juices"}, families={COLA: "f", WATER: "f"})


def top1(facings, captures, cells=None):
    found = measured(top1_tally(facings, captures, frozenset({COLA, WATER}), KNOWLEDGE), cells or {})
    return None if found is None else found.measure


def test_top1_counts_what_is_not_found_as_wrong_and_leaves_unknown_products_out():
    facings = [
        Facing(0, COLA, COLA, 0.1),
        Facing(0, COLA, WATER, 0.1),
        Facing(1, WATER, None, None),
        Facing(1, WATER, WATER, 0.2),
        Facing(1, JUICE, COLA, 0.9),  # no picture of it in the gallery
    ]
    overall = top1(facings, 2).overall
    assert (overall.value, overall.captures, overall.count) == (0.5, 2, 4)
    assert overall.evidence == "insufficient evidence"


def test_a_measure_has_cells_by_axis_category_and_category_in_stratum():
    facings = [Facing(place, COLA, COLA if place < 6 else WATER, 0.1) for place in range(12) for _ in range(6)]
    lights = ["warm"] * 6 + ["dim"] * 6
    strata = [f"{light}/frontal/convenience" for light in lights]
    found = top1(facings, 12, {"lighting": lights, "stratum": strata})
    assert {name: cell.value for name, cell in found.cells["lighting"].items()} == {"warm": 1.0, "dim": 0.0}
    assert found.cells["category"]["drinks"].value == 0.5
    assert found.cells[CATEGORY_IN_STRATUM]["drinks warm/frontal/convenience"].value == 1.0
    assert found.cells["lighting"]["warm"].supported
    assert 0.1 < found.overall.low < 0.5 < found.overall.high < 0.9


def test_nothing_asked_is_no_measure():
    assert top1([Facing(0, JUICE, COLA, 0.9)], 1) is None


def unknown(facings):
    found = measured(unknown_tally(facings, 4, frozenset({COLA}), KNOWLEDGE), {})
    return found.measure.overall.value


def test_the_area_is_the_share_of_pairs_in_the_right_order():
    known = [Facing(0, COLA, COLA, score) for score in (0.1, 0.4)]
    assert unknown([*known, Facing(1, JUICE, None, 0.9)]) == 1.0
    assert unknown([*known, Facing(1, JUICE, COLA, 0.2)]) == 0.5
    assert unknown([*known, Facing(1, JUICE, COLA, 0.4)]) == 0.75  # a tie is half
    assert unknown([*known, Facing(1, JUICE, COLA, 0.05), Facing(2, JUICE, None, None)]) == 0.0


def test_the_area_of_many_scores_agrees_with_ranks():
    rng = np.random.default_rng(3)
    scores, strange = rng.random(3000), rng.random(3000) < 0.3
    scores = np.where(strange, scores**0.5, scores)
    facings = [
        Facing(0, JUICE if odd else COLA, None, score)
        for odd, score in zip(strange.tolist(), scores.tolist(), strict=True)
    ]
    exact = (scores[strange][:, None] > scores[~strange][None]).mean()
    assert unknown(facings) == pytest.approx(exact, abs=2e-3)


def test_confusions_tell_siblings_apart():
    facings = [Facing(0, COLA, WATER, 0.1)] * 3 + [Facing(0, JUICE, COLA, 0.1), Facing(0, COLA, None, 0.9)]
    assert [(one.product, one.called, one.times, one.siblings) for one in confusions(facings, KNOWLEDGE)] == [
        (COLA, WATER, 3, True),
        (JUICE, COLA, 1, False),
    ]


def test_products_fall_into_bands_by_training_boxes():
    truth = np.array([[0, 0, 10, 10], [40, 40, 50, 50]], np.float32)
    both = Comparison(truth, np.array([0, 1]), truth[:1], np.array([0]), np.array([0.9]))
    bands = Precision([both], [COLA, WATER]).bands({COLA: 100, WATER: 9})
    assert {band: one.score.ap for band, one in bands.items()} == pytest.approx({"head": 1.0, "tail": 0.0})


def test_macro_f1_by_hand():
    table = np.zeros((4, 5))
    table[0, 0], table[0, 4] = 8, 2  # correct: 8 of 10, two undecided; F1 = 16 / (10 + 9)
    table[3, 0], table[3, 3] = 1, 1  # out of stock: 1 of 2; F1 = 2 / (2 + 1)
    assert macro_f1(table.reshape(1, -1))[0] == pytest.approx((16 / 19 + 2 / 3) / 2)
    assert np.isnan(macro_f1(np.zeros((1, 20)))[0])


@pytest.fixture
def bay(make_capture, make_box):
    """Two shelves with three products each; of the last position nothing stands there."""
    gtins = [Gtin(one) for one in (COLA, WATER, JUICE, "00000000000017", "00000000000024", "00000000000031")]
    positions = tuple(Position(1 + n // 3, 1 + n % 3, gtin, 1, 1) for n, gtin in enumerate(gtins))
    spots = [(20 + 60 * (n % 3), 20 if n < 3 else 120) for n in range(6)]
    boxes = [
        make_box(gtin=gtin, box=(x, y, x + 50, y + 70)) for gtin, (x, y) in zip(gtins[:-1], spots[:-1], strict=True)
    ]
    shelves = [make_box("shelf", (0, y, 220, y + 8)) for y in (92, 192)]
    return make_capture("c", boxes=(*boxes, *shelves), size=220), Planogram("p", 1, positions)


def test_labels_tell_the_true_verdicts(bay):
    capture, planogram = bay
    told = true_verdicts(capture, planogram)
    assert set(told.values()) <= {Verdict.CORRECT, Verdict.OUT_OF_STOCK}
    assert sum(verdict is Verdict.CORRECT for verdict in told.values()) == 5
    assert told[planogram.positions[-1]] is Verdict.OUT_OF_STOCK


def test_labels_without_products_tell_no_verdict(bay, make_capture, make_box):
    nameless = make_capture("n", boxes=tuple(make_box(box=(x, 8, x + 20, 60)) for x in (0, 30, 60)))
    assert true_verdicts(nameless, bay[1]) == {}
