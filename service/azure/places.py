"""Where the places of a planogram are in a photo: its front is a plane, so a homography takes one to the other."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
_ENOUGH = 6  # pairs of boxes, from which perspective is told from their scatter
_OFF = 0.3  # facing widths, from which a pair does not agree


def places_in_photo(places: Numbers, pairs: Sequence[tuple[Numbers, Numbers]], width: float, mirrored: bool) -> Numbers:
    """Return boxes (k, 4) of a planogram, x1 y1 x2 y2 in its units, as boxes in pixels.

    Args:
        places: (k, 4)
        pairs: one at least: a box in the planogram (4,) and the same thing's box in the photo (4,).
        width: of a usual facing in the photo, in pixels.
        mirrored: whether the photo shows the planogram the wrong way round.
    """
    planned, seen = (np.array(side, np.float64) for side in zip(*pairs, strict=True))
    there = _corners(seen)[:, [1, 0, 3, 2]] if mirrored else _corners(seen)
    plane = _fitted(_corners(planned).reshape(-1, 2), there.reshape(-1, 2), width)
    corners = np.concatenate([_corners(places).reshape(-1, 2), np.ones((4 * len(places), 1))], axis=1) @ plane.T
    points = (corners[:, :2] / corners[:, 2:]).reshape(-1, 4, 2)
    return np.concatenate([points.min(1), points.max(1)], axis=1)


def _corners(boxes: Numbers) -> Numbers:
    """Return (n, 4, 2) x and y of the corners, from the top left in reading order."""
    corners: Numbers = boxes[:, [0, 1, 2, 1, 0, 3, 2, 3]].reshape(-1, 4, 2)
    return corners


def _fitted(planned: Numbers, seen: Numbers, width: float) -> Numbers:
    """Return the 3x3 matrix that takes most points (n, 2) to the others; what has slid along its shelf is left out."""
    off, plane = max(_OFF * width, 1.0), None
    if len(planned) >= 4 * _ENOUGH:
        plane, _ = cv2.findHomography(planned, seen, cv2.RANSAC, off)
    if plane is None and len(planned) > 4:
        plane, _ = cv2.estimateAffine2D(planned, seen, ransacReprojThreshold=off)
    if plane is None:
        plane = np.linalg.lstsq(np.column_stack([planned, np.ones(len(planned))]), seen, rcond=None)[0].T
    return np.vstack([plane, [0.0, 0.0, 1.0]])[:3]
