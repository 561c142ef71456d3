"""Holds the verdicts on a bay against what is true of it.

What is asked of a position depends on what the photo shows of it:

- *judged*: its slot lies wholly in the picture and, if its product stands in the bay, one facing of that shows at
  least, or else half of the slot's front does. The right answer is the true verdict, `undecided` is a wrong one.
- *unseen*: next to nothing of its slot shows, and no facing of its product. The right answer is `undecided`.
- the rest is between the two, and counts for nothing.

A facing of the bay that no position asks for is to be called `unexpected`, and no other facing is: not one of a
neighbouring bay, not a box that outlines no facing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from benchmarks.planogram.bays import DrawnBay
from retail.boxes import Boxes, DetectionKind, iou
from retail.compliance import Compliance, Verdict
from retail.planograms import Position
from training.synthetic.truth import SyntheticCapture
from vision.bays.photo import BayPhoto

_SAME_IOU = 0.5
_ENOUGH, _NOTHING = 0.5, 0.05  # of a slot's front


class Asked(StrEnum):
    """What is asked of a position."""

    JUDGED = "judged"
    UNSEEN = "unseen"
    BETWEEN = "between"


@dataclass(frozen=True, slots=True)
class ScoredPosition:
    """One position.

    Attributes:
        answer: the verdict as given, maybe UNDECIDED.
        likeliest: of the four, whether or not that sufficed.
        probability: of that.
    """

    position: Position
    asked: Asked
    truth: Verdict
    answer: Verdict
    likeliest: Verdict
    probability: float


@dataclass(frozen=True, slots=True)
class ScoredBay:
    """One photo.

    Attributes:
        found, invented, missed: detections that were called unexpected and are, and are not; and unexpected facings
            that were not called so, as rows of the truth.
    """

    positions: tuple[ScoredPosition, ...]
    found: tuple[int, ...]
    invented: tuple[int, ...]
    missed: tuple[int, ...]

    @property
    def judged(self) -> tuple[ScoredPosition, ...]:
        """The positions whose verdict is asked for."""
        return tuple(one for one in self.positions if one.asked is Asked.JUDGED)


def score(bay: DrawnBay, photo: BayPhoto, compliance: Compliance) -> ScoredBay:
    """Hold a bay's compliance, judged by one photo of it, against the truth."""
    truth = bay.truth
    positions = []
    for one in compliance.positions:
        likeliest = max(one.chances, key=one.chances.__getitem__)
        asked = what_is_asked(truth, one.position)
        verdict = truth.verdicts[one.position]
        positions.append(ScoredPosition(one.position, asked, verdict, one.verdict, likeliest, one.probability))
    called = [facing.sightings[0].row for facing in compliance.facings if facing.verdict is Verdict.UNEXPECTED]
    shown = same_facings(photo, truth)
    expected = set(truth.unexpected)
    found = tuple(row for row in called if shown.get(row) in expected)
    return ScoredBay(
        positions=tuple(positions),
        found=found,
        invented=tuple(row for row in called if row not in found),
        missed=tuple(sorted(expected - {shown[row] for row in found})),
    )


def what_is_asked(truth: SyntheticCapture, position: Position) -> Asked:
    """Tell what a photo lets one say of a position."""
    facings = any(
        asked == position and bay == truth.bay_id for asked, bay in zip(truth.positions, truth.bay_ids, strict=True)
    )
    shown = truth.shown[position]
    sold_out = truth.verdicts[position] is Verdict.OUT_OF_STOCK
    if position in truth.in_view and (facings or (sold_out and shown >= _ENOUGH)):
        return Asked.JUDGED
    return Asked.UNSEEN if not facings and shown <= _NOTHING else Asked.BETWEEN


def same_facings(photo: BayPhoto, truth: SyntheticCapture) -> dict[int, int]:
    """Return which true facing each detected one outlines, by rows; surest detections choose first."""
    detected, true = photo.of_kind(DetectionKind.FACING), _of_kind(truth, DetectionKind.FACING)
    overlaps = iou(photo.boxes[detected], _rows(truth.boxes, true))
    same: dict[int, int] = {}
    for place in np.argsort(-photo.confidences[detected], kind="stable").tolist():
        if overlaps.shape[1] and overlaps[place].max() >= _SAME_IOU:
            best = int(overlaps[place].argmax())
            same[int(detected[place])] = true[best]
            overlaps[:, best] = 0
    return same


def failures(bay: DrawnBay, scored: ScoredBay) -> Iterator[str]:
    """Say in a line each what went wrong."""
    where = f"{bay.level} {bay.truth.bay_id} day {bay.truth.day}"
    for one in scored.judged:
        if one.answer is not one.truth:
            place = f"shelf {one.position.shelf} slot {one.position.slot} {one.position.gtin}"
            said = one.answer if one.answer is one.likeliest else f"{one.answer}, likeliest {one.likeliest}"
            yield f"{where}: {place} is {one.truth}, answer {said} ({one.probability:.2f})"
    for row in scored.invented:
        yield f"{where}: detection {row} is called unexpected and is not"
    for row in scored.missed:
        yield f"{where}: facing {row} ({bay.truth.gtins[row]}) is unexpected and not called so"


def _of_kind(truth: SyntheticCapture, kind: DetectionKind) -> list[int]:
    return [row for row, one in enumerate(truth.kinds) if one is kind]


def _rows(boxes: Boxes, rows: list[int]) -> Boxes:
    return boxes[rows].reshape(-1, 4)
