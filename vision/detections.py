"""What one pass of a detector found in a photo, as one checked value."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes

Floats = NDArray[np.float32]


class InconsistentDetections(ValueError):
    """Arrays whose shapes or values do not belong together."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Boxes kept after NMS, with everything the same pass said about them; n detections, c classes.

    Attributes:
        boxes: (n, 4) x1, y1, x2, y2 in pixels of the upright photo.
        class_ids: (n,) int, index into the artefact's classes.
        probabilities: (n, c) calibrated sigmoid class probabilities, each in 0..1, not summing to 1.
        edge_deviations: (n, 4) standard deviation of left, top, right, bottom edge in photo pixels,
            from the variance of the DFL distribution.
        vectors: (n, d) instance vectors (unit length), d the same for all.
        image_vector: (k,) unit vector of the whole photo.
        size: width and height of the upright photo in pixels.
        truncated: true if more boxes were found than the configured most.

    Raises:
        InconsistentDetections: naming the array, its shape and the shape it should have.
    """

    boxes: Boxes
    class_ids: NDArray[np.int64]
    probabilities: Floats
    edge_deviations: Floats
    vectors: Floats
    image_vector: Floats
    size: tuple[int, int]
    truncated: bool = False

    def __post_init__(self) -> None:
        n = len(self.boxes)
        expected: dict[str, tuple[int | None, ...]] = {
            "boxes": (n, 4),
            "class_ids": (n,),
            "probabilities": (n, None),
            "edge_deviations": (n, 4),
            "vectors": (n, None),
            "image_vector": (None,),
        }
        for name, shape in expected.items():
            array = getattr(self, name)
            if array.ndim != len(shape) or any(
                w is not None and w != s for w, s in zip(shape, array.shape, strict=True)
            ):
                raise InconsistentDetections(f"{name} has shape {array.shape}, expected {shape}")
            if not np.isfinite(array).all():
                raise InconsistentDetections(f"{name} holds a value that is not finite")
        if n and (self.class_ids.min() < 0 or self.class_ids.max() >= self.probabilities.shape[1]):
            raise InconsistentDetections(f"class_ids leave 0..{self.probabilities.shape[1] - 1}")
        if n and (self.probabilities.min() < 0 or self.probabilities.max() > 1):
            raise InconsistentDetections("probabilities leave 0..1")

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def confidences(self) -> Floats:
        """Probability of the winning class, shape (n,)."""
        picked: Floats = self.probabilities[np.arange(len(self)), self.class_ids]
        return picked

    def keep(self, where: NDArray[Any]) -> "Detections":
        """Return the detections that a boolean mask or an index array names."""
        return Detections(
            self.boxes[where],
            self.class_ids[where],
            self.probabilities[where],
            self.edge_deviations[where],
            self.vectors[where],
            self.image_vector,
            self.size,
            self.truncated,
        )
