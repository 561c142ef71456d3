"""Backgrounds of pack faces."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

from training.synthetic.groups import Group
from training.synthetic.lettering import Image
from training.synthetic.names import Colour, jitter_colour

Ground = Callable[[Image, Generator, Colour, Colour], None]


def draw_ground(group: Group, rng: Generator, size: tuple[int, int], base: Colour, accent: Colour) -> Image:
    """Return a face of a size (width, height) in a brand's two colours, (h, w, 3)."""
    face = np.empty((size[1], size[0], 3), np.uint8)
    face[:] = base
    grounds = _GROUNDS[group]
    grounds[int(rng.integers(len(grounds)))](face, rng, base, accent)
    return face


def _plain(face: Image, rng: Generator, base: Colour, accent: Colour) -> None:
    del face, rng, base, accent


def _two_parts(face: Image, rng: Generator, base: Colour, accent: Colour) -> None:
    height, width = face.shape[:2]
    cut, slope = int(height * rng.uniform(0.3, 0.75)), int(height * rng.choice([0, rng.uniform(-0.3, 0.3)]))
    outline = np.array([(0, cut), (width, cut + slope), (width, height), (0, height)], np.int32)
    cv2.fillPoly(face, [outline], accent, cv2.LINE_AA)


def _gradient(face: Image, rng: Generator, base: Colour, accent: Colour) -> None:
    ramp = np.linspace(0, 1, len(face), dtype=np.float32)[:, None, None] * rng.uniform(0.4, 0.9)
    face[:] = (np.array(base, np.float32) * (1 - ramp) + np.array(accent, np.float32) * ramp).astype(np.uint8)


def _stripes(face: Image, rng: Generator, base: Colour, accent: Colour) -> None:
    width = face.shape[1]
    step = max(4, int(width * rng.uniform(0.08, 0.25)))
    for x in range(0, width, 2 * step):
        face[:, x : x + step] = jitter_colour(rng, base, 25)


def _arch(face: Image, rng: Generator, base: Colour, accent: Colour) -> None:
    height, width = face.shape[:2]
    centre, radii = (width // 2, int(height * rng.uniform(0.3, 0.75))), (int(width * 0.8), int(height * 0.3))
    cv2.ellipse(face, centre, radii, 0, 0, 360, accent, -1, cv2.LINE_AA)


def _checks(face: Image, rng: Generator, base: Colour, accent: Colour) -> None:
    height, width = face.shape[:2]
    step = max(3, int(width * rng.uniform(0.06, 0.2)))
    yy, xx = np.mgrid[0:height, 0:width] // step
    face[(xx + yy) % 2 > 0] = jitter_colour(rng, accent if rng.random() < 0.4 else base, 30)


def _rays(face: Image, rng: Generator, base: Colour, accent: Colour) -> None:
    height, width = face.shape[:2]
    yy, xx = np.mgrid[0:height, 0:width]
    turn = np.arctan2(yy - height * rng.uniform(0.3, 0.7), xx - width / 2)
    face[np.sin(turn * int(rng.integers(6, 16))) > 0] = accent


def _dots(face: Image, rng: Generator, base: Colour, accent: Colour) -> None:
    height, width = face.shape[:2]
    step = max(5, int(width * rng.uniform(0.1, 0.2)))
    for row, y in enumerate(range(0, height + step, step)):
        for x in range((row % 2) * step // 2, width + step, step):
            cv2.circle(face, (x, y), max(1, step // 4), accent, -1, cv2.LINE_AA)


def _waves(face: Image, rng: Generator, base: Colour, accent: Colour) -> None:
    height, width = face.shape[:2]
    xs = np.arange(width)
    for wave in range(3):
        crest = height * (0.45 + 0.17 * wave) + height * 0.05 * np.sin(xs / width * rng.uniform(5, 14) + wave)
        mask = np.arange(height)[:, None] > crest[None]
        face[mask] = jitter_colour(rng, accent, 30)


_GROUNDS: dict[Group, tuple[Ground, ...]] = {
    Group.USUAL: (_plain, _plain, _two_parts, _two_parts, _gradient, _stripes, _arch),
    Group.HELD_OUT: (_checks, _rays, _dots, _waves),
}
