"""Marks by hand, and the known error rates of simulated annotators found again."""

from dataclasses import replace

import numpy as np
import pytest

from labeling.annotations import AnnotatedBox
from labeling.quality.boundaries import EDGES, KIND, MISSING, PRODUCT, SPURIOUS, Boundary
from labeling.quality.gold_accuracy import Mark, Tally, mark, tally
from labeling.quality.simulated import ErrorRates, annotate, draw_catalogue, draw_photo
from retail.boxes import DetectionKind
from retail.gtin import Gtin

PEN, INK = Gtin("04006381333931"), Gtin("04006381333948")
CATEGORIES = {PEN: ("office", "pens"), INK: ("office", "ink")}
SHOP = draw_catalogue(categories=6, products_each=6)


def facing(x1: float, gtin: Gtin | None = None, wide: float = 10, ignore: bool = False) -> AnnotatedBox:
    return AnnotatedBox(DetectionKind.FACING, x1, 0, x1 + wide, 10, gtin, ignore)


def shares(gold: list[AnnotatedBox], answer: list[AnnotatedBox]) -> dict[Boundary, tuple[int, int]]:
    return {name: (one.right, one.total) for name, one in tally(mark(gold, answer, CATEGORIES)).items()}


def test_marks_of_one_photo() -> None:
    gold = [facing(0, PEN), facing(20, PEN), facing(40, PEN), facing(60)]
    answer = [facing(0, PEN), facing(20, INK), facing(60, wide=6), facing(80)]
    assert shares(gold, answer) == {
        "presence": (3, 5),
        "presence:missing": (3, 4),
        "presence:spurious": (3, 4),
        "edges": (2, 3),  # IoU 0.6 is too little
        "kind": (3, 3),
        "category": (1, 2),
        "product": (2, 3),
        "product:office/pens": (1, 2),
        "ignore": (3, 3),
        "occluded": (3, 3),
        "truncated": (3, 3),
    }


def test_a_mark_says_which_boxes_it_is_about() -> None:
    marks = mark([facing(0, PEN)], [facing(50), facing(0, INK)], CATEGORIES)
    assert Mark("product", False, PEN, INK, 0, 1) in marks
    assert Mark("presence:spurious", False, "nothing", "there", None, 0) in marks


def test_guessing_what_cannot_be_told_is_wrong() -> None:
    assert shares([facing(0)], [facing(0, PEN)])["product"] == (0, 1)


def test_another_kind_is_no_wrong_product() -> None:
    found = shares([facing(0, PEN)], [replace(facing(0), kind=DetectionKind.TAG)])
    assert found["kind"] == (0, 1)
    assert "product" not in found


def test_what_gold_ignores_counts_neither_way() -> None:
    gold = [facing(0, ignore=True, wide=30)]
    assert shares(gold, []) == {}
    assert shares(gold, [facing(2), facing(14)]) == {}  # half and more of each inside
    assert shares(gold, [facing(26)])["presence:spurious"] == (0, 1)
    assert shares(gold, [facing(0, wide=30)]) == {"ignore": (0, 1)}
    assert shares(gold, gold) == {"ignore": (1, 1)}


def test_ignoring_what_is_clear_is_wrong_about_that_alone() -> None:
    found = shares([facing(0, PEN)], [facing(0, ignore=True)])
    assert (found["ignore"], found["presence"]) == ((0, 1), (1, 1))
    assert "product" not in found
    assert shares([], [facing(0, ignore=True)]) == {}


def test_tallies_add_up_and_know_how_little_they_know() -> None:
    assert Tally(1, 2) + Tally(2, 2) == Tally(3, 4)
    assert Tally(3, 4).accuracy == 0.75
    assert (Tally().accuracy, Tally().interval) == (None, (0.0, 1.0))
    # Wilson's interval of 81 of 263, as in Newcombe, Statistics in Medicine 17 (1998), table I.
    assert Tally(81, 263).interval == pytest.approx((0.2553, 0.3662), abs=0.0002)


def measured(rates: ErrorRates, seed: int, answers: int) -> dict[Boundary, float]:
    """Return the error rate at each boundary after so many gold answers about products, the rarest of them."""
    rng = np.random.default_rng(seed)
    tallies: dict[Boundary, Tally] = {}
    while tallies.get(PRODUCT, Tally()).total < answers:
        truth = draw_photo(rng, SHOP)
        for boundary, one in tally(mark(truth, annotate(rng, truth, rates, SHOP), SHOP)).items():
            tallies[boundary] = tallies.get(boundary, Tally()) + one
    return {boundary: 1 - one.right / one.total for boundary, one in tallies.items()}


def known(rates: ErrorRates) -> dict[Boundary, float]:
    return {
        MISSING: rates.missing,
        SPURIOUS: rates.spurious / (rates.spurious + 1 - rates.missing),
        PRODUCT: rates.wrong_product,
        KIND: rates.wrong_kind,
        EDGES: rates.bad_edges,
    }


ANNOTATORS = {
    "careful": ErrorRates(missing=0.02, spurious=0.01, wrong_product=0.03, wrong_kind=0.01, bad_edges=0.02),
    "overlooks": ErrorRates(missing=0.15, spurious=0.02, wrong_product=0.05, wrong_kind=0.02, bad_edges=0.05),
    "draws too much": ErrorRates(missing=0.02, spurious=0.15, wrong_product=0.05, wrong_kind=0.02, bad_edges=0.05),
    "does not know products": ErrorRates(missing=0.05, spurious=0.03, wrong_product=0.2, bad_edges=0.05),
    "careless": ErrorRates(missing=0.1, spurious=0.1, wrong_product=0.15, wrong_kind=0.08, bad_edges=0.2),
}


@pytest.mark.parametrize("name", ANNOTATORS)
def test_each_error_rate_is_known_within_three_points_after_1000_gold_answers(name: str) -> None:
    found = measured(ANNOTATORS[name], seed=1, answers=1000)
    for boundary, rate in known(ANNOTATORS[name]).items():
        assert found[boundary] == pytest.approx(rate, abs=0.03), boundary


def test_even_somebody_who_errs_all_the_time_is_measured_without_bias() -> None:
    rates = ErrorRates(missing=0.3, spurious=0.25, wrong_product=0.4, wrong_kind=0.1, bad_edges=0.3)
    found = measured(rates, seed=2, answers=6000)
    for boundary, rate in known(rates).items():
        assert found[boundary] == pytest.approx(rate, abs=0.02), boundary
