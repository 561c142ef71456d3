"""One photo of a bay, as a detector and a recogniser saw it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes, DetectionKind
from retail.gtin import Gtin


@dataclass(frozen=True, slots=True, eq=False)
class BayPhoto:
    """A photo with n detections.

    Attributes:
        size: width and height in pixels.
        boxes: (n, 4) x1, y1, x2, y2 in pixels.
        kinds: what each box outlines.
        confidences: (n,) of the detections.
        chances: of each facing the probability of every product that it may show; what lacks to 1 is that of showing
            none of them. Empty for other kinds.

    Raises:
        ValueError: if these are not of one length.
    """

    size: tuple[int, int]
    boxes: Boxes
    kinds: tuple[DetectionKind, ...]
    confidences: NDArray[np.float32]
    chances: tuple[Mapping[Gtin, float], ...]

    def __post_init__(self) -> None:
        lengths = (len(self.boxes), len(self.kinds), len(self.confidences), len(self.chances))
        if len(set(lengths)) > 1:
            raise ValueError(f"boxes, kinds, confidences and chances of one photo have lengths {lengths}")

    def turned_back(self) -> "BayPhoto":
        """Return the photo as it would be if left and right were exchanged."""
        boxes = self.boxes.copy()
        boxes[:, [0, 2]] = self.size[0] - self.boxes[:, [2, 0]]
        return replace(self, boxes=boxes)

    def of_kind(self, kind: DetectionKind) -> NDArray[np.int64]:
        """Return the rows of one kind."""
        return np.array([row for row, other in enumerate(self.kinds) if other is kind], np.int64)
