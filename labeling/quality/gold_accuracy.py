"""How often an annotator is right at each boundary, measured on hidden gold."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labeling.agreement import match_boxes
from labeling.annotations import AnnotatedBox, as_array
from labeling.quality.boundaries import (
    CATEGORY,
    EDGES,
    MISSING,
    NOTHING,
    PRESENCE,
    PRODUCT,
    SPURIOUS,
    THERE,
    Boundary,
    Categories,
    product_boundary,
    said,
)
from retail.boxes import areas, intersections, iou

GOOD_EDGES_IOU = 0.75
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Mark:
    """One decision of an annotator, held against the gold answer.

    Attributes:
        boundary: what it is about.
        right: whether it is the gold answer's.
        expected, answered: what gold and annotator say.
        gold, answer: index of the box in the gold answer and in the annotator's, None without one.
    """

    boundary: Boundary
    right: bool
    expected: str
    answered: str
    gold: int | None
    answer: int | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many decisions were right, of how many."""

    right: int = 0
    total: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.right + other.right, self.total + other.total)

    @property
    def accuracy(self) -> float | None:
        """Share that was right; None without any decision."""
        return self.right / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy (Wilson, JASA 22, 1927); 0 to 1 without any decision."""
        if not self.total:
            return 0.0, 1.0
        n, share = self.total, self.right / self.total
        middle = share + _Z**2 / (2 * n)
        half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
        return max(0.0, (middle - half) / (1 + _Z**2 / n)), min(1.0, (middle + half) / (1 + _Z**2 / n))


def mark(gold: Sequence[AnnotatedBox], answer: Sequence[AnnotatedBox], categories: Categories) -> list[Mark]:
    """Hold an annotator's boxes of one photo (or tile) against the gold answer.

    Boundaries: ``presence`` (and apart, ``presence:missing`` of every gold box and ``presence:spurious`` of every box
    drawn), ``edges`` (IoU of 0.75 or more), ``kind``, ``category``, ``product`` and ``product:<category>`` of facings
    found, ``ignore``, ``occluded``, ``truncated``. Boxes that gold ignores need not be found, and what lies mostly in
    one is not spurious; neither is an extra box that the annotator ignores.
    """
    overlaps = iou(as_array(gold), as_array(answer))
    pairs = match_boxes(gold, answer)
    found, drawn = {g for g, _ in pairs}, {a for _, a in pairs}
    marks: list[Mark] = []
    for g, a in pairs:
        marks += _of_pair(gold[g], answer[a], g, a, float(overlaps[g, a]), categories)
    for g, box in enumerate(gold):
        if g not in found and not box.ignore:
            marks += [Mark(boundary, False, THERE, NOTHING, g, None) for boundary in (PRESENCE, MISSING)]
    excused = _inside([box for box in gold if box.ignore], answer)
    for a, box in enumerate(answer):
        if a not in drawn and not box.ignore and not excused[a]:
            marks += [Mark(boundary, False, NOTHING, THERE, None, a) for boundary in (PRESENCE, SPURIOUS)]
    return marks


def tally(marks: Iterable[Mark]) -> dict[Boundary, Tally]:
    """Count marks by boundary; tallies of several tasks are added."""
    tallies: dict[Boundary, Tally] = {}
    for one in marks:
        tallies[one.boundary] = tallies.get(one.boundary, Tally()) + Tally(int(one.right), 1)
    return tallies


def _of_pair(
    gold: AnnotatedBox, answer: AnnotatedBox, g: int, a: int, overlap: float, categories: Categories
) -> list[Mark]:
    """Mark what an annotator says about a box that he found; of a box that gold ignores, only whether he does too."""
    expected, answered = said(gold, categories), said(answer, categories)
    if CATEGORY in expected and PRODUCT in answered:
        finer = product_boundary(expected[CATEGORY].split("/"))
        expected[finer], answered[finer] = expected[PRODUCT], answered[PRODUCT]
    marks = [
        Mark(boundary, word == answered[boundary], word, answered[boundary], g, a)
        for boundary, word in expected.items()
        if boundary in answered
    ]
    if gold.ignore:
        return marks
    fits = overlap >= GOOD_EDGES_IOU
    there = [Mark(boundary, True, THERE, THERE, g, a) for boundary in (PRESENCE, MISSING, SPURIOUS)]
    return [*there, Mark(EDGES, fits, "fit", "fit" if fits else f"IoU {overlap:.2f}", g, a), *marks]


def _inside(ignored: Sequence[AnnotatedBox], boxes: Sequence[AnnotatedBox]) -> list[bool]:
    """Tell for each box whether at least half of it lies in one of the ignored ones."""
    covered = intersections(as_array(boxes), as_array(ignored)).max(axis=1, initial=0)
    inside: list[bool] = (covered >= 0.5 * areas(as_array(boxes))).tolist()
    return inside
