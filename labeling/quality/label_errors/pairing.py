"""Which detection is about which label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.annotations import AnnotatedBox, as_array
from labeling.quality.label_errors.seen import LabelledPhoto, Seen
from retail.boxes import areas, intersections, iou

_SAME_IOU = 0.5
_LOOSE_IOU = 0.1
_COVERED = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """Labels and detections of one photo.

    Attributes:
        photo: the photo.
        same: (m, 2) indices of label and detection that overlap by an IoU of 0.5 or more; each occurs once at most.
        loose: (k, 2) the same of one kind, neither of them in `same`, that overlap by 0.1 or more.
        free: indices of detections that no label is about: in no pair, and not mostly inside any label.
    """

    photo: LabelledPhoto
    same: NDArray[np.int64]
    loose: NDArray[np.int64]
    free: NDArray[np.int64]


def pair(photo: LabelledPhoto) -> Pairing:
    """Pair a photo's labels and detections: first what is of one kind, then the likelier and the better overlap.

    Labels that say "ignore" are in no pair; detections mostly inside one are not free.
    """
    labels, seen = photo.labels, photo.seen
    edges = as_array(labels)
    overlaps = iou(edges, seen.boxes)
    alike = _alike(labels, seen)
    counts = np.array([not label.ignore for label in labels], bool)[:, None]
    ranking = overlaps + seen.probabilities + 2 * alike
    same = _greedy(ranking, (overlaps >= _SAME_IOU) & counts)
    left = np.ones_like(overlaps, bool)
    left[same[:, 0]] = False
    left[:, same[:, 1]] = False
    loose = _greedy(ranking, (overlaps >= _LOOSE_IOU) & alike & counts & left)
    inside = intersections(edges, seen.boxes) >= _COVERED * areas(seen.boxes)
    free = ~(inside & (alike | ~counts)).any(axis=0)
    free[same[:, 1]] = False
    free[loose[:, 1]] = False
    return Pairing(photo, same, loose, np.flatnonzero(free))


def _alike(labels: Sequence[AnnotatedBox], seen: Seen) -> NDArray[np.bool_]:
    ours, theirs = [label.kind.value for label in labels], [kind.value for kind in seen.kinds]
    alike: NDArray[np.bool_] = np.array(ours, "U8")[:, None] == np.array(theirs, "U8")[None, :]
    return alike


def _greedy(ranking: NDArray[np.floating], possible: NDArray[np.bool_]) -> NDArray[np.int64]:
    candidates = np.argwhere(possible)
    taken_rows: set[int] = set()
    taken_columns: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for row, column in candidates[np.argsort(-ranking[tuple(candidates.T)], kind="stable")].tolist():
        if row not in taken_rows and column not in taken_columns:
            pairs.append((row, column))
            taken_rows.add(row)
            taken_columns.add(column)
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)
