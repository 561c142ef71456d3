"""Cuts facings out of a photo, each framed for the embedder."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes
from vision.letterbox import Image

_GREY = 127


def cut_crops(image: Image, boxes: Boxes, size: int) -> NDArray[np.uint8]:
    """Return one crop per box, (n, size, size, 3) RGB: scaled to fit without changing its proportions, on grey.

    Args:
        image: (h, w, 3) RGB.
        boxes: (n, 4) x1, y1, x2, y2 in pixels of `image`. What lies outside it is left out; of a sliver, or of a box
            wholly outside, one row or column of pixels at the border is shown.
        size: sides of a crop in pixels.
    """
    crops = np.full((len(boxes), size, size, 3), _GREY, np.uint8)
    for crop, (left, top, right, bottom) in zip(crops, _whole_pixels(boxes, image), strict=True):
        scale = size / max(right - left, bottom - top)
        width, height = (max(1, round(side * scale)) for side in (right - left, bottom - top))
        x, y = (size - width) // 2, (size - height) // 2
        place = crop[y : y + height, x : x + width]
        cv2.resize(image[top:bottom, left:right], (width, height), dst=place, interpolation=cv2.INTER_AREA)
    return crops


def side_wanted(boxes: Boxes, size: tuple[int, int], crop: int) -> int:
    """Return the longer side, in pixels, at which to decode a photo so that its median facing fills a crop.

    Args:
        boxes: (n, 4) facings in pixels of the full photo.
        size: width and height of the full photo; its longer side is the most that is returned.
        crop: sides of a crop in pixels.
    """
    if not len(boxes):
        return 1
    facing = float(np.median((boxes[:, 2:] - boxes[:, :2]).max(1)))
    return min(max(size), math.ceil(crop / max(facing, 1.0) * max(size)))


def _whole_pixels(boxes: Boxes, image: Image) -> list[list[int]]:
    """Round boxes to at least one pixel of the image, as plain numbers: left, top, right, bottom."""
    sides = np.array([image.shape[1], image.shape[0]])
    start = np.clip(np.rint(boxes[:, :2]), 0, sides - 1)
    end = np.clip(np.rint(boxes[:, 2:]), start + 1, sides)
    edges: list[list[int]] = np.hstack([start, end]).astype(int).tolist()
    return edges
