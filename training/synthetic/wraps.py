"""Soft packs: bags, clear film, multipacks."""

import cv2
import numpy as np
from numpy.random import Generator

from training.synthetic.artwork import print_face
from training.synthetic.designs import PackDesign
from training.synthetic.lettering import Image
from training.synthetic.materials import Body, blend, crumple, darker, film, rounded, times, window


def bag(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a bag."""
    colours = print_face(design, width, height, photo)
    if rng.random() < 0.25:
        window(colours, rng, design.picture)
    colours[: max(3, height // 18)] = darker(design.base, 0.9)
    return _filled(colours, rng)


def clear_bag(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a printed bag whose upper part shows what is in it, under an empty, crinkled top."""
    top, full = int(height * rng.uniform(0.3, 0.55)), int(height * rng.uniform(0.1, 0.25))
    colours = np.empty((height, width, 3), np.uint8)
    colours[:full] = blend(design.picture, (215, 215, 210), 0.75)
    grains = rng.normal(0, 38, (max(2, height // 7), max(2, width // 7), 1)) + np.array(design.picture, np.float64)
    content = np.clip(grains, 0, 255).astype(np.uint8)
    colours[full:] = cv2.resize(content, (width, height - full), interpolation=cv2.INTER_CUBIC)
    colours[top:] = print_face(design, width, height - top, photo)
    return _filled(colours, rng)


def multipack(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a few packs side by side in shrink film."""
    across = int(rng.integers(2, 5))
    one = print_face(design, max(6, width // across), height, photo)
    shade = np.sin(np.linspace(0.25, np.pi - 0.25, one.shape[1])).astype(np.float32) * 0.45 + 0.6
    row = np.tile(times(one, shade[None, :, None]), (1, across, 1))
    colours = cv2.resize(row, (width, height), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.6:
        top, tall = int(height * rng.uniform(0.3, 0.6)), max(6, int(height * rng.uniform(0.2, 0.4)))
        colours[top : top + tall] = print_face(design, width, len(colours[top : top + tall]), None)
    return film(film(colours, rng), rng), np.full((height, width), 255, np.uint8)


def _filled(colours: Image, rng: Generator) -> Body:
    """Fold, crimp and bulge a flat print."""
    height, width = colours.shape[:2]
    y = np.linspace(0, 1, height)
    bulge = 0.94 + 0.06 * np.sin(np.pi * y) ** 0.6
    wobble = cv2.GaussianBlur(rng.normal(0, 1, (height, 1)).astype(np.float32), (1, 31), 8).ravel() * 0.05
    profile = np.clip(bulge + wobble, 0.8, 1.0).astype(np.float32)
    profile[: height // 12] = 0.99
    colours[: max(3, height // 18) : 3] //= 2
    colours = film(times(colours, crumple(rng, width, height)), rng)
    return rounded(colours, profile / profile.max(), rng, depth=0.35)
