"""How alike two annotators label: boxes first, then what they say about the boxes they share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labeling.annotations import AnnotatedBox, as_array
from retail.boxes import iou

SAME_BOX_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Agreement:
    """Boxes of annotators A and B: matched pairs, those that only one drew, and pairs of the same kind and GTIN."""

    matched: int
    only_a: int
    only_b: int
    same_label: int

    @property
    def f1(self) -> float:
        """2 × matched / (boxes of A + boxes of B); 1 if both found the photo empty."""
        boxes = 2 * self.matched + self.only_a + self.only_b
        return 2 * self.matched / boxes if boxes else 1.0

    @property
    def label_match_rate(self) -> float | None:
        """Share of matched pairs with the same kind and GTIN; None without any pair."""
        return self.same_label / self.matched if self.matched else None


def match_boxes(
    a: Sequence[AnnotatedBox], b: Sequence[AnnotatedBox], least_iou: float = SAME_BOX_IOU
) -> list[tuple[int, int]]:
    """Pair boxes of A and B, each at most once, greedily from the highest IoU down to ``least_iou``.

    Kinds and GTINs play no part, so that a disagreement about the label is not counted as one about the box.
    """
    overlaps = iou(as_array(a), as_array(b))
    candidates = np.argwhere(overlaps >= least_iou)
    order = np.argsort(-overlaps[tuple(candidates.T)], kind="stable")
    pairs: list[tuple[int, int]] = []
    taken_a: set[int] = set()
    taken_b: set[int] = set()
    for left, right in candidates[order].tolist():
        if left not in taken_a and right not in taken_b:
            pairs.append((left, right))
            taken_a.add(left)
            taken_b.add(right)
    return sorted(pairs)


def agreement(a: Sequence[AnnotatedBox], b: Sequence[AnnotatedBox]) -> Agreement:
    """Compare the annotations of one capture by two annotators."""
    pairs = match_boxes(a, b)
    same = sum((a[left].kind, a[left].gtin) == (b[right].kind, b[right].gtin) for left, right in pairs)
    return Agreement(len(pairs), len(a) - len(pairs), len(b) - len(pairs), same)
