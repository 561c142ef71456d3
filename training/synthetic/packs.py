"""Drawn packs: a design becomes a cut-out picture with shading, kept at several sizes."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.synthetic.artwork import Image
from training.synthetic.designs import PackDesign
from training.synthetic.silhouettes import cut_out

_PX_PER_CM = 16.0
_LONGEST = 480
_MOST_KEPT = 900  # about 200 MB


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """A drawn pack.

    Attributes:
        levels: RGBA pictures (h, w, 4) with colours multiplied by alpha, each half the size of the one before.
        filled: share of the rectangle that the silhouette covers.
        side: colour of the faces that the picture does not show.
    """

    design: PackDesign
    levels: tuple[Image, ...]
    filled: float
    side: tuple[float, float, float]

    def at_height(self, pixels: float) -> Image:
        """Return the smallest picture that need not be enlarged to this height, the largest if there is none."""
        for level in reversed(self.levels):
            if len(level) >= pixels:
                return level
        return self.levels[0]


class PackPress:
    """Draws each design and keeps the latest; photo crops, if given, are printed on the designs that ask for one."""

    def __init__(self, photos: Sequence[NDArray[np.uint8]] = ()) -> None:
        self.photos = tuple(photos)
        self._drawn: dict[PackDesign, Pack] = {}

    def __call__(self, design: PackDesign) -> Pack:
        """Return the pack of a design."""
        pack = self._drawn.get(design)
        if pack is None:
            if len(self._drawn) >= _MOST_KEPT:
                self._drawn.pop(next(iter(self._drawn)))
            pack = self._drawn[design] = self._draw(design)
        return pack

    def _draw(self, design: PackDesign) -> Pack:
        width_cm, height_cm, _ = design.size_cm
        scale = min(_PX_PER_CM, _LONGEST / max(width_cm, height_cm))
        width, height = max(12, round(width_cm * scale)), max(12, round(height_cm * scale))
        photo = None if design.artwork is None else self.photos[design.artwork]
        picture = cut_out(design, width, height, photo)
        levels = [premultiplied(picture)]
        while min(levels[-1].shape[:2]) >= 16:
            levels.append(_half(levels[-1]))
        solid = picture[..., 3] > 127
        mean = picture[solid][:, :3].mean(axis=0)
        return Pack(design, tuple(levels), float(solid.mean()), (float(mean[0]), float(mean[1]), float(mean[2])))


def premultiplied(picture: Image) -> Image:
    """Multiply the colours of an RGBA picture (h, w, 4) by its alpha, as pasting expects."""
    alpha = picture[..., 3:].astype(np.uint16)
    return np.concatenate([(picture[..., :3] * alpha // 255).astype(np.uint8), picture[..., 3:]], axis=2)


def _half(picture: Image) -> Image:
    size = (max(1, picture.shape[1] // 2), max(1, picture.shape[0] // 2))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
