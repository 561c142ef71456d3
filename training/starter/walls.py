"""What walls look like close up: paint, wood, tiles, the ribs of a liner, the holes of a pegboard."""

import cv2
import numpy as np
from numpy.random import Generator

from training.starter.easel import Tint
from training.starter.rooms import Place, Room
from training.synthetic.artwork import Image


def wall_texture(rng: Generator, colour: Tint, fine: bool = False) -> Image:
    """A wall of paint, wood or stone, 256 by 256."""
    base = np.ones((256, 256), np.float32)
    strength = 0.01 if fine else 0.022
    for cells in (3, 40, 120):
        grid = rng.normal(0, strength, (cells, cells)).astype(np.float32)
        base += cv2.resize(grid, (256, 256), interpolation=cv2.INTER_CUBIC)
    if not fine and rng.random() < 0.4:  # grain of wood
        grain = rng.normal(0, 0.05, (int(rng.integers(30, 120)), 3)).astype(np.float32)
        streaks = cv2.resize(grain, (256, 256), interpolation=cv2.INTER_LINEAR)
        base += streaks if rng.random() < 0.5 else streaks.T
    elif not fine and rng.random() < 0.3:  # planks, tiles
        step = int(rng.integers(20, 70))
        base[::step] *= 0.7
        base[:, :: step * int(rng.integers(1, 4))] *= 0.75
    return np.clip(base[..., None] * np.array(colour, np.float32), 0, 255).astype(np.uint8)


def back_texture(rng: Generator, room: Room) -> Image:
    """The back wall's texture: ribs of a liner, a pegboard, boards, tiles."""
    picture = np.ascontiguousarray(wall_texture(rng, room.colour, fine=room.place is Place.FRIDGE))
    pick = rng.random()
    if room.place is Place.SHOP and pick < 0.6:
        for y in range(6, 256, int(rng.integers(6, 14))):
            picture[y : y + 2, 4::9] = _rgb(scaled(room.colour, 0.4))
    elif room.place is Place.FRIDGE and pick < 0.3:
        step = int(rng.integers(8, 40))
        for x in range(0, 256, step):
            picture[:, x : x + 2] = _rgb(scaled(room.colour, 0.85))
            picture[:, x + 2 : x + 4] = _rgb(scaled(room.colour, 1.05))
    elif room.place is Place.TABLE and pick < 0.4:
        step = int(rng.integers(14, 40))
        picture[::step] = picture[:, ::step] = _rgb(scaled(room.colour, float(rng.uniform(0.6, 1.2))))
    return picture


def scaled(colour: Tint, gain: float) -> Tint:
    """Return a brighter or darker shade."""
    r, g, b = (min(255.0, channel * gain) for channel in colour)
    return r, g, b


def _rgb(colour: Tint) -> tuple[int, int, int]:
    r, g, b = (int(channel) for channel in colour)
    return r, g, b
