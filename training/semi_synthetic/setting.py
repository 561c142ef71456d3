"""Sets a product's picture into a photo where another facing stood."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from training.semi_synthetic.cutouts import Image
from training.semi_synthetic.light import PhotoLight, relit
from training.semi_synthetic.places import Tilt

_DARK = 10  # percentile
_ENOUGH_FREE = 0.03  # of the surroundings
_SURROUNDINGS = 0.3  # of a facing's sides
_SHOWS = 128  # of the silhouette's 255
Colour = NDArray[np.float32]


def set_in(
    photo: Image,
    old: AnnotatedBox,
    gtin: Gtin,
    picture: Image,
    light: PhotoLight,
    tilt: Tilt,
    behind: Colour,
    rng: Generator,
) -> AnnotatedBox:
    """Replace a facing, in place, and return the box of what stands there now.

    The picture takes the old facing's size and perspective, and the light, shadow, blur and noise of the place. Where
    its silhouette is narrower, what is behind shows.

    Args:
        photo: RGB (h, w, 3), changed.
        old: the facing that goes; it lies inside the photo.
        gtin: the product that comes.
        picture: of it, RGBA cut out.
        light: of the photo, as it was before anything was changed.
        tilt: of the photo.
        behind: RGB (3,), as `behind_of` finds it.
        rng: of the noise.
    """
    left, top = (max(0, int(edge)) for edge in (old.x1, old.y1))
    right, bottom = min(photo.shape[1], int(np.ceil(old.x2))), min(photo.shape[0], int(np.ceil(old.y2)))
    size = (right - left, bottom - top)
    lit = relit(_scaled(picture, size), light.gains_at(old))
    front = _warped(lit, tilt.quad(old) - np.array([left, top], np.float32), size)
    if light.sigma:
        front = np.asarray(cv2.GaussianBlur(front, (0, 0), light.sigma, borderType=cv2.BORDER_REPLICATE), np.float32)
    alpha = front[..., 3:] / 255
    placed = front[..., :3] + (1 - alpha) * behind
    placed += rng.normal(0, light.noise, (*placed.shape[:2], 1)) if light.noise else 0
    photo[top:bottom, left:right] = np.clip(placed, 0, 255).astype(np.uint8)
    rows, columns = (np.flatnonzero((front[..., 3] >= _SHOWS).any(axis)) for axis in (1, 0))
    return AnnotatedBox(
        DetectionKind.FACING,
        float(left + columns[0]),
        float(top + rows[0]),
        float(left + columns[-1] + 1),
        float(top + rows[-1] + 1),
        gtin,
    )


def _scaled(picture: Image, size: tuple[int, int]) -> Image:
    """Scale RGBA down with its colours multiplied by alpha, or the background would bleed into the edge."""
    alpha = picture[..., 3:].astype(np.float32) / 255
    multiplied = np.dstack([picture[..., :3] * alpha, picture[..., 3]]).astype(np.float32)
    return np.clip(cv2.resize(multiplied, size, interpolation=cv2.INTER_AREA), 0, 255).astype(np.uint8)


def _warped(picture: Image, quad: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    map_ = cv2.getPerspectiveTransform(corners, quad)
    return np.asarray(cv2.warpPerspective(picture, map_, size, flags=cv2.INTER_LINEAR), np.float32)


def behind_of(photo: Image, boxes: Sequence[AnnotatedBox], box: AnnotatedBox) -> Colour:
    """Return the colour (3,) behind a facing: of what lies around it in no box, or else the dark between the packs.

    Args:
        photo: RGB (h, w, 3).
        boxes: all of the photo.
        box: of the facing.
    """
    wide, tall = (box.x2 - box.x1) * _SURROUNDINGS, (box.y2 - box.y1) * _SURROUNDINGS
    left, top = max(0, int(box.x1 - wide)), max(0, int(box.y1 - tall))
    around = photo[top : int(box.y2 + 1), left : int(box.x2 + wide) + 1]
    free = np.ones(around.shape[:2], bool)
    for other in boxes:
        x1, y1 = max(0, int(other.x1) - left), max(0, int(other.y1) - top)
        free[y1 : max(0, int(other.y2) + 1 - top), x1 : max(0, int(other.x2) + 1 - left)] = False
    if free.mean() >= _ENOUGH_FREE:
        return np.median(around[free], axis=0).astype(np.float32)
    return np.percentile(around.reshape(-1, 3), _DARK, axis=0).astype(np.float32)
