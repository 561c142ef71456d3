"""What two models see otherwise in one photo."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from retail.boxes import DetectionKind, iou
from vision.artefact import ArtefactMetadata
from vision.detections import Detections

_SAME_IOU = 0.5
MOST_KEPT = 100  # differences of one photo, the surest first


@dataclass(frozen=True, slots=True)
class Comparison:
    """Boxes that both models found, or one of them.

    Attributes:
        shared: boxes of both with the same kind, and the same product where both name one.
        confidence_shift: the candidate's confidence less the champion's, mean over shared boxes; None without any.
        differences: of each box that is not shared its ``box``, ``confidence`` and what each model calls it, the
            surest first, at most `MOST_KEPT`; null for the model that did not find it.
    """

    shared: int
    only_champion: int
    only_candidate: int
    other_kind: int
    other_product: int
    confidence_shift: float | None
    differences: list[dict[str, Any]] = field(default_factory=list)

    @property
    def disagreement(self) -> float:
        """Share of all boxes that are not shared; 0 where nobody found anything."""
        different = self.only_champion + self.only_candidate + self.other_kind + self.other_product
        return different / (different + self.shared) if different else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What one model found, and what its classes mean."""

    detections: Detections
    metadata: ArtefactMetadata

    def kinds(self) -> list[DetectionKind]:
        """Return the kind of each detection."""
        return [self.metadata.kind_of(id) for id in self.detections.class_ids.tolist()]

    def gtins(self) -> list[str | None]:
        """Return the product of each detection, as far as the detector itself names it."""
        return [self.metadata.gtin_of(id) for id in self.detections.class_ids.tolist()]


def compare(champion: Sight, candidate: Sight) -> Comparison:
    """Match the boxes of two models one to one, at an overlap of half or more, and count what differs."""
    old_kinds, new_kinds = champion.kinds(), candidate.kinds()
    old_gtins, new_gtins = champion.gtins(), candidate.gtins()
    pairs = _matched(champion, candidate, old_kinds, new_kinds)
    lost = sorted(set(range(len(old_kinds))) - {old for old, _ in pairs})
    found = sorted(set(range(len(new_kinds))) - {new for _, new in pairs})
    kinds = [(old, new) for old, new in pairs if old_kinds[old] is not new_kinds[new]]
    products = [
        (old, new)
        for old, new in pairs
        if old_kinds[old] is new_kinds[new] and _two_products(old_gtins[old], new_gtins[new])
    ]
    shared = sorted(set(pairs) - set(kinds) - set(products))
    differences = [_difference(champion, row, called=_name(old_kinds, old_gtins, row)) for row in lost]
    differences += [_difference(candidate, row, calls=_name(new_kinds, new_gtins, row)) for row in found]
    differences += [
        _difference(candidate, new, _name(old_kinds, old_gtins, old), _name(new_kinds, new_gtins, new))
        for old, new in kinds + products
    ]
    differences.sort(key=lambda one: -one["confidence"])
    return Comparison(
        shared=len(shared),
        only_champion=len(lost),
        only_candidate=len(found),
        other_kind=len(kinds),
        other_product=len(products),
        confidence_shift=_shift(champion, candidate, shared),
        differences=differences[:MOST_KEPT],
    )


def _matched(
    champion: Sight, candidate: Sight, old_kinds: Sequence[DetectionKind], new_kinds: Sequence[DetectionKind]
) -> list[tuple[int, int]]:
    overlap = iou(champion.detections.boxes, candidate.detections.boxes)
    same: NDArray[np.bool_] = np.array(old_kinds, str)[:, None] == np.array(new_kinds, str)[None]
    # A box of the same kind goes before one that fits better: a shelf edge and its tags overlap.
    worth = np.where(overlap >= _SAME_IOU, overlap + same, 0)
    rows, columns = scipy.optimize.linear_sum_assignment(worth, maximize=True)
    return [(int(old), int(new)) for old, new in zip(rows, columns, strict=True) if worth[old, new] > 0]


def _two_products(old: str | None, new: str | None) -> bool:
    return old is not None and new is not None and old != new


def _name(kinds: Sequence[DetectionKind], gtins: Sequence[str | None], row: int) -> str:
    return gtins[row] or kinds[row].value


def _difference(sight: Sight, row: int, called: str | None = None, calls: str | None = None) -> dict[str, Any]:
    detections = sight.detections
    return {
        "box": np.round(detections.boxes[row].astype(np.float64), 1).tolist(),
        "confidence": round(float(detections.confidences[row]), 4),
        "champion": called,
        "candidate": calls,
    }


def _shift(champion: Sight, candidate: Sight, pairs: Sequence[tuple[int, int]]) -> float | None:
    if not pairs:
        return None
    old, new = (np.array(rows) for rows in zip(*pairs, strict=True))
    return float((candidate.detections.confidences[new] - champion.detections.confidences[old]).mean(dtype=np.float64))
