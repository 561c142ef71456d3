"""What shops put in front of products: tray fronts, shelf talkers, wobblers."""

from functools import lru_cache

import cv2
import numpy as np

from training.synthetic.lettering import Image, small_print, stamp, write
from training.synthetic.names import Colour, jitter_colour
from training.synthetic.packs import premultiplied
from training.synthetic.seeds import stream

_LOUD: tuple[Colour, ...] = (
    (230, 20, 30), (250, 215, 20), (40, 150, 60), (20, 80, 180), (240, 110, 20), (250, 250, 250)
)  # fmt: skip
_SLOGANS = ("-25%", "2+1", "NEW", "SALE", "BIO", "-1.00", "PROMO", "2 for 3", "TOP", "FRESH")


@lru_cache(maxsize=256)
def draw_tray_front(brand: str, colour: Colour, number: int) -> Image:
    """Draw the front of a cardboard tray, brown or printed, an opaque RGBA picture (40, 160, 4)."""
    rng = stream(number, "tray", brand)
    plain = rng.random() < 0.45
    ground = jitter_colour(rng, (182, 142, 98) if plain else colour, 14)
    front = np.empty((40, 160, 3), np.uint8)
    front[:] = ground
    ink: Colour = (90, 60, 35) if plain else (255, 255, 255) if sum(ground) < 420 else (40, 40, 45)
    stamp(
        front, brand, (int(rng.uniform(5, 60)), 8, int(rng.uniform(50, 95)), 24), ink, cv2.FONT_HERSHEY_TRIPLEX, 0, None
    )
    if rng.random() < 0.5:
        small_print(front, rng, (118, 10, 36, 22), 4, ink)
    front[:2] = np.minimum(front[:2].astype(int) + 35, 255)
    return np.dstack([front, np.full((40, 160), 255, np.uint8)])


@lru_cache(maxsize=64)
def draw_talker(number: int) -> Image:
    """Draw a printed card, an opaque RGBA picture (h, w, 4)."""
    rng = stream(number, "talker")
    width, height = int(rng.integers(90, 220)), int(rng.integers(70, 150))
    card = np.empty((height, width, 3), np.uint8)
    card[:] = jitter_colour(rng, _LOUD[int(rng.integers(len(_LOUD)))], 12)
    if rng.random() < 0.5:
        card[height * 3 // 5 :] = jitter_colour(rng, _LOUD[int(rng.integers(len(_LOUD)))], 12)
    ink: Colour = (255, 255, 255) if card[0, 0].sum() < 470 else (30, 30, 40)
    box = (width // 12, height // 10, width * 5 // 6, height // 2)
    stamp(card, str(rng.choice(_SLOGANS)), box, ink, cv2.FONT_HERSHEY_TRIPLEX, 0.0, None)
    small_print(card, rng, (width // 10, height * 7 // 10, width * 4 // 5, height // 5), 3, ink)
    return np.dstack([card, np.full((height, width), 255, np.uint8)])


@lru_cache(maxsize=64)
def draw_wobbler(number: int) -> Image:
    """Draw a round promotion card, RGBA (96, 96, 4) with colours multiplied by alpha."""
    rng = stream(number, "wobbler")
    card = np.zeros((96, 96, 4), np.uint8)
    colour = _LOUD[int(rng.integers(5))]
    cv2.circle(card, (48, 48), 46, (*colour, 255), -1)
    face = np.ascontiguousarray(card[..., :3])
    write(face, str(rng.choice(_SLOGANS)), (14, 30, 68, 36), (255, 255, 255), cv2.FONT_HERSHEY_TRIPLEX)
    return premultiplied(np.dstack([face, card[..., 3]]))
