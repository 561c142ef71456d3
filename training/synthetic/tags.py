"""Price tags and promotion cards."""

from enum import StrEnum
from functools import lru_cache

import cv2
import numpy as np

from training.synthetic.artwork import Image, write
from training.synthetic.groups import Group
from training.synthetic.names import Colour
from training.synthetic.packs import premultiplied
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
    width, height = 112, int(rng.integers(56, 84))
    tag = np.empty((height, width, 3), np.uint8)
    tag[:] = _GROUND[style]
    ink: Colour = (255, 255, 255) if style in (TagStyle.RED, TagStyle.BLACK) else (20, 20, 22)
    for line in range(int(rng.integers(1, 4))):
        y = 6 + 6 * line
        cv2.line(tag, (5, y), (5 + int(rng.integers(25, 80)), y), ink, 2)
    price = f"{int(rng.integers(0, 12))}.{int(rng.integers(0, 10))}{rng.choice(['5', '9'])}"
    left = int(rng.choice([8, 40]))
    write(tag, price, (left, height * 2 // 5, 62, height // 2 - 2), ink, cv2.FONT_HERSHEY_DUPLEX)
    if rng.random() < 0.7:
        start = 6 if left == 40 else 80
        for x in range(start, start + 26, 3):
            cv2.line(tag, (x, height * 3 // 5), (x, height - 7), ink, int(rng.integers(1, 3)))
    edge: Colour = (60, 60, 62) if style is TagStyle.ELECTRONIC else (190, 190, 185)
    cv2.rectangle(tag, (0, 0), (width - 1, height - 1), edge, 4 if style is TagStyle.ELECTRONIC else 1)
    return np.dstack([tag, np.full((height, width), 255, np.uint8)])


@lru_cache(maxsize=64)
def draw_wobbler(number: int) -> Image:
    """Draw a round promotion card, RGBA (96, 96, 4) with colours multiplied by alpha."""
    rng = stream(number, "wobbler")
    card = np.zeros((96, 96, 4), np.uint8)
    colour = ((230, 20, 30), (250, 215, 20), (40, 150, 60), (20, 80, 180))[int(rng.integers(4))]
    cv2.circle(card, (48, 48), 46, (*colour, 255), -1)
    face = np.ascontiguousarray(card[..., :3])
    text = str(rng.choice(["-25%", "2+1", "NEW", "SALE", "BIO", "-1.00"]))
    write(face, text, (14, 30, 68, 36), (255, 255, 255), cv2.FONT_HERSHEY_TRIPLEX)
    return premultiplied(np.dstack([face, card[..., 3]]))
