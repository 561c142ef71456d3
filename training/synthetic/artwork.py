"""The printed face of a pack: ground, picture, logo, name, claims, badges, small print, gloss."""

import cv2
import numpy as np
from numpy.random import Generator

from retail.products import VariantKind
from training.synthetic.designs import PackDesign
from training.synthetic.grounds import draw_ground
from training.synthetic.groups import Group
from training.synthetic.lettering import Image, small_print, stamp, write
from training.synthetic.names import Colour, jitter_colour
from training.synthetic.pictures import draw_picture, set_in
from training.synthetic.seeds import stream

__all__ = ["Image", "print_face"]

_FONTS = {
    Group.USUAL: (cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_SIMPLEX),
    Group.HELD_OUT: (
        cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
        cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
        cv2.FONT_HERSHEY_COMPLEX_SMALL,
    ),
}
_CLAIMS = (
    "100%",
    "BIO",
    "NEW",
    "XL",
    "0%",
    "extra",
    "soft",
    "VEGAN",
    "PRO",
    "fresh",
    "24h",
    "mini",
    "3 in 1",
    "NATURE",
)


def print_face(design: PackDesign, width: int, height: int, photo: Image | None) -> Image:
    """Draw the label of a design, (height, width, 3); a photo crop replaces the drawn picture where given."""
    family = stream(design.family_seed, "face")
    flavour = stream(design.flavour_seed, "picture")
    face = draw_ground(design.group, family, (width, height), design.base, design.accent)
    if photo is not None and family.random() < 0.6:
        face[:] = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA)
    elif photo is not None:
        set_in(face, photo, family)
    else:
        draw_picture(face, design.group, family, flavour, design.picture)
    _claims(face, family, design)
    _band(face, family, design)
    _logo(face, family, design)
    _badges(face, family, design)
    _foot(face, family, design)
    _dress(face, design)
    _gloss(face, family)
    return np.roll(face, round(design.turn * width), axis=1) if design.turn else face


def _font(rng: Generator, design: PackDesign) -> int:
    return int(rng.choice(_FONTS[design.group]))


def _ink(design: PackDesign, ground: Colour) -> Colour:
    """The brand's ink where it can be read on a ground, otherwise white or black."""
    if abs(sum(ground) - sum(design.ink)) > 200:
        return design.ink
    return (255, 255, 255) if sum(ground) < 380 else (25, 25, 25)


