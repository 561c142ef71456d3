"""Habits that drift: an annotator, or a whole team, begins to draw or to name otherwise than before."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import scipy

from labeling.annotations import AnnotatedBox, as_array
from labeling.quality.boundaries import (
    CANNOT_TELL,
    IGNORE,
    KIND,
    OCCLUDED,
    PRODUCT,
    SAME_BOX_IOU,
    TRUNCATED,
    YES,
    Boundary,
    said,
)
from retail.boxes import Boxes, DetectionKind, iou

Habit = tuple[Boundary, str]

TEAM = ""
_SIZES = ("width", "height")
_ANSWERS = (
    *((KIND, kind.value) for kind in DetectionKind),
    (PRODUCT, CANNOT_TELL),
    *((flag, YES) for flag in (IGNORE, OCCLUDED, TRUNCATED)),
)
_FEWEST = 6  # photos on either side
_LEAST_SIZE, _LEAST_SHARE, _SURE = 0.03, 0.05, 0.01


@dataclass(frozen=True, slots=True)
class DrawnPhoto:
    """What somebody drew at some time, and what a model had seen there (float32 (n, 4)): the yardstick of box sizes."""

    annotator: str
    at: datetime
    boxes: tuple[AnnotatedBox, ...]
    seen: Boxes


@dataclass(frozen=True, slots=True)
class Drift:
    """A habit that changed.

    Attributes:
        annotator: whose; TEAM for everybody together.
        habit: ``width`` or ``height`` (relative to what the model saw), or a boundary: the share of boxes that say
            ``answer`` there.
        answer: the answer whose share changed; empty for sizes.
        since: start of the window that differs from the one before it all.
        before, after: median relative size (1.0: as the model saw), or share of boxes.
        p_value: of no change, corrected for the number of habits looked at.
    """

    annotator: str
    habit: Boundary
    answer: str
    since: datetime
    before: float
    after: float
    p_value: float


def drifts(photos: Sequence[DrawnPhoto], window: timedelta = timedelta(days=7)) -> list[Drift]:
    """Compare the last window with all earlier ones, for each annotator and the team; the largest changes first.

    Photos are compared, not boxes, since boxes of one photo are alike: by the rank test of Mann & Whitney (1947) on
    each photo's median size or share, with Bonferroni's correction for everything that is compared. A change counts
    from 3 % of the size or 5 points of a share on, at a corrected p below 0.01. Shares depend on what is photographed
    as well: one that changes for the team may be the shelves'.
    """
    if not photos:
        return []
    since = max(photo.at for photo in photos) - window
    compared = [
        one
        for who in [TEAM, *sorted({photo.annotator for photo in photos})]
        for one in _compared(who, [photo for photo in photos if who in (TEAM, photo.annotator)], since)
    ]
    tested = [replace(one, p_value=min(1.0, one.p_value * len(compared))) for one in compared]
    changed = [one for one in tested if one.p_value < _SURE and abs(one.after - one.before) >= _least(one.habit)]
    return sorted(changed, key=lambda one: (-abs(one.after - one.before), one.annotator, one.habit, one.answer))


def _compared(who: str, photos: Sequence[DrawnPhoto], since: datetime) -> Iterator[Drift]:
    before: dict[Habit, list[float]] = defaultdict(list)
    after: dict[Habit, list[float]] = defaultdict(list)
    for photo in photos:
        for habit, value in _habits(photo):
            (after if photo.at > since else before)[habit].append(value)
    for habit in sorted(before.keys() & after.keys()):
        old, new = before[habit], after[habit]
        if min(len(old), len(new)) >= _FEWEST and len({*old, *new}) > 1:
            p_value = float(scipy.stats.mannwhitneyu(old, new, method="asymptotic").pvalue)
            middle = np.median if habit[0] in _SIZES else np.mean
            yield Drift(who, *habit, since, float(middle(old)), float(middle(new)), p_value)


def _habits(photo: DrawnPhoto) -> Iterator[tuple[Habit, float]]:
    """Yield the median width and height relative to what was seen, and the share of boxes of each answer."""
    drawn = as_array(photo.boxes)
    overlaps = iou(drawn, photo.seen)
    found = np.flatnonzero(overlaps.max(axis=1, initial=0) >= SAME_BOX_IOU)
    if len(found):
        seen = photo.seen[overlaps[found].argmax(axis=1)]
        sizes = (drawn[found, 2:] - drawn[found, :2]) / np.maximum(seen[:, 2:] - seen[:, :2], 1)
        yield from (((habit, ""), float(size)) for habit, size in zip(_SIZES, np.median(sizes, axis=0), strict=True))
    words = [said(box, {}) for box in photo.boxes]
    for boundary, answer in _ANSWERS:
        given = [word[boundary] == answer for word in words if boundary in word]
        if given:
            yield (boundary, answer), float(np.mean(given))


def _least(habit: Boundary) -> float:
    return _LEAST_SIZE if habit in _SIZES else _LEAST_SHARE
