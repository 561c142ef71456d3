"""Drawn things that fridges hold beside printed packs: food boxes, egg boxes, greens, squashes, bottle ends."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.synthetic.artwork import Image
from training.synthetic.names import Colour, jitter_colour

Floats = NDArray[np.float32]
Drawn = tuple[Image, float]  # RGBA (h, w, 4) and the height in cm
_PX_PER_CM = 14
_PRODUCE: tuple[Colour, ...] = (
    (38, 62, 34), (70, 110, 40), (140, 170, 60), (215, 120, 30), (225, 170, 60), (190, 40, 35), (120, 30, 60),
    (235, 215, 150), (170, 130, 80), (110, 75, 45), (90, 60, 90), (240, 235, 220),
)  # fmt: skip
_CARDBOARD: tuple[Colour, ...] = ((150, 145, 138), (190, 185, 175), (160, 130, 100), (150, 170, 185), (190, 150, 150))
_PLASTIC: tuple[Colour, ...] = (
    (30, 70, 150), (200, 40, 40), (60, 140, 80), (235, 190, 40), (225, 228, 230), (40, 40, 45), (120, 190, 200),
    (205, 215, 220), (240, 240, 240), (230, 130, 160),
)  # fmt: skip
_LABELS: tuple[Colour, ...] = (
    (245, 245, 240), (200, 30, 35), (30, 60, 140), (250, 205, 40), (40, 110, 60), (90, 50, 30), (30, 30, 35),
    (235, 120, 30), (225, 90, 130), (130, 190, 215),
)  # fmt: skip


def _lump(rng: Generator) -> Drawn:
    """Fruit, vegetables, loaves and cheeses: a dented ball, ribbed or not, with a stem or not."""
    tall = float(rng.uniform(5, 16))
    width, height = int(tall * _PX_PER_CM * rng.uniform(0.7, 1.7)), int(tall * _PX_PER_CM)
    xx, yy = _plane(width, height)
    turn, far = np.arctan2(yy, xx), np.hypot(xx, yy)
    edge = np.full_like(turn, 0.86)
    for wave in (1, 2, 3, 5):
        edge += np.float32(rng.normal(0, 0.05 / wave)) * np.cos(wave * turn + float(rng.uniform(0, 6)))
    ribs = int(rng.integers(6, 13)) if rng.random() < 0.4 else 0
    depth = np.sqrt(np.clip(1 - (far / edge) ** 2, 0, 1))
    across = np.arctan2(xx, depth + 0.05)
    if ribs:
        edge += 0.03 * np.cos(ribs * turn)
    inside = far < edge
    light = 0.42 + 0.75 * np.clip(-0.75 * yy / edge + 0.3 * xx * float(rng.choice([-1, 1])) + 0.6 * depth, 0, 1)
    if ribs:
        light *= 0.84 + 0.16 * np.abs(np.cos(ribs * across / 2))
    base = _produce(rng, xx, yy)
    glint = np.exp(-((xx + 0.2) ** 2 + (yy + 0.45) ** 2) * float(rng.uniform(15, 60))) * float(rng.uniform(0, 110))
    colours = base * (light * _mottle(rng, width, height, 0.1))[..., None] + glint[..., None]
    picture = _picture(colours, inside)
    if rng.random() < 0.4:
        cv2.line(picture, (width // 2, height // 7), (int(width * rng.uniform(0.45, 0.58)), 1),
                 (*jitter_colour(rng, (110, 95, 55), 20), 255), max(2, width // 16), cv2.LINE_AA)  # fmt: skip
    return _cropped(picture, tall)


def _produce(rng: Generator, xx: Floats, yy: Floats) -> Floats:
    """A skin that changes from one colour to another across the piece, (h, w, 3)."""
    first = np.array(jitter_colour(rng, _PRODUCE[int(rng.integers(len(_PRODUCE)))], 18), np.float32)
    second = first * float(rng.uniform(0.7, 1.2))
    if rng.random() < 0.3:
        second = np.array(_PRODUCE[int(rng.integers(len(_PRODUCE)))], np.float32)
    turn = float(rng.uniform(0, 6.3))
    share = 1 / (1 + np.exp(-4 * (xx * np.cos(turn) + yy * np.sin(turn) + float(rng.uniform(-0.8, 0.8)))))
    return np.asarray(first * share[..., None] + second * (1 - share[..., None]), np.float32)


def _egg_box(rng: Generator) -> Drawn:
    """Moulded cardboard: a lid over a row of cups."""
    tall, wide = float(rng.uniform(5.5, 8)), float(rng.uniform(13, 27))
    width, height = int(wide * _PX_PER_CM), int(tall * _PX_PER_CM)
    cups = max(2, round(wide / 5))
    seam = int(height * rng.uniform(0.42, 0.6))
    base = np.array(jitter_colour(rng, _CARDBOARD[int(rng.integers(len(_CARDBOARD)))], 15), np.float32)
    columns = np.abs(np.sin(np.linspace(0, np.pi * cups, width, dtype=np.float32)))
    light = np.ones((height, width), np.float32)
    light[:seam] = np.linspace(1.12, 0.95, seam)[:, None] * (0.93 + 0.07 * columns[None])
    light[seam:] = np.linspace(0.85, 0.6, height - seam)[:, None] * (0.62 + 0.38 * columns[None])
    light[seam - 2 : seam + 2] *= 0.7
    colours = base * (light * _mottle(rng, width, height, 0.07))[..., None]
    inset, slope = int(width * 0.06), int(width * 0.04)
    mask = np.zeros((height, width), np.uint8)
    lid = [(inset, 0), (width - inset, 0), (width - 1, seam), (0, seam)]
    cv2.fillPoly(mask, [np.array(lid, np.int32)], 1)
    cv2.fillPoly(mask, [np.array([(0, seam), (width, seam), (width - slope, height), (slope, height)], np.int32)], 1)
    picture = _picture(colours, mask > 0)
    if rng.random() < 0.5:
        label = jitter_colour(rng, _LABELS[int(rng.integers(len(_LABELS)))], 20)
        left, right = int(width * rng.uniform(0.1, 0.35)), int(width * rng.uniform(0.6, 0.9))
        picture[height // 10 : int(seam * 0.9), left:right, :3] = label
        _scribble(picture, (left, height // 10, right, int(seam * 0.9)), rng)
    return picture, tall


def _food_box(rng: Generator) -> Drawn:
    """A low plastic tub, clear or coloured, with or without its lid."""
    tall, wide = float(rng.uniform(4, 10)), float(rng.uniform(10, 23))
    width, height = int(wide * _PX_PER_CM), int(tall * _PX_PER_CM)
    body = np.array(jitter_colour(rng, _PLASTIC[int(rng.integers(len(_PLASTIC)))], 20), np.float32)
    xx, yy = _plane(width, height)
    colours = body * (0.95 - 0.2 * xx**2 - 0.18 * yy)[..., None]
    if rng.random() < 0.45:  # clear, with something in it
        food = np.array(_PRODUCE[int(rng.integers(len(_PRODUCE)))], np.float32)
        full = yy > float(rng.uniform(-0.6, 0.3)) + 0.05 * _mottle(rng, width, height, 1.0)
        colours = np.where(full[..., None], food * _mottle(rng, width, height, 0.25)[..., None], colours * 0.5 + 105)
    for x in np.arange(0, width, max(4, width // int(rng.integers(4, 20)))) if rng.random() < 0.5 else ():
        colours[:, int(x) : int(x) + 2] *= 0.85
    rim = max(4, int(height * rng.uniform(0.1, 0.25)))
    lid = body if rng.random() < 0.5 else np.array(_PLASTIC[int(rng.integers(len(_PLASTIC)))], np.float32)
    colours[:rim] = lid * np.linspace(1.15, 0.85, rim)[:, None, None]
    colours[rim : rim + 2] *= 0.6
    slope, inset = int(width * rng.uniform(0.02, 0.12)), int(width * 0.02)
    mask = np.zeros((height, width), np.uint8)
    outline = [(0, 0), (width, 0), (width, rim), (width - inset, rim), (width - slope, height), (slope, height)]
    cv2.fillPoly(mask, [np.array([*outline, (inset, rim), (0, rim)], np.int32)], 1)
    shine = np.exp(-((xx - float(rng.uniform(-0.7, 0.7))) ** 2) * float(rng.uniform(40, 200)))
    picture = _picture(colours + shine[..., None] * float(rng.uniform(0, 90)), mask > 0)
    if rng.random() < 0.35:
        left, right, top = int(width * 0.2), int(width * rng.uniform(0.5, 0.8)), int(rim + (height - rim) * 0.2)
        picture[top : int(height * 0.85), left:right, :3] = _LABELS[int(rng.integers(len(_LABELS)))]
        _scribble(picture, (left, top, right, int(height * 0.85)), rng)
    return picture, tall


def _bottle_end(rng: Generator) -> Drawn:
    """A bottle or jar that lies with its cap towards the camera, or stands seen from far above."""
    wide = float(rng.uniform(5, 10))
    size = int(wide * 2.2 * _PX_PER_CM)
    tall = int(size * rng.uniform(0.75, 1.0))
    colour = jitter_colour(rng, _LABELS[int(rng.integers(len(_LABELS)))], 20)
    picture = np.zeros((tall * 2, size * 2, 4), np.uint8)
    away = rng.normal(0, 0.35, 2) * size / 3 - (0, size * 0.08)
    rings = int(rng.integers(14, 30))
    cap_share = float(rng.uniform(0.35, 0.62))
    for step in np.linspace(0, 1, rings):
        shoulder = 1.0 if step < 0.6 else 1 - (1 - cap_share * 1.1) * ((step - 0.6) / 0.4) ** 1.5
        radius = size / 2.4 * shoulder * (0.8 + 0.2 * step)
        middle = np.array([size, tall]) + away * (1 - step)
        shade = tuple(min(255, int(c * (0.55 + 0.5 * step))) for c in colour)
        _disc(picture, middle, (radius, radius * tall / size), shade)
    cap = jitter_colour(rng, ((245, 245, 245), (30, 30, 32), colour, (200, 30, 35), (40, 110, 60))[rng.integers(5)], 12)
    radius = size / 2.4 * cap_share
    for share, gain in ((1.0, 0.6), (0.93, 0.95), (0.74, 0.8), (0.7, 1.0)):
        shade = tuple(min(255, int(c * gain)) for c in cap)
        _disc(picture, np.array([size, tall]), (radius * share, radius * share * tall / size), shade)
    glint = np.array([size - radius * 0.3, tall - radius * 0.35])
    _disc(picture, glint, (radius * 0.16, radius * 0.1), tuple(min(255, c + 60) for c in cap))
    return _cropped(picture, wide * tall / size)


def _greens(rng: Generator) -> Drawn:
    """Lettuce, herbs, cabbage: leaves over leaves."""
    tall = float(rng.uniform(9, 18))
    height, width = int(tall * _PX_PER_CM), int(tall * _PX_PER_CM * rng.uniform(0.8, 1.8))
    picture = np.zeros((height, width, 4), np.uint8)
    base = _PRODUCE[int(rng.integers(0, 3))] if rng.random() < 0.85 else (110, 40, 70)
    for layer in np.linspace(1, 0.05, int(rng.integers(30, 60))):
        turn = float(rng.uniform(0, 6.3))
        centre = np.array(
            [width / 2 + np.cos(turn) * width * 0.33 * layer, height / 2 + np.sin(turn) * height * 0.3 * layer]
        )
        axes = (int(height * rng.uniform(0.1, 0.2)), int(height * rng.uniform(0.06, 0.14)))
        gain = float(rng.uniform(0.8, 1.1)) * (1.5 - 0.7 * layer)
        shade = [min(255.0, float(c) * gain) for c in jitter_colour(rng, base, 14)]
        angle, middle = float(rng.uniform(0, 180)), (int(centre[0]), int(centre[1]))
        cv2.ellipse(picture, middle, axes, angle, 0, 360, (*[c * 0.7 for c in shade], 255), -1, cv2.LINE_AA)
        inner = (int(axes[0] * 0.86), int(axes[1] * 0.8))
        cv2.ellipse(picture, middle, inner, angle, 0, 360, (*shade, 255), -1, cv2.LINE_AA)
        vein = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * inner[0]
        ends = [(int(p[0]), int(p[1])) for p in (centre - vein, centre + vein)]
        cv2.line(picture, ends[0], ends[1], (*[min(255, c * 1.25) for c in shade], 255), 1, cv2.LINE_AA)
    return _cropped(picture, tall)


def _wrapped(rng: Generator) -> Drawn:
    """Something in foil, paper or film: rounded, crumpled, glossy."""
    tall, wide = float(rng.uniform(4, 12)), float(rng.uniform(9, 20))
    width, height = int(wide * _PX_PER_CM), int(tall * _PX_PER_CM)
    xx, yy = _plane(width, height)
    colour = ((200, 202, 206), (235, 232, 225), (215, 185, 140), (190, 60, 60), (235, 215, 160))[rng.integers(5)]
    folds = _mottle(rng, width // 4, height // 4, 0.16, (width, height)) * _mottle(rng, width, height, 0.04)
    power = float(rng.uniform(2.2, 6))
    inside = np.abs(xx) ** power + np.abs(yy) ** power < 0.88 + 0.1 * (folds - 1)
    colours = np.array(colour, np.float32) * (folds * (0.95 - 0.3 * np.clip(yy, -0.2, 1)))[..., None]
    picture = _picture(colours, inside)
    if rng.random() < 0.6:
        left, top = int(width * rng.uniform(0.15, 0.4)), int(height * rng.uniform(0.15, 0.4))
        box = (left, top, left + int(width * 0.4), top + int(height * 0.4))
        picture[box[1] : box[3], box[0] : box[2], :3] = _LABELS[int(rng.integers(len(_LABELS)))]
        _scribble(picture, box, rng)
    return _cropped(picture, tall)


def _plane(width: int, height: int) -> tuple[Floats, Floats]:
    yy, xx = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    return xx, yy


def _mottle(rng: Generator, width: int, height: int, strength: float, to: tuple[int, int] | None = None) -> Floats:
    """Blotches of about a centimetre and finer ones, around 1, (height, width)."""
    total = np.ones((to or (width, height))[::-1], np.float32)
    for cell, share in ((14, 0.7), (5, 0.5)):
        grid = rng.normal(0, strength * share, (max(2, height // cell), max(2, width // cell))).astype(np.float32)
        total += cv2.resize(grid, to or (width, height), interpolation=cv2.INTER_CUBIC)
    return total


def _picture(colours: NDArray[np.floating], inside: NDArray[np.bool_]) -> Image:
    alpha = cv2.GaussianBlur(inside.astype(np.uint8) * 255, (0, 0), 0.8)
    return np.dstack([np.clip(colours, 0, 255).astype(np.uint8), alpha])


def _disc(picture: Image, centre: NDArray[np.float64], radii: tuple[float, float], colour: tuple[int, ...]) -> None:
    middle, axes = (int(centre[0]), int(centre[1])), (max(1, int(radii[0])), max(1, int(radii[1])))
    cv2.ellipse(picture, middle, axes, 0, 0, 360, (*colour, 255), -1, cv2.LINE_AA)


def _scribble(picture: Image, box: tuple[int, int, int, int], rng: Generator) -> None:
    """Lines that read as print from afar."""
    left, top, right, bottom = box
    for row in range(top + 3, bottom - 3, max(4, (bottom - top) // 5)):
        start, end = (int(rng.uniform(left + 3, right - 3)) for _ in range(2))
        cv2.line(
            picture, (start, row), (end, row), (*jitter_colour(rng, (60, 60, 60), 60), 255), int(rng.integers(1, 4))
        )


def _cropped(picture: Image, tall: float) -> Drawn:
    """Cut the picture to what it shows; ``tall`` was the height of the thing in cm."""
    rows, columns = np.flatnonzero(picture[..., 3].any(axis=1)), np.flatnonzero(picture[..., 3].any(axis=0))
    return np.ascontiguousarray(picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]), tall


HOUSEHOLD: dict[str, Callable[[Generator], Drawn]] = {
    "lump": _lump,
    "second lump": _lump,
    "egg box": _egg_box,
    "food box": _food_box,
    "second food box": _food_box,
    "bottle end": _bottle_end,
    "greens": _greens,
    "wrapped": _wrapped,
}
ROLLING = frozenset({"lump", "second lump"})
