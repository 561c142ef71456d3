"""Small versions of kept pictures, for lists of many."""

import cv2
import numpy as np

from vision.decoding import decode, encode_jpeg
from vision.photo_header import read_header

NARROWEST, WIDEST = 32, 2000  # pixels
_QUALITY = 80


def narrowed_to(picture: bytes, width: int) -> bytes:
    """Return a kept picture as a JPEG at most `width` pixels wide; one that is narrow enough stays as it is.

    A large JPEG is read at the smallest scale that does, which is most of what makes this cheap.
    """
    kept = read_header(picture)
    if kept.width <= width:
        return picture
    height = max(1, round(kept.height * width / kept.width))
    image = decode(picture, long_side=max(width, height)).image
    return encode_jpeg(np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8), _QUALITY)
