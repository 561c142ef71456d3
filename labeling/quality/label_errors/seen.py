"""What is compared: a photo's labels, and what a model saw in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from labeling.annotations import AnnotatedBox
from retail.boxes import Boxes, DetectionKind
from retail.gtin import Gtin

Floats = NDArray[np.float64]


class LabelError(StrEnum):
    """What may be wrong with a label."""

    OVERLOOKED = "overlooked"  # something is there and has no box
    BADLY_LOCATED = "badly_located"  # a box whose edges do not fit
    SWAPPED = "swapped"  # a box with the wrong product, or of the wrong kind


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a model saw in a photo; n detections, from a low probability on (0.05, say).

    Attributes:
        boxes: float32 (n, 4) x1 y1 x2 y2 in pixels of the upright photo.
        kinds: n kinds.
        probabilities: (n,) calibrated, that the box is right, 0..1.
        products: n mappings of GTIN to calibrated probability, likeliest products only; empty where not named. What
            is missing to 1 is any other product.
        vectors: (n, d) unit vectors of looks, of one model throughout; None without any.
        looseness: (n,) how unsure the model is of the edges: their mean standard deviation as a share of the box's
            sides; None where it does not say.

    Raises:
        ValueError: if lengths differ.
    """

    boxes: Boxes
    kinds: tuple[DetectionKind, ...]
    probabilities: NDArray[np.float32]
    products: tuple[Mapping[Gtin, float], ...]
    vectors: NDArray[np.float32] | None = None
    looseness: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        arrays = [self.kinds, self.probabilities, self.products, self.vectors, self.looseness]
        lengths = [len(self.boxes), *(len(array) for array in arrays if array is not None)]
        if len(set(lengths)) > 1:
            raise ValueError(f"boxes, kinds, probabilities, products and so on have lengths {lengths}, expected one")


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """A photo's labels, and what a model that did not learn from them saw."""

    id: str
    labels: tuple[AnnotatedBox, ...]
    seen: Seen


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label that may be wrong.

    Attributes:
        photo_id: the photo.
        error: what may be wrong.
        probability: that it is, 0..1.
        label: index of the label; None for what was overlooked.
        box: x1 y1 x2 y2 in pixels to look at: the label's, or the detection's where there is no label.
        suggested: the box that the model would have drawn: its edges, kind and likeliest product.
    """

    photo_id: str
    error: LabelError
    probability: float
    label: int | None
    box: tuple[float, float, float, float]
    suggested: AnnotatedBox
