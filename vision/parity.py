"""Whether an artefact answers the same in bf16 as in f32: the same boxes, as probable, as unsure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from retail.boxes import iou
from vision.detections import Detections
from vision.uncertainty import uncertainty_of

_SAME_BOX = 0.5
_FEWEST_BOXES = 100  # on fewer one box that comes or goes decides


class Parity(BaseModel):
    """How far one arithmetic's answers are from another's on the same photos.

    Attributes:
        photos, boxes: what was compared; boxes as the reference found them.
        unmatched: share of both sides' boxes that the other side has no equal of: same class, best for each other,
            IoU of at least 0.5.
        iou: overlap that 95 % of matched boxes reach.
        probability, uncertainty: difference of a matched box's confidence and of its uncertainty value that 95 % of
            matched boxes keep below.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    photos: int
    boxes: int
    unmatched: float
    iou: float
    probability: float
    uncertainty: float

    @property
    def holds(self) -> bool:
        """Whether nobody would notice: all within tolerance, on enough boxes to tell.

        Boxes near the confidence limit come and go with the last digit, and a person's own boxes of two days overlap
        by about 0.9. The first starter stayed at a third of these limits.
        """
        return (
            self.boxes >= _FEWEST_BOXES
            and self.unmatched <= 0.03
            and self.iou >= 0.92
            and self.probability <= 0.03
            and self.uncertainty <= 0.05
        )


def compare(reference: Sequence[Detections], other: Sequence[Detections]) -> Parity:
    """Compare what two detectors found on the same photos, in the same order."""
    overlaps, probabilities, values, unmatched = [], [], [], 0
    for left, right in zip(reference, other, strict=True):
        rows, partners, overlap = _matched(left, right)
        overlaps.append(overlap)
        probabilities.append(np.abs(left.confidences[rows] - right.confidences[partners]))
        values.append(np.abs(uncertainty_of(left).value[rows] - uncertainty_of(right).value[partners]))
        unmatched += len(left) + len(right) - 2 * len(rows)
    boxes, others = sum(map(len, reference)), sum(map(len, other))
    return Parity(
        photos=len(reference),
        boxes=boxes,
        unmatched=round(unmatched / max(1, boxes + others), 4),
        iou=_percentile(overlaps, 5, none=1.0),
        probability=_percentile(probabilities, 95, none=0.0),
        uncertainty=_percentile(values, 95, none=0.0),
    )


def _matched(left: Detections, right: Detections) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Return rows of both sides that are each other's best partner, and their IoU."""
    if not len(left) or not len(right):
        nothing = np.zeros(0, np.intp)
        return nothing, nothing, np.zeros(0, np.float32)
    overlap = iou(left.boxes, right.boxes) * (left.class_ids[:, None] == right.class_ids)
    partners, rows = overlap.argmax(1), np.arange(len(left))
    mutual = (overlap.argmax(0)[partners] == rows) & (overlap[rows, partners] >= _SAME_BOX)
    rows, partners = rows[mutual], partners[mutual]
    return rows, partners, overlap[rows, partners].astype(np.float32)


def _percentile(parts: Sequence[NDArray[np.float32]], percent: float, none: float) -> float:
    values = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return round(float(np.percentile(values, percent)), 4) if len(values) else none