def _logo(face: Image, rng: Generator, design: PackDesign) -> None:
    height, width = face.shape[:2]
    share = float(rng.choice([rng.uniform(0.4, 0.7), rng.uniform(0.75, 1.0)]))
    w, h = int(width * share), max(5, int(min(height * 0.3, width * share * rng.uniform(0.25, 0.6))))
    x = int((width - w) * rng.choice([0.08, 0.5, 0.5, 0.92]))
    y = int(height * rng.uniform(0.02, 0.22))
    style = rng.integers(0, 7)
    plate = design.accent if rng.random() < 0.6 else jitter_colour(rng, design.accent, 90)
    if style == 0:
        cv2.rectangle(face, (x, y), (x + w, y + h), plate, -1)
    elif style == 1:
        cv2.ellipse(face, (x + w // 2, y + h // 2), (w // 2, h // 2), 0, 0, 360, plate, -1, cv2.LINE_AA)
    elif style == 2:
        points = np.array([(x, y + h // 5), (x + w, y), (x + w, y + h * 4 // 5), (x, y + h)], np.int32)
        cv2.fillPoly(face, [points], plate, cv2.LINE_AA)
    elif style == 3:
        cv2.rectangle(face, (0, 0), (width, y + h), plate, -1)
    ground = plate if style < 4 else design.base
    ink = _ink(design, ground)
    edge = None if rng.random() < 0.65 else (255, 255, 255) if sum(ink) < 380 else (30, 30, 40)
    box = (x + w // 16, y + h // 6, w * 7 // 8, h * 2 // 3)
    text = design.brand.upper() if rng.random() < 0.4 else design.brand
    stamp(face, text, box, ink, _font(rng, design), float(rng.choice([0, 0, 0, 0.2])), edge)


def _band(face: Image, rng: Generator, design: PackDesign) -> None:
    """The name of the flavour."""
    height, width = face.shape[:2]
    top, tall = int(height * rng.uniform(0.35, 0.85)), max(4, int(height * rng.uniform(0.06, 0.2)))
    style, font = rng.integers(0, 5), _font(rng, design)
    ink = design.ink
    if style < 3:
        left, right = ((0, width), (0, width), (int(width * 0.12), int(width * 0.88)))[int(style)]
        cv2.rectangle(face, (left, top), (right, top + tall), design.band, -1)
        ink = (255, 255, 255) if sum(design.band) < 420 else (30, 30, 30)
    elif style == 3:
        cv2.rectangle(face, (0, top), (width, height), design.band, -1)
        ink = (255, 255, 255) if sum(design.band) < 420 else (30, 30, 30)
    box = (int(width * 0.1), top + tall // 6, int(width * 0.8), tall * 2 // 3)
    stamp(face, design.flavour, box, ink, font, 0.0, None)


def _claims(face: Image, rng: Generator, design: PackDesign) -> None:
    """A few words and a block of small print somewhere on the face."""
    height, width = face.shape[:2]
    ink = _ink(design, design.base)
    for _ in range(int(rng.integers(0, 4))):
        box = (int(width * rng.uniform(0.05, 0.5)), int(height * rng.uniform(0.28, 0.85)), width * 2 // 5, height // 16)
        write(face, str(rng.choice(_CLAIMS)), box, ink, _font(rng, design))
    lines = int(rng.choice([0, 2, 4, 7, 12]))
    wide, tall = int(width * rng.uniform(0.35, 0.85)), int(height * rng.uniform(0.08, 0.4))
    place = (int(rng.uniform(0.05, 1) * (width - wide)), int(height * rng.uniform(0.3, 0.6)), wide, tall)
    small_print(face, rng, place, lines, ink)


def _badges(face: Image, rng: Generator, design: PackDesign) -> None:
    height, width = face.shape[:2]
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.35, 0.35, 0.2, 0.1]))):
        centre = (int(width * rng.choice([0.17, 0.83])), int(height * rng.uniform(0.12, 0.88)))
        radius = max(2, int(width * rng.uniform(0.07, 0.15)))
        colour = jitter_colour(rng, design.band if rng.random() < 0.5 else design.accent, 60)
        if rng.random() < 0.7:
            cv2.circle(face, centre, radius, colour, -1, cv2.LINE_AA)
            cv2.circle(face, centre, radius, (250, 250, 250), max(1, radius // 8), cv2.LINE_AA)
        else:
            corner = (centre[0] + radius, centre[1] + radius)
            cv2.rectangle(face, (centre[0] - radius, centre[1] - radius), corner, colour, -1)
        box = (centre[0] - radius * 3 // 4, centre[1] - radius // 3, radius * 3 // 2, radius * 2 // 3)
        write(face, str(rng.choice(_CLAIMS)), box, (255, 255, 255), _font(rng, design))


def _foot(face: Image, rng: Generator, design: PackDesign) -> None:
    """The amount and, on some packs, a strip of icons."""
    height, width = face.shape[:2]
    if rng.random() < 0.3:
        top, side = int(height * 0.9), max(3, width // 9)
        for x in range(width // 20, width * 3 // 5, side + max(2, side // 4)):
            cv2.rectangle(face, (x, top), (x + side, top + side * 2 // 3), jitter_colour(rng, design.band, 50), -1)
    box = (int(width * 0.55), int(height * 0.92), int(width * 0.38), max(5, int(height * 0.05)))
    write(face, design.amount, box, _ink(design, design.base), cv2.FONT_HERSHEY_DUPLEX)


def _gloss(face: Image, rng: Generator) -> None:
    """Varnish and foil: a soft band of light across the face."""
    height, width = face.shape[:2]
    if rng.random() < 0.55:
        return
    turn, at, wide = float(rng.uniform(-0.8, 0.8)), float(rng.uniform(-0.2, 1.2)), float(rng.uniform(0.06, 0.4))
    strength = float(rng.uniform(15, 70))
    along = np.linspace(0, 1, 24)[None, :] + turn * np.linspace(0, 1, 24)[:, None]
    light = (np.exp(-(((along - at) / wide) ** 2)) * strength).astype(np.uint8)
    wash = cv2.cvtColor(cv2.resize(light, (width, height), interpolation=cv2.INTER_LINEAR), cv2.COLOR_GRAY2RGB)
    cv2.add(face, wash, dst=face)


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
