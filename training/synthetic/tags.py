"""Price tags."""

from enum import StrEnum
from functools import lru_cache

import cv2
import numpy as np
from numpy.random import Generator

from training.synthetic.groups import Group
from training.synthetic.lettering import Image, small_print, write
from training.synthetic.names import Colour
from training.synthetic.seeds import stream


class TagStyle(StrEnum):
    """How a store prices its shelves."""

    WHITE = "white"
    YELLOW = "yellow"
    RED = "red"
    ELECTRONIC = "electronic"
    GREEN = "green"
    BLACK = "black"
    BLUE = "blue"


STYLES = {
    Group.USUAL: (TagStyle.WHITE, TagStyle.YELLOW, TagStyle.RED, TagStyle.ELECTRONIC),
    Group.HELD_OUT: (TagStyle.GREEN, TagStyle.BLACK, TagStyle.BLUE),
}
_GROUND: dict[TagStyle, Colour] = {
    TagStyle.WHITE: (250, 250, 248),
    TagStyle.YELLOW: (250, 218, 40),
    TagStyle.RED: (205, 25, 30),
    TagStyle.ELECTRONIC: (205, 208, 200),
    TagStyle.GREEN: (190, 235, 190),
    TagStyle.BLACK: (30, 30, 34),
    TagStyle.BLUE: (185, 215, 250),
}


@lru_cache(maxsize=256)
def draw_tag(style: TagStyle, number: int) -> Image:
    """Draw one of many tags of a style, an opaque RGBA picture (h, w, 4)."""
    rng = stream(number, "tag", style)
    width, height = 112, int(rng.integers(48, 96))
    tag = np.empty((height, width, 3), np.uint8)
    tag[:] = _GROUND[style]
    ink: Colour = (255, 255, 255) if style in (TagStyle.RED, TagStyle.BLACK) else (20, 20, 22)
    if rng.random() < 0.15:
        tag[: height // 4] = ((210, 30, 35), (20, 90, 170), (40, 140, 60))[int(rng.integers(3))]
    small_print(tag, rng, (6, 6, int(rng.integers(40, 100)), height // 3), int(rng.integers(1, 4)), ink)
    left = int(rng.choice([6, 40]))
    price = f"{int(rng.integers(0, 40))}.{int(rng.integers(0, 10))}{rng.choice(['5', '9'])}"
    write(tag, price, (left, height * 2 // 5, 64, height // 2 - 2), ink, cv2.FONT_HERSHEY_DUPLEX)
    start = 6 if left == 40 else 78
    _beside_the_price(tag, rng, start, ink)
    edge: Colour = (60, 60, 62) if style is TagStyle.ELECTRONIC else (190, 190, 185)
    cv2.rectangle(tag, (0, 0), (width - 1, height - 1), edge, 4 if style is TagStyle.ELECTRONIC else 1)
    return np.dstack([tag, np.full((height, width), 255, np.uint8)])


def _beside_the_price(tag: Image, rng: Generator, start: int, ink: Colour) -> None:
    """A bar code, coloured dots, or more small print."""
    height, kind = len(tag), rng.random()
    if kind < 0.5:
        for x in range(start, start + 28, 3):
            cv2.line(tag, (x, height * 3 // 5), (x, height - 7), ink, int(rng.integers(1, 3)))
    elif kind < 0.7:
        for x, y in ((5, 3), (19, 3), (5, 5), (19, 5)):
            colour = ((60, 150, 60), (40, 120, 190), (220, 80, 60))[int(rng.integers(3))]
            cv2.circle(tag, (start + x, height * y // 6), max(2, height // 13), colour, -1, cv2.LINE_AA)
    else:
        small_print(tag, rng, (start, height * 3 // 5, 28, height // 4), 3, ink)
