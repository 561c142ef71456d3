"""Real product photos as artwork for drawn packs."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

_LONGEST_SIDE = 256


def carton_textures(klasson: Path) -> list[NDArray[np.uint8]]:
    """Return the middle of each training photo of a packaged product.

    The Grocery Store Dataset (Klasson et al., WACV 2019, MIT licence) shows one product per phone photo; its middle
    is pack artwork. Fruit and vegetables are left out, and so is the validation split.

    Args:
        klasson: folder that holds `train.txt` (path, fine id, coarse id on each line).

    Returns:
        RGB uint8 pictures, longest side at most 256 pixels, in the order of `train.txt`.
    """
    paths = [line.split(",")[0].strip() for line in (klasson / "train.txt").read_text().splitlines()]
    photos = (cv2.imread(str(klasson / path), cv2.IMREAD_COLOR_RGB) for path in paths if "/Packages/" in path)
    return [_middle(np.asarray(photo, np.uint8)) for photo in photos if photo is not None]


def _middle(photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = photo.shape[:2]
    crop = photo[height // 4 : -height // 4, width // 3 : -width // 3]
    scale = _LONGEST_SIDE / max(crop.shape[:2])
    return np.asarray(cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
