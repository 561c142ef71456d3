"""Non-maximum suppression: one box per thing."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes
from vision.detections import Floats

_MOST_CANDIDATES = 3000


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Rows that survived, most confident first, and whether there would have been more than the most allowed."""

    rows: NDArray[np.intp]
    truncated: bool


def suppress(
    boxes: Boxes, probabilities: Floats, *, confidence: float = 0.25, iou: float = 0.6, max_detections: int = 400
) -> Kept:
    """Keep the most confident box of each group that overlaps; boxes of different winning classes never compete.

    Args:
        boxes: (n, 4) x1, y1, x2, y2.
        probabilities: (n, c).
        confidence: boxes whose winning class has less are dropped.
        iou: a box that overlaps a better one of its class by more is dropped.
        max_detections: most boxes kept.
    """
    scores = probabilities.max(1) if len(boxes) else np.zeros(0, np.float32)
    candidates = np.flatnonzero(scores >= confidence)
    candidates = candidates[np.argsort(-scores[candidates], kind="stable")]
    crowded = len(candidates) > _MOST_CANDIDATES
    rows = _survivors(boxes, scores, probabilities, candidates[:_MOST_CANDIDATES], iou)
    return Kept(rows[:max_detections], len(rows) > max_detections or (crowded and len(rows) == max_detections))


def _survivors(
    boxes: Boxes, scores: Floats, probabilities: Floats, candidates: NDArray[np.intp], iou: float
) -> NDArray[np.intp]:
    if not len(candidates):
        return candidates
    corners = boxes[candidates].astype(np.float64)
    sides = np.clip(corners[:, 2:] - corners[:, :2], 0, None)
    classes = probabilities[candidates].argmax(1).astype(np.int32)
    rectangles = np.concatenate((corners[:, :2], sides), 1)
    # OpenCV's stubs ask for lists, but it takes arrays, which are quicker.
    kept = cv2.dnn.NMSBoxesBatched(rectangles, scores[candidates], classes, 0.0, iou)  # type: ignore[arg-type]
    # OpenCV answers class by class; candidates are sorted, so sorting positions restores the order of confidence.
    return candidates[np.sort(np.asarray(kept, dtype=np.intp).reshape(-1))]
