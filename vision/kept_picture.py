"""The picture of a photo that may be kept: upright, nobody to be recognised, nothing told beside what it shows."""

import sys

import numpy as np

from retail.boxes import Boxes
from vision.decoding import DecodeLimits, Photo, decode, encode_jpeg
from vision.faces import hide_faces
from vision.jpeg_metadata import without_metadata
from vision.photo_header import Truncated

JPEG_QUALITY = 92
_NO_LIMITS = DecodeLimits(sys.maxsize, sys.maxsize, sys.maxsize)


def picture_to_keep(data: bytes, photo: Photo, faces: Boxes) -> bytes:
    """Return a JPEG of a photo in full scale.

    An upright JPEG without faces keeps its pixels as they were sent, which costs next to nothing; any other photo is
    decoded in full and written anew.

    Args:
        data: the file.
        photo: what `decode` made of it, at any scale; it was accepted, so its size is not checked again.
        faces: (n, 4) boxes in pixels of `photo.image`.
    """
    if photo.media_type == "image/jpeg" and photo.orientation == 1 and not len(faces):
        try:
            return without_metadata(data)
        except Truncated:  # decoders forgive more than the structure allows
            pass
    full = decode(data, _NO_LIMITS).image
    scale = np.array((full.shape[1] / photo.image.shape[1], full.shape[0] / photo.image.shape[0]), np.float32)
    return encode_jpeg(hide_faces(full, faces * np.tile(scale, 2)), JPEG_QUALITY)
