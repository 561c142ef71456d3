"""A hand that reaches into the picture, empty: skin is no product."""

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.synthetic.artwork import Image

_SKIN = ((224, 172, 140), (198, 134, 100), (141, 85, 60), (240, 195, 165), (90, 56, 40))
_CLOTH = ((40, 45, 60), (120, 30, 40), (60, 90, 60), (190, 190, 190), (25, 25, 28), (90, 110, 150), (200, 170, 120))


def reach_in(colours: Image, ids: NDArray[np.uint16], rng: Generator) -> None:
    """Paint forearm, palm and fingers over a picture, in place; what they cover shows nothing (id 0) any more."""
    height, width = ids.shape
    size = max(height, width) * float(rng.uniform(0.05, 0.13))  # of the palm
    palm = np.array([width * rng.uniform(0.15, 0.85), height * rng.uniform(0.3, 0.9)])
    turn = float(rng.uniform(-0.9, 0.9)) + np.pi / 2  # the arm comes from below, more or less
    back = np.array([np.cos(turn), np.sin(turn)])
    mask = np.zeros((height, width), np.uint8)
    sleeve = np.zeros_like(mask)
    _limb(mask, palm, palm + back * size * 9, size * 0.42)
    _limb(mask, palm - back * size * 0.25, palm + back * size * 0.3, size * 0.5)
    for spread in np.linspace(-0.45, 0.45, 4) * rng.uniform(0.4, 1.1):
        _finger(mask, palm - back * size * 0.4, turn + np.pi + spread, size, rng)
    _finger(mask, palm + back * size * 0.2, turn + np.pi + float(rng.choice([-1.1, 1.1])), size * 0.9, rng)
    start = palm + back * size * float(rng.uniform(1.4, 4))
    _limb(sleeve, start, start + back * size * 12, size * 0.6)
    _cover(colours, ids, mask, _SKIN[int(rng.integers(len(_SKIN)))], rng)
    _cover(colours, ids, sleeve, _CLOTH[int(rng.integers(len(_CLOTH)))], rng)


def _finger(mask: Image, root: NDArray[np.float64], turn: float, size: float, rng: Generator) -> None:
    """Two bones, bent a little."""
    for _ in range(2):
        tip = root + np.array([np.cos(turn), np.sin(turn)]) * size * float(rng.uniform(0.45, 0.75))
        _limb(mask, root, tip, size * 0.14)
        root, turn = tip, turn + float(rng.uniform(-0.5, 0.5))


def _limb(mask: Image, start: NDArray[np.float64], end: NDArray[np.float64], half: float) -> None:
    ends = [(int(point[0]), int(point[1])) for point in (start, end)]
    cv2.line(mask, ends[0], ends[1], 255, max(2, int(2 * half)), cv2.LINE_AA)


def _cover(colours: Image, ids: NDArray[np.uint16], mask: Image, colour: tuple[int, int, int], rng: Generator) -> None:
    """Paint a body that darkens towards its outline."""
    small = cv2.resize(mask, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    inner = cv2.GaussianBlur(small, (0, 0), max(1.0, max(mask.shape) / 400)).astype(np.float32) / 255
    grain = rng.normal(1, 0.03, inner.shape).astype(np.float32)
    light = (0.35 + 0.65 * inner) * grain * np.float32(rng.uniform(0.6, 1.05))
    light = cv2.resize(light, (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_LINEAR)[..., None]
    cover = mask[..., None].astype(np.float32) / 255
    skin = np.clip(np.array(colour, np.float32) * light, 0, 255)
    colours[:] = (colours * (1 - cover) + skin * cover).astype(np.uint8)
    ids[mask > 127] = 0
