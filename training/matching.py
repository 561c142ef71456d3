"""Truth and detections side by side: which detection found which box, and how far chance may carry the result."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes, iou

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RIGHT_AT_IOU = 0.5
IOUS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))  # COCO's
REPLICATES = 200
LEAST_CALIBRATED = 0.1
BINS = 10
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


def taken(comparison: Comparison, least: float = RIGHT_AT_IOU) -> Ints:
    """Return for each detection, shape (n,), the row of the box of truth that it found, -1 if it found none.

    COCO's rule: in order of confidence, each detection takes the free box of its label that it overlaps most, if that
    is by the least IoU.
    """
    return _taken(_overlaps(comparison), comparison.confidences, least)


def right(comparison: Comparison) -> NDArray[np.bool_]:
    """Tell for each detection, shape (n,), whether it found a box of its label that no surer one had found."""
    return np.asarray(taken(comparison) >= 0)


def _overlaps(comparison: Comparison) -> Floats:
    overlaps = iou(comparison.boxes, comparison.truth).astype(np.float64)
    overlaps[comparison.labels[:, None] != comparison.truth_labels[None, :]] = 0
    return overlaps


def _taken(overlaps: Floats, confidences: Floats, least: float) -> Ints:
    rows = np.full(len(overlaps), -1, np.int64)
    if not overlaps.size:
        return rows
    free = overlaps.copy()
    hopeful = np.flatnonzero(free.max(axis=1) >= least)
    for row in hopeful[np.argsort(-confidences[hopeful], kind="stable")]:
        box = int(free[row].argmax())
        if free[row, box] >= least:
            rows[row] = box
            free[:, box] = 0
    return rows


def draws_of(captures: int, seed: int = 0) -> Floats:
    """Draw captures with replacement: how often each is in each draw, (REPLICATES, captures).

    The same for the same number, so that two models' draws on the same captures are pairs.
    """
    drawn = np.random.default_rng(seed).multinomial(captures, np.full(captures, 1 / captures), size=REPLICATES)
    return drawn.astype(np.float64)


def bootstrap_ap(comparisons: Sequence[Comparison], labels: int, seed: int = 0) -> Floats:
    """Draw captures with replacement and return AP over IoU 0.50:0.95 and AP at 0.5, shape (REPLICATES, labels, 2).

    Detections are matched once; a draw only weights captures, so that it costs one cumulative sum. AP is the area under
    the precision envelope at all points; COCO's 101 points differ from it by less than 0.01. NaN where a draw shows no
    box of a label.
    """
    draws = draws_of(len(comparisons), seed)
    owner = np.repeat(np.arange(len(comparisons)), [len(c.boxes) for c in comparisons])
    label = np.concatenate([c.labels for c in comparisons])
    confidence = np.concatenate([c.confidences for c in comparisons])
    correct = np.concatenate([_right_at_each(c) for c in comparisons], axis=1)
    truths = np.array([np.bincount(c.truth_labels, minlength=labels) for c in comparisons])
    order = np.argsort(-confidence, kind="stable")
    result = np.full((REPLICATES, labels, 2), np.nan)
    for k in np.flatnonzero(truths.any(axis=0)).tolist():
        mine = order[label[order] == k]
        hits = correct[:, mine]
        last = int(np.flatnonzero(hits.any(axis=0)).max(initial=-1)) + 1  # later ones change nothing
        areas = _weighted_aps(draws, owner[mine[:last]], hits[:, :last], draws @ truths[:, k])
        result[:, k, 0], result[:, k, 1] = areas.mean(axis=0), areas[0]
    return result


def _right_at_each(comparison: Comparison) -> NDArray[np.bool_]:
    overlaps = _overlaps(comparison)
    return np.array([_taken(overlaps, comparison.confidences, least) >= 0 for least in IOUS])


def _weighted_aps(draws: Floats, owner: Ints, correct: NDArray[np.bool_], truth: Floats) -> Floats:
    """Return AP at each IoU for each draw, (IoUs, REPLICATES)."""
    result = np.full((len(correct), len(draws)), np.nan)
    rows = max(1, _CHUNK // max(1, len(owner)))
    for start in range(0, len(draws), rows):
        part = slice(start, start + rows)
        weights, wanted = draws[part][:, owner], truth[part]
        seen = np.maximum(np.cumsum(weights, axis=1), 1)  # nothing before the first drawn detection: 0 hits of 1
        for place, right_here in enumerate(correct):
            hit = np.flatnonzero(right_here)  # precision only rises where one is right
            hits = weights[:, hit]
            precision = np.cumsum(hits, axis=1) / seen[:, hit]
            envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
            area = (hits * envelope).sum(axis=1)
            result[place, part] = np.divide(area, wanted, out=np.full(len(area), np.nan), where=wanted > 0)
    return result


def calibration_sums(comparison: Comparison, bins: int = BINS) -> Floats:
    """Return of each bin of confidence by how much right detections exceed it, then the number of all, (bins + 1,).

    Confidences under 0.1 are left out: they are many, nobody acts on them, and they would hide what the others are
    worth.
    """
    confident = comparison.confidences >= LEAST_CALIBRATED
    confidence, correct = comparison.confidences[confident], right(comparison)[confident]
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return np.append(np.bincount(place, weights=correct - confidence, minlength=bins), len(confidence))


def calibration_errors(sums: Floats) -> Floats:
    """Finish sums (r, bins + 1) of `calibration_sums` to expected calibration errors (r,), NaN without detections.

    The mean gap between confidence and share of right detections over equally wide bins of confidence, weighted by
    detections (Guo et al., ICML 2017, equation 3).
    """
    gaps, number = np.abs(sums[:, :-1]).sum(axis=1), sums[:, -1]
    return np.divide(gaps, number, out=np.full(len(sums), np.nan), where=number > 0)


def calibration_error(comparisons: Sequence[Comparison]) -> float | None:
    """Return the expected calibration error of the confidences in 0..1, None without detections."""
    error = float(calibration_errors(np.sum([calibration_sums(c) for c in comparisons], axis=0, keepdims=True))[0])
    return None if np.isnan(error) else error
