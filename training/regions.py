"""What of a photo was labelled: a tile of it, or all but the boxes that are to be ignored."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labeling.annotations import SMALLEST_SIDE, AnnotatedBox

RgbImage = NDArray[np.uint8]
PAINT = 114  # the grey that surrounds photos at the model's input: nothing to be found


def labelled_part(
    photo: RgbImage, boxes: Sequence[AnnotatedBox], tile: Sequence[int] | None
) -> tuple[RgbImage, tuple[AnnotatedBox, ...]]:
    """Return the labelled part of a photo and its boxes: what was to be ignored is painted out, and no box any more.

    So it neither trains, nor is found or missed when a detector is measured. A box that counts is never painted over.

    Args:
        photo: RGB uint8 (h, w, 3).
        boxes: in pixels of the photo.
        tile: x1, y1, x2, y2 of the part that was labelled; None for all of it. Boxes are cut at its border.
    """
    left, top, right, bottom = tile or (0, 0, photo.shape[1], photo.shape[0])
    part = photo[top:bottom, left:right].copy()
    moved = [cut for box in boxes if (cut := _cut(box, left, top, right - left, bottom - top)) is not None]
    painted = np.zeros(part.shape[:2], np.bool_)
    for ignored in (True, False):
        for box in moved:
            if box.ignore is ignored:
                painted[_rows_and_columns(box)] = ignored
    part[painted] = PAINT
    return part, tuple(box for box in moved if not box.ignore)


def _cut(box: AnnotatedBox, left: int, top: int, width: int, height: int) -> AnnotatedBox | None:
    x1, x2 = (min(max(x - left, 0.0), float(width)) for x in (box.x1, box.x2))
    y1, y2 = (min(max(y - top, 0.0), float(height)) for y in (box.y1, box.y2))
    seen = min(x2 - x1, y2 - y1) >= SMALLEST_SIDE
    return replace(box, x1=x1, y1=y1, x2=x2, y2=y2) if seen else None


def _rows_and_columns(box: AnnotatedBox) -> tuple[slice, slice]:
    return slice(int(box.y1), int(np.ceil(box.y2))), slice(int(box.x1), int(np.ceil(box.x2)))
