"""Drawn pictures on packs: food mostly, and what brands like to show beside it."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

from training.synthetic.groups import Group
from training.synthetic.lettering import Image
from training.synthetic.names import Colour, jitter_colour

Picture = Callable[[Image, Generator, Colour, int], None]


def draw_picture(face: Image, group: Group, family: Generator, flavour: Generator, colour: Colour) -> None:
    """Draw a picture that siblings share, in the colour of one flavour, into a face (h, w, 3)."""
    cy = int(len(face) * family.uniform(0.45, 0.8))
    pictures = _PICTURES[group]
    pictures[int(family.integers(len(pictures)))](face, flavour, colour, cy)


def set_in(face: Image, photo: Image, rng: Generator) -> None:
    """Set a photo crop into a face (h, w, 3): as a window, an oval, or its lower part."""
    height, width = face.shape[:2]
    top, tall = int(height * rng.uniform(0.2, 0.45)), int(height * rng.uniform(0.35, 0.6))
    inset = int(width * rng.choice([0, 0, rng.uniform(0.05, 0.2)]))
    part = face[top : top + tall, inset : width - inset]
    size = (part.shape[1], part.shape[0])
    mask = np.full(size[::-1], 255, np.uint8)
    if rng.random() < 0.35:
        mask[:] = 0
        cv2.ellipse(mask, (size[0] // 2, size[1] // 2), (size[0] // 2, size[1] // 2), 0, 0, 360, 255, -1)
    cv2.copyTo(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), mask, part)


def _fruits(face: Image, rng: Generator, colour: Colour, cy: int) -> None:
    height, width = face.shape[:2]
    for _ in range(int(rng.integers(2, 9))):
        radius = max(2, int(width * rng.uniform(0.07, 0.2)))
        centre = (int(width * rng.uniform(0.15, 0.85)), int(cy + height * rng.uniform(-0.1, 0.1)))
        shade = jitter_colour(rng, colour, 25)
        dark: Colour = (int(shade[0] * 0.6), int(shade[1] * 0.6), int(shade[2] * 0.6))
        squeeze = max(1, int(radius * rng.uniform(0.7, 1.1)))
        cv2.ellipse(face, centre, (radius, squeeze), float(rng.uniform(0, 180)), 0, 360, dark, -1, cv2.LINE_AA)
        inner = (centre[0] - radius // 8, centre[1] - radius // 8)
        cv2.circle(face, inner, max(1, int(squeeze * 0.85)), shade, -1, cv2.LINE_AA)
        glint = (centre[0] - radius // 3, centre[1] - radius // 3)
        cv2.circle(face, glint, max(1, radius // 5), (255, 250, 240), -1, cv2.LINE_AA)


def _bowl(face: Image, rng: Generator, colour: Colour, cy: int) -> None:
    width = face.shape[1]
    rx, ry = int(width * 0.36), max(2, int(width * rng.uniform(0.14, 0.34)))
    cv2.ellipse(face, (width // 2, cy + ry // 4), (rx, ry), 0, 0, 360, (235, 235, 230), -1, cv2.LINE_AA)
    for _ in range(60):
        turn, far = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform(0, 0.75))
        point = (int(width / 2 + rx * far * np.cos(turn)), int(cy + ry * far * np.sin(turn)))
        cv2.circle(face, point, max(1, width // 22), jitter_colour(rng, colour, 40), -1, cv2.LINE_AA)


def _glassful(face: Image, rng: Generator, colour: Colour, cy: int) -> None:
    """A glass of something, with a slice beside it."""
    height, width = face.shape[:2]
    x, w, h = int(width * rng.uniform(0.3, 0.6)), int(width * rng.uniform(0.14, 0.24)), height // 6
    glass = np.array([(x - w, cy - h), (x + w, cy - h), (x + w * 3 // 4, cy + h), (x - w * 3 // 4, cy + h)], np.int32)
    cv2.fillPoly(face, [glass], (225, 232, 236), cv2.LINE_AA)
    level = int(h * rng.uniform(-0.8, -0.3))
    drink = np.array([(x - w + 2, cy + level), (x + w - 2, cy + level), *glass[2:]], np.int32)
    cv2.fillPoly(face, [drink], jitter_colour(rng, colour, 15), cv2.LINE_AA)
    cv2.line(face, (x - w * 2 // 3, cy - h * 3 // 4), (x - w // 2, cy + h // 2), (250, 250, 250), max(1, w // 8))
    cv2.circle(face, (x + w, cy + h * 2 // 3), max(2, w * 2 // 3), jitter_colour(rng, colour, 30), -1, cv2.LINE_AA)


def _swash(face: Image, rng: Generator, colour: Colour, cy: int) -> None:
    """Sweeping curves, as on things that are not eaten."""
    height, width = face.shape[:2]
    for _ in range(int(rng.integers(2, 6))):
        centre = (int(width * rng.uniform(-0.2, 1.2)), int(cy + height * rng.uniform(-0.2, 0.2)))
        axes = (int(width * rng.uniform(0.3, 0.9)), int(height * rng.uniform(0.05, 0.25)))
        start, thick = float(rng.uniform(0, 360)), max(1, int(width * rng.uniform(0.02, 0.12)))
        shade = jitter_colour(rng, colour, 45)
        cv2.ellipse(face, centre, axes, float(rng.uniform(0, 180)), start, start + 150, shade, thick, cv2.LINE_AA)


def _leaves(face: Image, rng: Generator, colour: Colour, cy: int) -> None:
    height, width = face.shape[:2]
    for _ in range(int(rng.integers(3, 10))):
        centre = (int(width * rng.uniform(0.1, 0.9)), int(cy + height * rng.uniform(-0.14, 0.14)))
        axes = (max(2, int(width * rng.uniform(0.08, 0.22))), max(1, int(width * rng.uniform(0.03, 0.07))))
        cv2.ellipse(
            face, centre, axes, float(rng.uniform(0, 180)), 0, 360, jitter_colour(rng, colour, 35), -1, cv2.LINE_AA
        )


def _grain(face: Image, rng: Generator, colour: Colour, cy: int) -> None:
    """A photographic-looking patch of food."""
    height, width = face.shape[:2]
    top, bottom = max(0, cy - height // 7), min(height, cy + height // 5)
    coarse = rng.normal(0, 45, (max(2, (bottom - top) // 5), max(2, width // 5), 1)) + np.array(colour, np.float64)
    patch = cv2.resize(np.clip(coarse, 0, 255).astype(np.uint8), (width, bottom - top), interpolation=cv2.INTER_CUBIC)
    mask = np.zeros(patch.shape[:2], np.uint8)
    cv2.ellipse(mask, (width // 2, len(mask) // 2), (int(width * 0.46), len(mask) // 2), 0, 0, 360, 255, -1)
    cv2.copyTo(patch, mask, face[top:bottom])


def _mountains(face: Image, rng: Generator, colour: Colour, cy: int) -> None:
    """A sun behind a ridge."""
    height, width = face.shape[:2]
    sun = (int(width * rng.uniform(0.25, 0.75)), int(cy - height * 0.08))
    cv2.circle(face, sun, max(2, width // 7), jitter_colour(rng, (250, 200, 90), 25), -1, cv2.LINE_AA)
    xs = np.linspace(0, width, 7).astype(int)
    for depth in range(2):
        ridge = [(int(x), int(cy + height * (0.05 * depth + rng.uniform(-0.09, 0.04)))) for x in xs]
        outline = np.array([*ridge, (width, cy + height // 7), (0, cy + height // 7)], np.int32)
        cv2.fillPoly(face, [outline], jitter_colour(rng, colour, 35), cv2.LINE_AA)


def _rings(face: Image, rng: Generator, colour: Colour, cy: int) -> None:
    """Slices seen from above."""
    height, width = face.shape[:2]
    for _ in range(int(rng.integers(2, 6))):
        radius = max(3, int(width * rng.uniform(0.1, 0.22)))
        centre = (int(width * rng.uniform(0.15, 0.85)), int(cy + height * rng.uniform(-0.1, 0.1)))
        cv2.circle(face, centre, radius, jitter_colour(rng, colour, 20), -1, cv2.LINE_AA)
        cv2.circle(face, centre, radius * 3 // 4, (250, 240, 215), max(1, radius // 8), cv2.LINE_AA)
        for turn in np.arange(0, 2 * np.pi, np.pi / 4):
            end = (int(centre[0] + radius * 0.7 * np.cos(turn)), int(centre[1] + radius * 0.7 * np.sin(turn)))
            cv2.line(face, centre, end, (250, 240, 215), max(1, radius // 12), cv2.LINE_AA)


def _stars(face: Image, rng: Generator, colour: Colour, cy: int) -> None:
    height, width = face.shape[:2]
    turns = np.arange(10) * np.pi / 5
    for _ in range(int(rng.integers(3, 9))):
        size = width * rng.uniform(0.06, 0.2)
        reach = np.where(np.arange(10) % 2, 0.45, 1.0) * size
        centre = np.array([width * rng.uniform(0.1, 0.9), cy + height * rng.uniform(-0.14, 0.14)])
        outline = centre + np.column_stack([np.sin(turns), -np.cos(turns)]) * reach[:, None]
        cv2.fillPoly(face, [outline.astype(np.int32)], jitter_colour(rng, colour, 40), cv2.LINE_AA)


def _creature(face: Image, rng: Generator, colour: Colour, cy: int) -> None:
    """A round mascot with ears and eyes."""
    width = face.shape[1]
    radius, x = max(4, int(width * rng.uniform(0.2, 0.32))), int(width * rng.uniform(0.4, 0.6))
    skin = jitter_colour(rng, colour, 20)
    for side in (-1, 1):
        cv2.circle(face, (x + side * radius * 3 // 4, cy - radius * 3 // 4), radius // 3, skin, -1, cv2.LINE_AA)
    cv2.circle(face, (x, cy), radius, skin, -1, cv2.LINE_AA)
    for side in (-1, 1):
        eye = (x + side * radius // 3, cy - radius // 5)
        cv2.circle(face, eye, max(1, radius // 5), (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(face, eye, max(1, radius // 10), (20, 20, 20), -1, cv2.LINE_AA)
    cv2.ellipse(face, (x, cy + radius // 4), (radius // 2, radius // 4), 0, 0, 180, (60, 20, 20), max(1, radius // 12))


_PICTURES: dict[Group, tuple[Picture, ...]] = {
    Group.USUAL: (_fruits, _bowl, _leaves, _grain, _glassful, _swash),
    Group.HELD_OUT: (_mountains, _rings, _stars, _creature),
}
