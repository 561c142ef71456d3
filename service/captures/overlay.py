"""A capture's photo with what was answered then drawn into it, whatever model serves now."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from retail.boxes import DetectionKind
from vision.decoding import decode, encode_jpeg
from vision.overlay import Line, Mark, draw

OVERLAY_QUALITY = 85
LONG_SIDE = 2000  # more pixels would take longer than they are worth: boxes are seen as well on fewer


def overlay_of(picture: bytes, detections: Sequence[dict[str, Any]], shelves: Sequence[dict[str, Any]]) -> bytes:
    """Draw answered detections and shelves into a kept picture; return a JPEG, its longer side at most LONG_SIDE."""
    photo = decode(picture, long_side=LONG_SIDE)
    scale = min(1.0, LONG_SIDE / max(photo.width, photo.height))
    size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    image = np.asarray(cv2.resize(photo.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    marks = [
        Mark(
            _scaled(one["box"], scale),
            DetectionKind(one["kind"]),
            one["uncertainty"]["value"],
            one["gtin"] or ("?" if (one.get("naming") or {}).get("unknown") else ""),
        )
        for one in detections
    ]
    lines = [(shelf["number"], _scaled(shelf["line"], scale)) for shelf in shelves]
    return encode_jpeg(draw(image, marks, lines), OVERLAY_QUALITY)


def _scaled(corners: Sequence[float], scale: float) -> Line:
    x1, y1, x2, y2 = corners
    return x1 * scale, y1 * scale, x2 * scale, y2 * scale
