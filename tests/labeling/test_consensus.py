"""Consensus by hand, and against the truth with simulated annotators."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from labeling.agreement import match_boxes
from labeling.annotations import AnnotatedBox
from labeling.quality.boundaries import EDGES, MISSING, PRODUCT, SPURIOUS, Boundary
from labeling.quality.consensus import Voice, consensus
from labeling.quality.gold_accuracy import GOOD_EDGES_IOU, Mark, Tally, mark, tally
from labeling.quality.simulated import ErrorRates, annotate, draw_catalogue, draw_photo
from retail.boxes import DetectionKind
from retail.gtin import Gtin

PEN, INK = Gtin("04006381333931"), Gtin("04006381333948")
CATEGORIES = {PEN: ("office", "pens"), INK: ("office", "ink")}
SHOP = draw_catalogue(categories=6, products_each=6)
UNKNOWN: Mapping[Boundary, Tally] = {}


def facing(x1: float, gtin: Gtin | None = None, wide: float = 100) -> AnnotatedBox:
    return AnnotatedBox(DetectionKind.FACING, x1, 0, x1 + wide, 100, gtin)


def test_the_majority_is_kept_and_the_lonely_box_outvoted() -> None:
    voices = [
        Voice((facing(0, PEN), facing(300, PEN)), UNKNOWN),
        Voice((facing(2, PEN),), UNKNOWN),
        Voice((facing(4, INK),), UNKNOWN),
    ]
    found = consensus(voices, CATEGORIES)
    assert found.boxes == (facing(2, PEN),)
    assert [one.box for one in found.outvoted] == [facing(300, PEN)]
    assert found.kept[0].places == (0, 0, 0)
    assert found.outvoted[0].places == (1, None, None)
    assert found.kept[0].certainty[PRODUCT] > 0.9


def test_who_knows_products_outweighs_two_who_do_not() -> None:
    good, poor = {PRODUCT: Tally(990, 1000)}, {PRODUCT: Tally(500, 1000)}
    voices = [Voice((facing(0, PEN),), good), Voice((facing(0, INK),), poor), Voice((facing(0, INK),), poor)]
    assert consensus(voices, CATEGORIES).boxes == (facing(0, PEN),)


def test_being_good_elsewhere_does_not_help_in_a_category_where_one_is_not() -> None:
    weak_at_pens = {PRODUCT: Tally(990, 1000), "product:office/pens": Tally(20, 200)}
    voices = [Voice((facing(0, PEN),), weak_at_pens), Voice((facing(0, INK),), UNKNOWN)]
    assert consensus(voices, CATEGORIES).boxes == (facing(0, INK),)


def test_who_overlooks_much_does_not_vote_boxes_away() -> None:
    overlooks = {MISSING: Tally(500, 1000)}
    voices = [Voice((facing(0),), UNKNOWN), Voice((), overlooks), Voice((), overlooks)]
    assert len(consensus(voices, CATEGORIES).boxes) == 1
    invents = {SPURIOUS: Tally(500, 1000)}
    voices = [Voice((facing(0),), invents), Voice((), UNKNOWN), Voice((), UNKNOWN)]
    assert consensus(voices, CATEGORIES).boxes == ()


def test_edges_are_those_of_the_people_who_agree() -> None:
    voices = [Voice((facing(0, wide=60),), {EDGES: Tally(970, 1000)}), Voice((facing(0),), UNKNOWN)]
    voices.append(Voice((facing(4),), UNKNOWN))
    assert consensus(voices, CATEGORIES).boxes == (facing(2),)


def test_an_undecided_product_is_doubtful() -> None:
    voices = [Voice((facing(0, PEN), facing(300, PEN)), UNKNOWN), Voice((facing(0, INK), facing(300, PEN)), UNKNOWN)]
    assert [one.places for one in consensus(voices, CATEGORIES).doubtful()] == [(0, 0)]


def test_one_voice_is_no_consensus() -> None:
    with pytest.raises(ValueError, match="two answers or more, got 1"):
        consensus([Voice((), UNKNOWN)], CATEGORIES)


TEAMS = {
    "alike": [
        ErrorRates(missing=0.05, spurious=0.03, wrong_product=0.08, wrong_kind=0.02, bad_edges=0.05),
        ErrorRates(missing=0.08, spurious=0.05, wrong_product=0.10, wrong_kind=0.02, bad_edges=0.08),
        ErrorRates(missing=0.06, spurious=0.04, wrong_product=0.12, wrong_kind=0.03, bad_edges=0.06),
    ],
    "one errs all the time": [
        ErrorRates(missing=0.04, spurious=0.02, wrong_product=0.05, wrong_kind=0.01, bad_edges=0.04),
        ErrorRates(missing=0.06, spurious=0.05, wrong_product=0.08, wrong_kind=0.02, bad_edges=0.08),
        ErrorRates(missing=0.30, spurious=0.20, wrong_product=0.40, wrong_kind=0.10, bad_edges=0.30),
    ],
}


def hits(truth: Sequence[AnnotatedBox], boxes: Sequence[AnnotatedBox]) -> tuple[int, int, int]:
    """Count boxes that are right in place (IoU 0.75), kind and product; the true ones; those drawn."""
    pairs = match_boxes(truth, boxes, GOOD_EDGES_IOU)
    right = sum((truth[t].kind, truth[t].gtin) == (boxes[b].kind, boxes[b].gtin) for t, b in pairs)
    return right, len(truth), len(boxes)


def f1(counts: Sequence[tuple[int, int, int]]) -> float:
    right, true, drawn = np.sum(counts, axis=0).tolist()
    return float(2 * right / (true + drawn))


def gain(team: Sequence[ErrorRates], seed: int) -> float:
    """F1 of the consensus on eight photos, less that of the best of the team; weights are from ten gold photos."""
    rng = np.random.default_rng(seed)
    marks: list[list[Mark]] = [[] for _ in team]
    for _ in range(10):
        truth = draw_photo(rng, SHOP)
        for person, rates in enumerate(team):
            marks[person] += mark(truth, annotate(rng, truth, rates, SHOP), SHOP)
    tallies = [tally(some) for some in marks]
    alone: list[list[tuple[int, int, int]]] = [[] for _ in team]
    together = []
    for _ in range(8):
        truth = draw_photo(rng, SHOP)
        answers = [annotate(rng, truth, rates, SHOP) for rates in team]
        for counts, answer in zip(alone, answers, strict=True):
            counts.append(hits(truth, answer))
        voices = [Voice(answer, person) for answer, person in zip(answers, tallies, strict=True)]
        together.append(hits(truth, consensus(voices, SHOP).boxes))
    return f1(together) - max(f1(counts) for counts in alone)


@pytest.mark.parametrize("name", ["alike", pytest.param("one errs all the time", marks=pytest.mark.slow)])
def test_consensus_beats_the_best_single_annotator(name: str) -> None:
    gains = np.array([gain(TEAMS[name], seed) for seed in range(8)])
    assert gains.min() > 0
    assert gains.mean() - 2 * gains.std(ddof=1) / len(gains) ** 0.5 > 0.01
