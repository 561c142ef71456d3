"""A 64-bit fingerprint of a picture that survives recompression and a change of its size or brightness."""

import cv2

from vision.letterbox import Image
from vision.thinning import thinned

_ENOUGH = 256  # pixels along the longer side, of which a shade is the mean of hundreds


def difference_hash(image: Image) -> int:
    """Return the difference hash of an RGB image (h, w, 3), 0 to 2**64 - 1.

    The picture is shrunk to 9 x 8 shades of grey; each bit says whether a shade is darker than the next one to its
    right, row by row, the first one highest (dHash, Neal Krawetz, "Kind of Like That", The Hacker Factor Blog, 2013).
    A picture of one shade gives 0.
    """
    grey = cv2.cvtColor(thinned(image, _ENOUGH), cv2.COLOR_RGB2GRAY)
    grey = cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA)
    bits = (grey[:, :-1] < grey[:, 1:]).ravel()
    return sum(1 << place for place, bit in enumerate(reversed(bits.tolist())) if bit)
