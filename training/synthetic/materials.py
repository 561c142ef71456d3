"""What packs are made of: round bodies, folds, film, windows, caps."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.synthetic.lettering import Image
from training.synthetic.names import Colour

Floats = NDArray[np.float32]
Body = tuple[Image, Image]  # colours (h, w, 3) and mask (h, w)


def rounded(colours: Image, profile: Floats, rng: Generator, depth: float = 0.5, shine: float = 0.2) -> Body:
    """Cut a body of revolution: ``profile`` is its half width per row, 1 at its widest."""
    width = colours.shape[1]
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :] / np.maximum(profile, 0.05)[:, None]
    mask = np.where(np.abs(across) <= 1.0, 255, 0).astype(np.uint8)
    lean = float(rng.uniform(-0.3, 0.3))
    curve = np.sqrt(np.clip(1 - (across - lean * 0.5) ** 2 / (1 + abs(lean)) ** 2, 0.02, 1))
    light = (1 - depth) + depth * curve * 1.1
    at, sharp = float(rng.uniform(-0.6, 0.6)), float(rng.uniform(30, 160))
    glint = np.exp(-((across - at) ** 2) * sharp) * float(rng.uniform(0, shine)) * 255
    lit = colours.astype(np.float32) * light[..., None] + glint[..., None]
    return np.clip(lit, 0, 255).astype(np.uint8), mask


def crumple(rng: Generator, width: int, height: int) -> Floats:
    """Return gains (h, w, 1) of folded film."""
    coarse = rng.normal(1.0, 0.13, (max(3, height // 16), max(3, width // 16))).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)[..., None]


def film(colours: Image, rng: Generator) -> Image:
    """Bright streaks where the folds of a film mirror the lamps."""
    height, width = colours.shape[:2]
    streaks = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(0, 7))):
        start = rng.uniform(0, 1, 2) * (width, height)
        end = start + rng.normal(0, 0.22, 2) * (width, height)
        strength, thickness = float(rng.uniform(30, 130)), int(rng.integers(1, 5))
        cv2.line(streaks, start.astype(int).tolist(), end.astype(int).tolist(), strength, thickness)
    shine = cv2.GaussianBlur(streaks, (0, 0), float(rng.uniform(1, 4)))
    return np.clip(colours + shine[..., None], 0, 255).astype(np.uint8)


def window(colours: Image, rng: Generator, content: Colour) -> None:
    """A see-through part of a bag with its grains behind it."""
    height, width = colours.shape[:2]
    tall = int(height * rng.uniform(0.25, 0.45))
    grains = rng.normal(0, 40, (max(2, tall // 4), max(2, width // 4), 1)) + np.array(content, np.float64)
    view = cv2.resize(np.clip(grains, 0, 255).astype(np.uint8), (width, tall), interpolation=cv2.INTER_CUBIC)
    at = 0 if rng.random() < 0.6 else height - tall
    colours[at : at + tall] = view


def put_cap(colours: Image, rows: int, colour: Colour) -> None:
    """Paint a ribbed cap over the first rows."""
    colours[:rows] = colour
    colours[:rows, ::4] = darker(colour, 0.8)
    colours[max(0, rows - 2) : rows] = darker(colour, 0.65)


def polygon(width: int, height: int, outline: list[tuple[int, int]]) -> Image:
    """Return the mask of an outline."""
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.array(outline, np.int32)], 255)
    return mask


def times(colours: Image, factor: Floats) -> Image:
    """Multiply colours (h, w, 3) by a factor that broadcasts."""
    return np.clip(colours.astype(np.float32) * factor, 0, 255).astype(np.uint8)


def darker(colour: Colour, factor: float) -> Colour:
    """Return a colour times a factor."""
    return int(colour[0] * factor), int(colour[1] * factor), int(colour[2] * factor)


def blend(one: Colour, other: Colour, share: float) -> Colour:
    """Mix two colours; ``share`` is of the other."""
    r, g, b = (int(a * (1 - share) + c * share) for a, c in zip(one, other, strict=True))
    return r, g, b
