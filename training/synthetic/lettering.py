"""Words on packs, tags and cards: fitted lines, big stamped logos, blocks of small print."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.synthetic.names import Colour

Image = NDArray[np.uint8]
Box = tuple[int, int, int, int]  # x, y, width, height


def write(face: Image, text: str, box: Box, colour: Colour, font: int) -> None:
    """Write a text as large as it fits into a box, centred."""
    x, y, width, height = box
    (w1, h1), _ = cv2.getTextSize(text, font, 1.0, 1)
    scale = min(width / max(w1, 1), height / max(h1, 1))
    if scale * h1 < 3:
        return
    thickness = max(1, round(scale * 1.6))
    (w, h), _ = cv2.getTextSize(text, font, scale, thickness)
    cv2.putText(face, text, (x + (width - w) // 2, y + (height + h) // 2), font, scale, colour, thickness, cv2.LINE_AA)


def stamp(face: Image, text: str, box: Box, colour: Colour, font: int, slant: float, edge: Colour | None) -> None:
    """Fill a box with a text, stretched by at most two, leaning by ``slant``, with an edge of another colour."""
    (w, h), _ = cv2.getTextSize(text, font, 1.6, 4)
    x, y, width, height = _stretched(box, w / max(h, 1))
    room = face[max(y, 0) : y + height, max(x, 0) : x + width]
    if min(width, height) < 6 or min(room.shape[:2]) < 6:
        return
    letters = np.zeros((h + 16, w + 16), np.uint8)
    cv2.putText(letters, text, (8, h + 6), font, 1.6, 255, 4, cv2.LINE_AA)
    sx, sy = room.shape[1] / letters.shape[1], room.shape[0] / letters.shape[0]
    lean = np.array([(sx, -slant * sx, slant * sx * len(letters) / 2), (0, sy, 0)], np.float32)
    mask = np.asarray(cv2.warpAffine(letters, lean, room.shape[1::-1], flags=cv2.INTER_AREA), np.uint8)
    if edge is not None:
        _tint(room, cv2.dilate(mask, np.ones((3, 3), np.uint8), iterations=max(1, height // 24)), edge)
    _tint(room, mask, colour)


def _stretched(box: Box, aspect: float) -> Box:
    x, y, width, height = box
    wide, tall = min(width, int(height * aspect * 2)), min(height, int(width / aspect * 2))
    return x + (width - wide) // 2, y + (height - tall) // 2, wide, tall


def _tint(face: Image, mask: NDArray[np.uint8], colour: Colour) -> None:
    share = cv2.cvtColor(mask, cv2.COLOR_GRAY2RGB).astype(np.uint16)
    face[:] = ((face * (255 - share) + np.array(colour, np.uint16) * share) // 255).astype(np.uint8)


def small_print(face: Image, rng: Generator, box: Box, lines: int, colour: Colour) -> None:
    """Draw lines of words too small to be read, ragged at the right or centred."""
    x, y, width, height = box
    pitch, centred = max(3, min(height // max(lines, 1), len(face) // 26)), rng.random() < 0.5
    thick = max(1, pitch // 3)
    for line in range(lines):
        length = int(width * rng.uniform(0.45, 1.0))
        at, end = x + ((width - length) // 2 if centred else 0), y + line * pitch
        stop = at + length
        while at < stop:
            word = max(2, int(pitch * rng.uniform(0.6, 3.2)))
            cv2.line(face, (at, end), (min(at + word, stop), end), colour, thick)
            at += word + max(2, pitch // 2)
