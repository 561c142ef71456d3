"""A reference picture without its background."""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
_LIKE = 10  # levels by which a plain background may differ from pixel to pixel
_LIGHT, _GREYISH = 200, 24  # least brightness of a background, and most that its channels differ
_PLAIN = 0.85  # of the border's pixels that are alike where there is a background at all
_LEAST, _MOST = 0.15, 0.98  # share of the picture that the product covers; otherwise the mask is not believed
_LONGEST = 320  # pixels: more than most facings have, and a thousand products still fit into memory


def cut_out(picture: Image) -> Image:
    """Return the product alone, RGBA (h, w, 4), cropped to its silhouette.

    A background is white or light grey, alike along the whole border, and hangs together with it. A picture without
    one, a facing cut out of a photo for example, is returned whole and opaque.

    Args:
        picture: RGB (h, w, 3).
    """
    picture = _of_a_facings_size(picture)
    mask = _product(picture)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return np.dstack([picture, mask])[window]


def _of_a_facings_size(picture: Image) -> Image:
    scale = _LONGEST / max(picture.shape[:2])
    if scale >= 1:
        return picture
    size = [max(1, round(side * scale)) for side in picture.shape[1::-1]]
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _product(picture: Image) -> Image:
    """Return a mask (h, w), 255 where the product is."""
    opaque = np.full(picture.shape[:2], 255, np.uint8)
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]]).astype(np.int16)
    colour = np.median(border, 0)
    plain = (np.abs(border - colour).max(1) <= _LIKE).mean() >= _PLAIN
    if not plain or colour.min() < _LIGHT or np.ptp(colour) > _GREYISH:
        return opaque
    alike = (np.abs(picture.astype(np.int16) - colour).max(2) <= _LIKE).astype(np.uint8)
    framed = np.pad(alike, 1, constant_values=1)
    cv2.floodFill(framed, None, (0, 0), 2)  # what is alike inside the product stays 1: a white label is no background
    mask = np.where(framed[1:-1, 1:-1] == 2, 0, 255).astype(np.uint8)
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    return mask if _LEAST <= mask.mean() / 255 <= _MOST else opaque
