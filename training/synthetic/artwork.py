"""The printed face of a pack: background, picture, logo, text, band, badges."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from retail.products import VariantKind
from training.synthetic.designs import PackDesign
from training.synthetic.grounds import draw_ground
from training.synthetic.groups import Group
from training.synthetic.names import Colour, jitter_colour
from training.synthetic.pictures import draw_picture
from training.synthetic.seeds import stream

Image = NDArray[np.uint8]
_FONTS = {
    Group.USUAL: (
        cv2.FONT_HERSHEY_DUPLEX,
        cv2.FONT_HERSHEY_TRIPLEX,
        cv2.FONT_HERSHEY_COMPLEX,
        cv2.FONT_HERSHEY_SIMPLEX,
        cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
    ),
    Group.HELD_OUT: (
        cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
        cv2.FONT_HERSHEY_TRIPLEX | cv2.FONT_ITALIC,
        cv2.FONT_HERSHEY_COMPLEX_SMALL,
        cv2.FONT_HERSHEY_DUPLEX | cv2.FONT_ITALIC,
    ),
}


def print_face(design: PackDesign, width: int, height: int, photo: Image | None) -> Image:
    """Draw the label of a design, (height, width, 3); a photo crop replaces the drawn picture where given."""
    family = stream(design.family_seed, "face")
    flavour = stream(design.flavour_seed, "picture")
    face = draw_ground(design.group, family, (width, height), design.base, design.accent)
    if photo is not None:
        _paste_photo(face, photo, family)
    else:
        draw_picture(face, design.group, family, flavour, design.picture)
    _band(face, family, design)
    _logo(face, family, design)
    _small_print(face, family, design)
    _dress(face, design)
    return np.roll(face, round(design.turn * width), axis=1) if design.turn else face


def write(face: Image, text: str, box: tuple[int, int, int, int], colour: Colour, font: int) -> None:
    """Write a text as large as it fits into x, y, width, height, centred."""
    x, y, width, height = box
    (w1, h1), _ = cv2.getTextSize(text, font, 1.0, 1)
    scale = min(width / max(w1, 1), height / max(h1, 1))
    if scale * h1 < 3:
        return
    thickness = max(1, round(scale * 1.6))
    (w, h), _ = cv2.getTextSize(text, font, scale, thickness)
    cv2.putText(face, text, (x + (width - w) // 2, y + (height + h) // 2), font, scale, colour, thickness, cv2.LINE_AA)


def _paste_photo(face: Image, photo: Image, rng: Generator) -> None:
    height, width = face.shape[:2]
    if rng.random() < 0.6:
        face[:] = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA)
        return
    top, tall = int(height * rng.uniform(0.2, 0.4)), int(height * rng.uniform(0.4, 0.6))
    face[top : top + tall] = cv2.resize(photo, (width, len(face[top : top + tall])), interpolation=cv2.INTER_AREA)


def _band(face: Image, rng: Generator, design: PackDesign) -> None:
    height, width = face.shape[:2]
    top, tall = int(height * rng.uniform(0.35, 0.9)), max(4, int(height * rng.uniform(0.07, 0.22)))
    style, font = rng.integers(0, 4), int(rng.choice(_FONTS[design.group]))
    if style < 3:
        left, right = (0, width) if style < 2 else (int(width * 0.12), int(width * 0.88))
        cv2.rectangle(face, (left, top), (right, top + tall), design.band, -1)
        ink: Colour = (255, 255, 255) if sum(design.band) < 420 else (30, 30, 30)
    else:
        ink = design.ink
    write(face, design.flavour, (int(width * 0.1), top + tall // 6, int(width * 0.8), tall * 2 // 3), ink, font)


def _logo(face: Image, rng: Generator, design: PackDesign) -> None:
    height, width = face.shape[:2]
    x, y = int(width * 0.08), int(height * rng.uniform(0.05, 0.25))
    w, h = int(width * 0.84), max(4, int(min(height * 0.28, width * rng.uniform(0.25, 0.6))))
    style, font = rng.integers(0, 5), int(rng.choice(_FONTS[design.group]))
    if style == 0:
        cv2.rectangle(face, (x, y), (x + w, y + h), design.accent, -1)
    elif style == 1:
        cv2.ellipse(face, (x + w // 2, y + h // 2), (w // 2, h // 2), 0, 0, 360, design.accent, -1, cv2.LINE_AA)
    elif style == 2:
        points = np.array([(x, y + h // 5), (x + w, y), (x + w, y + h * 4 // 5), (x, y + h)], np.int32)
        cv2.fillPoly(face, [points], design.accent, cv2.LINE_AA)
    elif style == 3:
        cv2.circle(face, (x + w // 2, y + h // 2), max(2, h // 2), design.accent, -1, cv2.LINE_AA)
    ground = design.accent if style < 3 else design.base
    contrast = abs(sum(ground) - sum(design.ink)) > 200
    ink: Colour = design.ink if contrast else (255, 255, 255) if sum(ground) < 380 else (25, 25, 25)
    write(face, design.brand, (x + w // 14, y + h // 5, w * 6 // 7, h * 3 // 5), ink, font)


def _small_print(face: Image, rng: Generator, design: PackDesign) -> None:
    height, width = face.shape[:2]
    y = int(height * rng.uniform(0.3, 0.6))
    for line in range(int(rng.integers(0, 5))):
        row, length = y + line * max(3, height // 40), int(width * rng.uniform(0.2, 0.6))
        start = int((width - length) / 2)
        cv2.line(face, (start, row), (start + length, row), design.ink, 1)
    write(
        face,
        design.amount,
        (int(width * 0.55), int(height * 0.92), int(width * 0.38), max(5, int(height * 0.05))),
        design.ink,
        cv2.FONT_HERSHEY_DUPLEX,
    )
    if rng.random() < 0.4:
        centre = (int(width * rng.choice([0.2, 0.8])), int(height * rng.uniform(0.3, 0.85)))
        cv2.circle(face, centre, max(2, width // 9), jitter_colour(rng, design.accent, 60), -1, cv2.LINE_AA)


def _dress(face: Image, design: PackDesign) -> None:
    """What a variant adds to the regular face."""
    height, width = face.shape[:2]
    if design.dress is VariantKind.PROMOTION:
        centre, radius = (int(width * 0.74), int(height * 0.2)), max(4, int(width * 0.24))
        cv2.circle(face, centre, radius, (250, 225, 20), -1, cv2.LINE_AA)
        box = (centre[0] - radius * 3 // 4, centre[1] - radius // 2, radius * 3 // 2, radius)
        write(face, "+20%", box, (210, 10, 20), cv2.FONT_HERSHEY_TRIPLEX)
    elif design.dress is VariantKind.SEASONAL:
        cv2.rectangle(face, (0, 0), (width, max(3, height // 9)), (190, 20, 30), -1)
        for x in range(0, width, max(5, width // 6)):
            cv2.circle(face, (x, height // 9), max(2, width // 20), (250, 250, 250), -1, cv2.LINE_AA)
    elif design.dress is VariantKind.REGIONAL:
        face[int(height * 0.86) : int(height * 0.93)] = (20, 80, 170)
        face[int(height * 0.93) :] = (245, 245, 245)
