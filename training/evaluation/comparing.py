"""Truth and detections of one photo, laid side by side."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from labeling.annotations import AnnotatedBox, as_array
from retail.boxes import Boxes, DetectionKind
from training.matching import Comparison
from training.snapshots import ClassMode, class_of
from vision.artefact import PRODUCT, is_product_class


class Found(Protocol):
    """What a detector says about one photo; `vision.detections.Detections` is one."""

    @property
    def boxes(self) -> Boxes:
        """(n, 4) x1, y1, x2, y2 in pixels of the upright photo."""

    @property
    def class_ids(self) -> NDArray[np.int64]:
        """(n,) indices into the detector's classes."""

    @property
    def confidences(self) -> NDArray[np.float32]:
        """(n,) in 0..1."""


def compare(
    truth: Sequence[AnnotatedBox],
    found: Found,
    names: Sequence[str],
    name_of: Callable[[AnnotatedBox], str],
    predicted: Sequence[str],
) -> Comparison:
    """Lay truth and detections of one photo side by side.

    Args:
        truth: what people drew.
        found: what a detector found.
        names: the labels; every box of truth has one of them.
        name_of: a box's label.
        predicted: labels by the detector's class id; those that `names` lacks become -1.
    """
    label = {name: i for i, name in enumerate(names)}
    translated = np.array([label.get(name, -1) for name in predicted])
    return Comparison(
        truth=as_array(truth),
        truth_labels=np.array([label[name_of(b)] for b in truth], dtype=np.int64),
        boxes=found.boxes,
        labels=translated[found.class_ids].astype(np.int64),
        confidences=found.confidences.astype(np.float64),
    )


def by_class(
    truth: Sequence[AnnotatedBox], found: Found, names: Sequence[str], class_mode: ClassMode, predicted: Sequence[str]
) -> Comparison:
    """Compare by the snapshot's classes; in ``kinds`` mode a detector's GTINs count as ``product``."""
    called = [PRODUCT if class_mode == "kinds" and is_product_class(name) else name for name in predicted]
    return compare(truth, found, names, lambda box: class_of(box, class_mode), called)


def by_kind(truth: Sequence[AnnotatedBox], found: Found, kinds: Sequence[str], predicted: Sequence[str]) -> Comparison:
    """Compare by kind, whatever the product."""
    called = [DetectionKind.FACING.value if is_product_class(name) else name for name in predicted]
    return compare(truth, found, kinds, lambda box: box.kind.value, called)
