"""Which facing a picture of one product is about."""

import numpy as np

from retail.boxes import Boxes, areas

# Of the picture. On photos of heaps of fruit and of shelves of packs, cutting smaller facings out named fewer products
# than the whole picture did.
_LEAST_SHARE = 0.3
_SPREAD = 0.25  # of the picture's sides: so far from the middle a facing must be 1.6 times as large


def most_prominent(boxes: Boxes, size: tuple[int, int]) -> int | None:
    """Return the row of the facing that is large and near the middle, None where there is none.

    Args:
        boxes: (n, 4) x1, y1, x2, y2 in pixels of the picture.
        size: its width and height.
    """
    share = areas(boxes) / float(size[0] * size[1])
    if not (share >= _LEAST_SHARE).any():
        return None
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2 / np.array(size) - 0.5
    weight = np.where(share >= _LEAST_SHARE, share, 0) * np.exp(-((centres / _SPREAD) ** 2).sum(1) / 2)
    return int(weight.argmax())
