"""Outlines and materials of packs: how a printed face wraps a bottle, a bag, a tray."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.synthetic.artwork import Image, print_face
from training.synthetic.designs import PackDesign, PackShape
from training.synthetic.names import Colour, jitter_colour
from training.synthetic.seeds import stream

Floats = NDArray[np.float32]
Canvas = tuple[Image, Image]  # colours (h, w, 3) and mask (h, w)


def cut_out(design: PackDesign, width: int, height: int, photo: Image | None) -> Image:
    """Draw a pack as an RGBA picture, (height, width, 4); the mask touches all four sides."""
    rng = stream(design.family_seed, "shape")
    colours, mask = _SHAPES[design.shape](design, width, height, photo, rng)
    return np.dstack([colours, mask])


def _box(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Canvas:
    face = print_face(design, width, height, photo)
    ramp = np.linspace(rng.uniform(0.9, 1.05), rng.uniform(0.85, 1.0), width, dtype=np.float32)
    face = _times(face, ramp[None, :, None])
    cv2.rectangle(face, (0, 0), (width - 1, height - 1), _darker(design.base, 0.75), 1)
    if rng.random() < 0.3:
        face[: max(2, height // 30)] = _darker(design.base, 0.85)
    return face, np.full((height, width), 255, np.uint8)


def _gable(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Canvas:
    roof = int(height * rng.uniform(0.14, 0.22))
    colours = np.empty((height, width, 3), np.uint8)
    colours[:roof] = _darker(design.base, 0.9)
    colours[roof:] = print_face(design, width, height - roof, photo)
    cv2.line(colours, (0, roof), (width, roof), _darker(design.base, 0.7), 1)
    inset = int(width * 0.1)
    crest = int(roof * 0.3)
    outline = [
        (inset, 0),
        (width - inset, 0),
        (width - inset, crest),
        (width - 1, roof),
        (width - 1, height),
        (0, height),
        (0, roof),
        (inset, crest),
    ]
    colours[:crest] = design.base
    if rng.random() < 0.75:
        centre = (width // 2, int(roof * 0.62))
        cv2.ellipse(
            colours,
            centre,
            (int(width * 0.2), max(2, int(roof * 0.32))),
            0,
            0,
            360,
            _darker(design.cap, 0.7),
            -1,
            cv2.LINE_AA,
        )
        cv2.ellipse(
            colours,
            (centre[0], centre[1] - roof // 9),
            (int(width * 0.19), max(2, int(roof * 0.28))),
            0,
            0,
            360,
            design.cap,
            -1,
            cv2.LINE_AA,
        )
    return colours, _polygon(width, height, outline)


def _bottle(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Canvas:
    cap, neck = rng.uniform(0.05, 0.1), rng.uniform(0.14, 0.42)
    neck_width, waist = rng.uniform(0.26, 0.5), rng.uniform(0.86, 1.0)
    stops = np.array([0, cap, cap + 0.01, neck * 0.55, neck, (1 + neck) / 2, 0.97, 1.0])
    halves = np.array(
        [0.95, 1.0, 0.9, 1.0 + 0.15, 1 / neck_width, waist / neck_width, 1 / neck_width, 0.94 / neck_width]
    )
    profile = np.interp(np.linspace(0, 1, height), stops, halves * neck_width).astype(np.float32)
    colours = np.empty((height, width, 3), np.uint8)
    colours[:] = design.body
    fill_line = int(height * neck * rng.uniform(0.4, 0.8))
    colours[:fill_line] = _blend(design.body, (215, 215, 210), rng.uniform(0, 0.6))
    top, bottom = int(height * (neck + rng.uniform(0.02, 0.15))), int(height * rng.uniform(0.84, 0.97))
    if rng.random() < 0.12:
        top = int(height * neck * 0.6)
    colours[top:bottom] = print_face(design, width, bottom - top, photo)
    if rng.random() < 0.3:
        collar = int(height * neck * 0.6)
        colours[collar : collar + max(3, height // 18)] = design.accent
    _cap(colours, int(height * cap), design.cap)
    return _rounded(colours, profile, rng)


def _jug(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Canvas:
    cap = rng.uniform(0.09, 0.17)
    stops = np.array([0, cap, cap + 0.01, cap + rng.uniform(0.08, 0.2), 0.96, 1.0])
    profile = np.interp(np.linspace(0, 1, height), stops, [0.4, 0.44, 0.5, 1.0, 1.0, 0.94]).astype(np.float32)
    colours = np.empty((height, width, 3), np.uint8)
    colours[:] = design.base
    top, bottom = int(height * (cap + 0.22)), int(height * 0.93)
    inset = int(width * 0.07)
    colours[top:bottom, inset : width - inset] = print_face(design, width - 2 * inset, bottom - top, photo)
    _cap(colours, int(height * cap), design.cap)
    return _rounded(colours, profile, rng, depth=0.3)


def _can(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Canvas:
    rim = max(2, int(height * 0.035))
    stops = np.array([0, 0.03, 0.09, 0.93, 1.0])
    profile = np.interp(np.linspace(0, 1, height), stops, [0.84, 0.86, 1.0, 1.0, 0.84]).astype(np.float32)
    colours = print_face(design, width, height, photo)
    colours[:rim] = (205, 205, 210)
    colours[-rim:] = (170, 170, 175)
    return _rounded(colours, profile, rng, shine=0.35)


def _tin(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Canvas:
    rim = max(2, int(height * rng.uniform(0.03, 0.09)))
    colours = np.empty((height, width, 3), np.uint8)
    colours[:] = (195, 195, 190)
    colours[rim:-rim] = print_face(design, width, height - 2 * rim, photo)
    profile = np.ones(height, np.float32)
    profile[rim : rim + 2] = profile[-rim - 2 : -rim] = 0.975
    return _rounded(colours, profile, rng, shine=0.25)


def _jar(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Canvas:
    lid = rng.uniform(0.12, 0.28)
    stops = np.array([0, lid, lid + 0.01, lid + 0.1, 0.94, 1.0])
    profile = np.interp(np.linspace(0, 1, height), stops, [0.9, 0.92, 0.84, 1.0, 1.0, 0.9]).astype(np.float32)
    colours = np.empty((height, width, 3), np.uint8)
    colours[:] = design.body
    top, bottom = int(height * (lid + rng.uniform(0.08, 0.2))), int(height * rng.uniform(0.85, 0.96))
    colours[top:bottom] = print_face(design, width, bottom - top, photo)
    _cap(colours, int(height * lid), design.cap)
    return _rounded(colours, profile, rng)


def _cup(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Canvas:
    lid = max(2, int(height * rng.uniform(0.04, 0.12)))
    colours = print_face(design, width, height, photo)
    colours[:lid] = _blend(design.cap, (235, 235, 235), 0.5)
    profile = np.linspace(0.98, rng.uniform(0.7, 0.86), height, dtype=np.float32)
    profile[:lid] = 1.0
    return _rounded(colours, profile, rng)


def _tube(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Canvas:
    cap = int(height * rng.uniform(0.1, 0.2))
    colours = print_face(design, width, height, photo)
    colours[-cap:] = design.cap
    stops = np.array([0, 0.06, 1 - cap / height, 1 - cap / height + 0.01, 1.0])
    profile = np.interp(np.linspace(0, 1, height), stops, [1.0, 1.0, 0.86, 0.72, 0.76]).astype(np.float32)
    colours[: max(2, height // 22)] = _darker(design.base, 0.85)
    return _rounded(colours, profile, rng, depth=0.3)


def _bag(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Canvas:
    colours = print_face(design, width, height, photo)
    if rng.random() < 0.35:
        _window(colours, rng, design.picture)
    y = np.linspace(0, 1, height)
    bulge = 0.94 + 0.06 * np.sin(np.pi * y) ** 0.6
    wobble = cv2.GaussianBlur(rng.normal(0, 1, (height, 1)).astype(np.float32), (1, 31), 8).ravel() * 0.05
    profile = np.clip(bulge + wobble, 0.8, 1.0).astype(np.float32)
    profile[: height // 12] = 0.99
    crimp = max(3, height // 18)
    colours[:crimp] = _darker(design.base, 0.9)
    colours[:crimp:3] = _darker(design.base, 0.75)
    colours = _film(_times(colours, _crumple(rng, width, height)), rng)
    return _rounded(colours, profile / profile.max(), rng, depth=0.35)


def _tray(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Canvas:
    colours = np.empty((height, width, 3), np.uint8)
    colours[:] = design.body
    for _ in range(int(rng.integers(6, 20))):
        centre = (int(rng.uniform(0, width)), int(height * rng.uniform(0.1, 0.55)))
        radius = max(2, int(height * rng.uniform(0.1, 0.3)))
        cv2.circle(colours, centre, radius, jitter_colour(rng, design.picture, 30), -1, cv2.LINE_AA)
    label = max(6, int(width * rng.uniform(0.35, 0.7)))
    left = (width - label) // 2
    tall = max(6, int(height * rng.uniform(0.4, 0.75)))
    colours[:tall, left : left + label] = print_face(design, label, tall, photo)
    edge = int(height * rng.uniform(0.6, 0.8))
    colours[max(edge, tall) :] = _darker(design.body, 0.8)
    for _ in range(3):
        x = int(rng.uniform(0, width))
        cv2.line(colours, (x, 0), (x + width // 6, height // 2), (245, 245, 245), 1, cv2.LINE_AA)
    inset = int(width * rng.uniform(0.02, 0.1))
    return colours, _polygon(width, height, [(0, 0), (width - 1, 0), (width - 1 - inset, height), (inset, height)])


def _fruit(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Canvas:
    del photo
    colours = np.empty((height, width, 3), np.uint8)
    colours[:] = design.picture
    for x in range(0, width, max(3, width // 8)) if rng.random() < 0.4 else ():
        cv2.line(colours, (x, 0), (x, height), _darker(design.picture, 0.75), max(1, width // 30))
    speckle = rng.normal(1, 0.06, (height, width, 1)).astype(np.float32)
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    far = np.hypot((xx - width * 0.4) / width, (yy - height * 0.35) / height)
    colours = _times(colours, (1.2 - 0.9 * far)[..., None] * speckle)
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width // 2, height // 2), (width // 2, height // 2), 0, 0, 360, 255, -1, cv2.LINE_AA)
    return colours, mask


_Shape = Callable[[PackDesign, int, int, Image | None, Generator], Canvas]
_SHAPES: dict[PackShape, _Shape] = {
    PackShape.BOX: _box,
    PackShape.GABLE: _gable,
    PackShape.BOTTLE: _bottle,
    PackShape.CAN: _can,
    PackShape.TIN: _tin,
    PackShape.JAR: _jar,
    PackShape.BAG: _bag,
    PackShape.CUP: _cup,
    PackShape.TUBE: _tube,
    PackShape.TRAY: _tray,
    PackShape.JUG: _jug,
    PackShape.FRUIT: _fruit,
}


def _rounded(colours: Image, profile: Floats, rng: Generator, depth: float = 0.5, shine: float = 0.2) -> Canvas:
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


def _crumple(rng: Generator, width: int, height: int) -> Floats:
    coarse = rng.normal(1.0, 0.16, (max(3, height // 22), max(3, width // 22))).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)[..., None]


def _film(colours: Image, rng: Generator) -> Image:
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


def _window(colours: Image, rng: Generator, content: Colour) -> None:
    """A see-through part of a bag with its grains behind it."""
    height, width = colours.shape[:2]
    tall = int(height * rng.uniform(0.25, 0.45))
    grains = rng.normal(0, 40, (max(2, tall // 4), max(2, width // 4), 1)) + np.array(content, np.float64)
    view = cv2.resize(np.clip(grains, 0, 255).astype(np.uint8), (width, tall), interpolation=cv2.INTER_CUBIC)
    at = 0 if rng.random() < 0.6 else height - tall
    colours[at : at + tall] = view


def _cap(colours: Image, rows: int, colour: Colour) -> None:
    colours[:rows] = colour
    colours[:rows, ::4] = _darker(colour, 0.8)
    colours[max(0, rows - 2) : rows] = _darker(colour, 0.65)


def _polygon(width: int, height: int, outline: list[tuple[int, int]]) -> Image:
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.array(outline, np.int32)], 255)
    return mask


def _times(colours: Image, factor: Floats) -> Image:
    return np.clip(colours.astype(np.float32) * factor, 0, 255).astype(np.uint8)


def _darker(colour: Colour, factor: float) -> Colour:
    return int(colour[0] * factor), int(colour[1] * factor), int(colour[2] * factor)


def _blend(one: Colour, other: Colour, share: float) -> Colour:
    r, g, b = (int(a * (1 - share) + c * share) for a, c in zip(one, other, strict=True))
    return r, g, b
