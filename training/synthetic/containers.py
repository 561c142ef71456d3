"""Round packs: bottles, jugs, cans, jars, cups, tubes, sprays."""

import cv2
import numpy as np
from numpy.random import Generator

from training.synthetic.artwork import print_face
from training.synthetic.designs import PackDesign
from training.synthetic.lettering import Image
from training.synthetic.materials import Body, blend, crumple, darker, film, put_cap, rounded, times
from training.synthetic.names import jitter_colour


def bottle(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a bottle."""
    cap, neck = rng.uniform(0.05, 0.13), rng.uniform(0.14, 0.42)
    neck_width, waist = rng.uniform(0.26, 0.5), rng.uniform(0.86, 1.0)
    stops = np.array([0, cap, cap + 0.01, neck * 0.55, neck, (1 + neck) / 2, 0.97, 1.0])
    halves = np.array(
        [0.95, 1.0, 0.9, 1.0 + 0.15, 1 / neck_width, waist / neck_width, 1 / neck_width, 0.94 / neck_width]
    )
    profile = np.interp(np.linspace(0, 1, height), stops, halves * neck_width).astype(np.float32)
    colours = np.empty((height, width, 3), np.uint8)
    colours[:] = design.body
    colours = _seen_through(colours, rng)
    fill_line = int(height * neck * rng.uniform(0.4, 0.8))
    colours[:fill_line] = blend(design.body, (215, 215, 210), rng.uniform(0, 0.6))
    top, bottom = int(height * (neck + rng.uniform(0.02, 0.15))), int(height * rng.uniform(0.84, 0.97))
    if rng.random() < 0.12:
        top = int(height * neck * 0.6)
    colours[top:bottom] = print_face(design, width, bottom - top, photo)
    if rng.random() < 0.3:
        collar = int(height * neck * 0.6)
        colours[collar : collar + max(3, height // 18)] = design.accent
    put_cap(colours, int(height * cap), design.cap)
    return rounded(colours, profile, rng)


def jug(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a jug."""
    cap = rng.uniform(0.09, 0.17)
    stops = np.array([0, cap, cap + 0.01, cap + rng.uniform(0.08, 0.2), 0.96, 1.0])
    profile = np.interp(np.linspace(0, 1, height), stops, [0.4, 0.44, 0.5, 1.0, 1.0, 0.94]).astype(np.float32)
    colours = np.empty((height, width, 3), np.uint8)
    colours[:] = design.base
    top, bottom = int(height * (cap + 0.22)), int(height * 0.93)
    inset = int(width * 0.07)
    colours[top:bottom, inset : width - inset] = print_face(design, width - 2 * inset, bottom - top, photo)
    put_cap(colours, int(height * cap), design.cap)
    return rounded(colours, profile, rng, depth=0.3)


def can(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a can."""
    rim = max(2, int(height * 0.035))
    stops = np.array([0, 0.03, 0.09, 0.93, 1.0])
    profile = np.interp(np.linspace(0, 1, height), stops, [0.84, 0.86, 1.0, 1.0, 0.84]).astype(np.float32)
    colours = print_face(design, width, height, photo)
    colours[:rim] = (205, 205, 210)
    colours[-rim:] = (170, 170, 175)
    return rounded(colours, profile, rng, shine=0.35)


def tin(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a tin."""
    rim = max(2, int(height * rng.uniform(0.03, 0.09)))
    colours = np.empty((height, width, 3), np.uint8)
    colours[:] = (195, 195, 190)
    colours[rim:-rim] = print_face(design, width, height - 2 * rim, photo)
    profile = np.ones(height, np.float32)
    profile[rim : rim + 2] = profile[-rim - 2 : -rim] = 0.975
    return rounded(colours, profile, rng, shine=0.25)


def jar(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a jar."""
    lid = rng.uniform(0.12, 0.28)
    stops = np.array([0, lid, lid + 0.01, lid + 0.1, 0.94, 1.0])
    profile = np.interp(np.linspace(0, 1, height), stops, [0.9, 0.92, 0.84, 1.0, 1.0, 0.9]).astype(np.float32)
    colours = np.empty((height, width, 3), np.uint8)
    colours[:] = design.body
    top, bottom = int(height * (lid + rng.uniform(0.08, 0.2))), int(height * rng.uniform(0.85, 0.96))
    colours[top:bottom] = print_face(design, width, bottom - top, photo)
    put_cap(colours, int(height * lid), design.cap)
    return rounded(colours, profile, rng)


def cup(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a cup."""
    lid = max(2, int(height * rng.uniform(0.04, 0.12)))
    colours = print_face(design, width, height, photo)
    colours[:lid] = blend(design.cap, (235, 235, 235), 0.5)
    profile = np.linspace(0.98, rng.uniform(0.7, 0.86), height, dtype=np.float32)
    profile[:lid] = 1.0
    return rounded(colours, profile, rng)


def tube(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a tube."""
    cap = int(height * rng.uniform(0.1, 0.2))
    colours = print_face(design, width, height, photo)
    colours[-cap:] = design.cap
    stops = np.array([0, 0.06, 1 - cap / height, 1 - cap / height + 0.01, 1.0])
    profile = np.interp(np.linspace(0, 1, height), stops, [1.0, 1.0, 0.86, 0.72, 0.76]).astype(np.float32)
    colours[: max(2, height // 22)] = darker(design.base, 0.85)
    return rounded(colours, profile, rng, depth=0.3)


def fruit(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a fruit."""
    del photo
    colours = np.empty((height, width, 3), np.uint8)
    colours[:] = design.picture
    for x in range(0, width, max(3, width // 8)) if rng.random() < 0.4 else ():
        cv2.line(colours, (x, 0), (x, height), darker(design.picture, 0.75), max(1, width // 30))
    speckle = rng.normal(1, 0.06, (height, width, 1)).astype(np.float32)
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    far = np.hypot((xx - width * 0.4) / width, (yy - height * 0.35) / height)
    colours = times(colours, (1.2 - 0.9 * far)[..., None] * speckle)
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width // 2, height // 2), (width // 2, height // 2), 0, 0, 360, 255, -1, cv2.LINE_AA)
    return colours, mask


def _seen_through(colours: Image, rng: Generator) -> Image:
    """Clear liquids are bright in the middle and dark towards the sides; others are even."""
    if rng.random() < 0.5:
        return colours
    across = np.linspace(-1, 1, colours.shape[1], dtype=np.float32)
    glow = float(rng.uniform(0.5, 0.8)) + float(rng.uniform(0.3, 0.8)) * np.exp(-((across * 2) ** 2))
    return times(colours, glow.astype(np.float32)[None, :, None])


def canister(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a stack of round things, or a roll, in clear film with a label around its middle."""
    colours = np.empty((height, width, 3), np.uint8)
    colours[:] = jitter_colour(rng, design.picture, 10)
    layers = np.sin(np.arange(height) / height * np.pi * float(rng.uniform(8, 26)))
    colours = times(colours, (0.9 + 0.12 * layers.astype(np.float32))[:, None, None] * crumple(rng, width, height))
    top, bottom = int(height * rng.uniform(0.12, 0.4)), int(height * rng.uniform(0.7, 0.97))
    colours[top:bottom] = print_face(design, width, bottom - top, photo)
    return rounded(film(colours, rng), np.ones(height, np.float32), rng, shine=0.3)


def spray(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a bottle with a trigger."""
    head = int(height * rng.uniform(0.17, 0.26))
    colours, mask = _necked(design, width, height, head, photo, rng)
    lever = blend(design.cap, (30, 30, 30), 0.35)
    side = 1 if rng.random() < 0.5 else -1
    middle = width // 2

    def part(points: list[tuple[float, float]], colour: tuple[int, int, int]) -> None:
        outline = np.array([(middle + side * x * width, y * head) for x, y in points], np.int32)
        cv2.fillPoly(colours, [outline], colour, cv2.LINE_AA)
        cv2.fillPoly(mask, [outline], 255)

    part([(-0.35, 0.05), (0.45, 0.0), (0.48, 0.28), (0.15, 0.5), (0.12, 1.0), (-0.12, 1.0), (-0.2, 0.6)], design.cap)
    part([(0.2, 0.3), (0.32, 0.3), (0.42, 0.95), (0.34, 1.0)], lever)
    return colours, mask


def pump(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a bottle of soap with a pump."""
    head = int(height * rng.uniform(0.16, 0.26))
    colours, mask = _necked(design, width, height, head, photo, rng)
    stem, middle, side = max(1, width // 14), width // 2, 1 if rng.random() < 0.5 else -1
    boxes = (
        (middle - stem, head // 6, middle + stem, head),
        (min(middle, middle + side * width * 2 // 5), 0, max(middle, middle + side * width * 2 // 5), head // 4),
        (middle - width // 6, head * 3 // 5, middle + width // 6, head),
    )
    for x1, y1, x2, y2 in boxes:
        cv2.rectangle(colours, (x1, y1), (x2, y2), design.cap, -1)
        cv2.rectangle(mask, (x1, y1), (x2, y2), 255, -1)
    return colours, mask


def _necked(design: PackDesign, width: int, height: int, head: int, photo: Image | None, rng: Generator) -> Body:
    """Draw the body below a head, which is left empty."""
    colours = np.empty((height, width, 3), np.uint8)
    colours[:] = design.body if rng.random() < 0.4 else design.base
    colours = _seen_through(colours, rng)
    top, bottom = int(head + (height - head) * 0.22), int(height * 0.95)
    colours[top:bottom] = print_face(design, width, bottom - top, photo)
    share = head / height
    stops = np.array([0, share, share + 0.02, share + rng.uniform(0.08, 0.2), 0.6, 0.97, 1.0])
    halves = [0.02, 0.02, 0.35, 1.0, rng.uniform(0.85, 1.0), 1.0, 0.93]
    profile = np.interp(np.linspace(0, 1, height), stops, halves).astype(np.float32)
    colours, mask = rounded(colours, profile, rng, depth=0.4)
    mask[:head] = 0
    return colours, mask
