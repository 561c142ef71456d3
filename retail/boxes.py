"""Axis-aligned boxes and the kinds of detection they outline.

Boxes are float arrays of shape (n, 4): x1, y1, x2, y2 in pixels of the upright photo, origin top left.
"""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]


class DetectionKind(StrEnum):
    """What a detection outlines."""

    FACING = "facing"
    SHELF = "shelf"
    TAG = "tag"
    GAP = "gap"


def areas(boxes: Boxes) -> NDArray[np.float32]:
    """Return areas in square pixels, shape (n,); an inverted box has area 0."""
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    result: NDArray[np.float32] = sides[:, 0] * sides[:, 1]
    return result


def intersections(left: Boxes, right: Boxes) -> NDArray[np.float32]:
    """Return overlap areas of every pair in square pixels, shape (len(left), len(right))."""
    top_left = np.maximum(left[:, None, :2], right[None, :, :2])
    bottom_right = np.minimum(left[:, None, 2:], right[None, :, 2:])
    sides = np.clip(bottom_right - top_left, 0, None)
    result: NDArray[np.float32] = sides[..., 0] * sides[..., 1]
    return result


def iou(left: Boxes, right: Boxes) -> NDArray[np.float32]:
    """Return intersection over union of every pair, shape (len(left), len(right)), 0 for two empty boxes."""
    overlap = intersections(left, right)
    union = areas(left)[:, None] + areas(right)[None, :] - overlap
    result: NDArray[np.float32] = np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)
    return result
