"""Other views of a crop: another lamp, a shaking hand, a box that is a little off, a poor camera."""

import cv2
import numpy as np
from numpy.typing import NDArray

from retail.conditions import Lighting
from training.augmentation import lighting_aware

import albumentations as A  # isort: skip  # after training.augmentation, which silences its look-up of newer versions

_GREY = 127
_RELIT = 0.75


def make_views(pictures: NDArray[np.uint8], count: int, seed: int) -> NDArray[np.uint8]:
    """Return (n, count, s, s, 3): each picture as it is, then `count` - 1 random views of it.

    Args:
        pictures: (n, s, s, 3) RGB.
        count: of views, with the picture itself.
        seed: the same one gives the same views.
    """
    camera = _camera(seed)
    views = np.repeat(pictures[:, None], count, 1)
    for picture in views:
        for number in range(1, count):
            picture[number] = camera(image=picture[0])["image"]
    return views


def _camera(seed: int) -> A.Compose:
    return A.Compose(
        [
            # A detector's box is a few pixels off, a pack stands askew.
            A.Affine(
                scale=(0.85, 1.12),
                translate_percent=(-0.06, 0.06),
                rotate=(-7, 7),
                shear=(-5, 5),
                border_mode=cv2.BORDER_CONSTANT,
                fill=_GREY,
                p=0.8,
            ),
            lighting_aware(dict.fromkeys(Lighting, 1.0), _RELIT),
            A.OneOf(
                [
                    A.GaussianBlur(sigma_limit=(0.5, 1.6), p=1.0),
                    A.MotionBlur(blur_limit=(3, 5), p=1.0),
                    # A facing at the back of a wide photo has few pixels.
                    A.Downscale(
                        scale_range=(0.4, 0.8),
                        interpolation_pair={"downscale": cv2.INTER_AREA, "upscale": cv2.INTER_LINEAR},
                        p=1.0,
                    ),
                ],
                p=0.5,
            ),
            A.ImageCompression(quality_range=(35, 90), p=0.5),
        ],
        seed=seed,
    )
