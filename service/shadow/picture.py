"""A photo with what two models see otherwise drawn into it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from vision.decoding import decode, encode_jpeg
from vision.letterbox import Image

LONG_SIDE = 1200
_QUALITY = 85
# After Okabe and Ito (2008): told apart with every common colour blindness; a sign says the same without colour.
_LOST, _FOUND, _OTHER = ("-", (213, 94, 0)), ("+", (0, 114, 178)), ("!", (204, 121, 167))
_WORDS = {"-": "champion only", "+": "candidate only", "!": "named otherwise"}
_INK, _PAPER = (20, 20, 20), (255, 255, 255)


def picture_of_differences(picture: bytes, differences: Sequence[Mapping[str, Any]]) -> bytes:
    """Draw boxes that one model alone found, or that both name otherwise; return a JPEG of at most LONG_SIDE pixels."""
    photo = decode(picture, long_side=LONG_SIDE)
    scale = min(1.0, LONG_SIDE / max(photo.width, photo.height))
    size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    canvas = np.asarray(cv2.resize(photo.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    counts: Counter[str] = Counter()
    for one in differences:
        sign, colour = _mark(one)
        counts[sign] += 1
        left, top, right, bottom = (round(side * scale) for side in one["box"])
        cv2.rectangle(canvas, (left, top), (right, bottom), colour, 2, cv2.LINE_AA)
        _write(canvas, sign, (left, top))
    words = [f"{sign} {count} {_WORDS[sign]}" for sign, count in counts.items()]
    _write(canvas, ", ".join(words) or "no difference", (0, canvas.shape[0] - 18))
    return encode_jpeg(canvas, _QUALITY)


def _mark(difference: Mapping[str, Any]) -> tuple[str, tuple[int, int, int]]:
    if difference["candidate"] is None:
        return _LOST
    return _FOUND if difference["champion"] is None else _OTHER


def _write(canvas: Image, text: str, corner: tuple[int, int]) -> None:
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 1)
    left, top = max(0, corner[0]), max(0, corner[1])
    cv2.rectangle(canvas, (left, top), (left + width + 6, top + height + 6), _PAPER, cv2.FILLED)
    cv2.putText(canvas, text, (left + 3, top + height + 3), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)
