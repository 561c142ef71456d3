"""Packs with flat faces: boxes, gables, trays, cards on hooks."""

import cv2
import numpy as np
from numpy.random import Generator

from training.synthetic.artwork import print_face
from training.synthetic.designs import PackDesign
from training.synthetic.lettering import Image
from training.synthetic.materials import Body, blend, darker, polygon, times
from training.synthetic.names import jitter_colour


def box(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a box."""
    face = print_face(design, width, height, photo)
    ramp = np.linspace(rng.uniform(0.9, 1.05), rng.uniform(0.85, 1.0), width, dtype=np.float32)
    face = times(face, ramp[None, :, None])
    cv2.rectangle(face, (0, 0), (width - 1, height - 1), darker(design.base, 0.75), 1)
    if rng.random() < 0.3:
        face[: max(2, height // 30)] = darker(design.base, 0.85)
    return face, np.full((height, width), 255, np.uint8)


def gable(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a gable."""
    roof = int(height * rng.uniform(0.14, 0.22))
    colours = np.empty((height, width, 3), np.uint8)
    colours[:roof] = darker(design.base, 0.9)
    colours[roof:] = print_face(design, width, height - roof, photo)
    cv2.line(colours, (0, roof), (width, roof), darker(design.base, 0.7), 1)
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
            darker(design.cap, 0.7),
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
    return colours, polygon(width, height, outline)


def tray(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a tray."""
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
    colours[max(edge, tall) :] = darker(design.body, 0.8)
    for _ in range(3):
        x = int(rng.uniform(0, width))
        cv2.line(colours, (x, 0), (x + width // 6, height // 2), (245, 245, 245), 1, cv2.LINE_AA)
    inset = int(width * rng.uniform(0.02, 0.1))
    return colours, polygon(width, height, [(0, 0), (width - 1, 0), (width - 1 - inset, height), (inset, height)])


def blister(design: PackDesign, width: int, height: int, photo: Image | None, rng: Generator) -> Body:
    """Draw a card with a hole to hang it by and, on most, the thing itself under a clear dome."""
    colours = print_face(design, width, height, photo)
    if rng.random() < 0.75:
        top, side = int(height * rng.uniform(0.35, 0.5)), int(width * rng.uniform(0.08, 0.2))
        bottom = int(height * rng.uniform(0.85, 0.96))
        cv2.rectangle(colours, (side, top), (width - side, bottom), blend(design.base, (215, 220, 225), 0.7), -1)
        for _ in range(int(rng.integers(1, 4))):
            centre = (int(rng.uniform(0.3, 0.7) * width), int(rng.uniform(top + 5, bottom - 5)))
            axes = (max(2, int(width * rng.uniform(0.06, 0.25))), max(2, int((bottom - top) * rng.uniform(0.1, 0.4))))
            thing = jitter_colour(rng, design.picture if rng.random() < 0.6 else (60, 60, 65), 30)
            cv2.ellipse(colours, centre, axes, float(rng.uniform(0, 180)), 0, 360, thing, -1, cv2.LINE_AA)
        cv2.rectangle(colours, (side, top), (width - side, bottom), (235, 240, 245), max(1, width // 60))
        cv2.line(colours, (side + width // 12, top + 4), (side + width // 12, bottom - 4), (250, 250, 250), 2)
    hole = (width // 2, max(3, height // 22))
    cv2.ellipse(colours, hole, (max(2, width // 9), max(1, height // 60)), 0, 0, 360, (60, 60, 62), -1, cv2.LINE_AA)
    cut = int(width * rng.uniform(0.0, 0.12))
    outline = [(cut, 0), (width - 1 - cut, 0), (width - 1, cut), (width - 1, height), (0, height), (0, cut)]
    return colours, polygon(width, height, outline)
