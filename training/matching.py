"""Truth and detections side by side: which detection found which box, and how far chance may carry the result."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes, iou

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RIGHT_AT_IOU = 0.5
REPLICATES = 200
LEAST_CALIBRATED = 0.1
_CHUNK = 4_000_000  # replicates × detections held at once, 32 MB per array


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """One capture: t boxes of truth and n detections, with labels as indices into the same list of names.

    Attributes:
        truth: (t, 4) boxes in pixels.
        truth_labels: (t,) labels.
        boxes: (n, 4) detections in pixels.
        labels: (n,) labels, -1 for a detection whose class the list does not hold.
        confidences: (n,) in 0..1.
    """

    truth: Boxes
    truth_labels: Ints
    boxes: Boxes
    labels: Ints
    confidences: Floats


def right(comparison: Comparison) -> NDArray[np.bool_]:
    """Tell for each detection, shape (n,), whether it found a box of its label that no surer one had found.

    COCO's rule at IoU 0.5: in order of confidence, each detection takes the free box it overlaps most.
    """
    found = np.zeros(len(comparison.boxes), dtype=bool)
    overlaps = iou(comparison.boxes, comparison.truth)
    overlaps[comparison.labels[:, None] != comparison.truth_labels[None, :]] = 0
    if not overlaps.size:
        return found
    for row in np.argsort(-comparison.confidences, kind="stable"):
        box = int(overlaps[row].argmax())
        if overlaps[row, box] >= RIGHT_AT_IOU:
            found[row] = True
            overlaps[:, box] = 0
    return found


def bootstrap_ap50(comparisons: Sequence[Comparison], labels: int, seed: int = 0) -> Floats:
    """Draw captures with replacement and return AP at IoU 0.5 of each draw and label, shape (REPLICATES, labels).

    Detections are matched once; a draw only weights captures, so that it costs one cumulative sum. AP is the area under
    the precision envelope at all points; COCO's 101 points differ from it by less than 0.01. NaN where a draw shows no
    box of a label.
    """
    n = len(comparisons)
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=REPLICATES)
    owner = np.repeat(np.arange(n), [len(c.boxes) for c in comparisons])
    label = np.concatenate([c.labels for c in comparisons])
    confidence = np.concatenate([c.confidences for c in comparisons])
    correct = np.concatenate([right(c) for c in comparisons])
    truths = np.array([np.bincount(c.truth_labels, minlength=labels) for c in comparisons])
    order = np.argsort(-confidence, kind="stable")
    result = np.full((REPLICATES, labels), np.nan)
    for k in range(labels):
        mine = order[label[order] == k]
        result[:, k] = _weighted_ap(draws, owner[mine], correct[mine], draws @ truths[:, k])
    return result


def _weighted_ap(draws: Ints, owner: Ints, correct: NDArray[np.bool_], truth: Ints) -> Floats:
    result = np.full(len(draws), np.nan)
    rows = max(1, _CHUNK // max(1, len(owner)))
    for start in range(0, len(draws), rows):
        part = slice(start, start + rows)
        weights = draws[part][:, owner].astype(np.float64)
        hits = weights * correct
        seen = np.cumsum(weights, axis=1)
        precision = np.divide(np.cumsum(hits, axis=1), seen, out=np.zeros_like(seen), where=seen > 0)
        envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        area = (hits * envelope).sum(axis=1)
        result[part] = np.divide(area, truth[part], out=np.full(len(area), np.nan), where=truth[part] > 0)
    return result


def calibration_error(comparisons: Sequence[Comparison], bins: int = 10) -> float | None:
    """Return the expected calibration error of the confidences in 0..1, None without detections.

    The mean gap between confidence and share of right detections over equally wide bins of confidence, weighted by
    detections (Guo et al., ICML 2017, equation 3). Confidences under 0.1 are left out: they are many, nobody acts on
    them, and they would hide what the others are worth.
    """
    confidence = np.concatenate([c.confidences for c in comparisons])
    correct = np.concatenate([right(c) for c in comparisons])
    correct, confidence = correct[confidence >= LEAST_CALIBRATED], confidence[confidence >= LEAST_CALIBRATED]
    if not len(confidence):
        return None
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))
