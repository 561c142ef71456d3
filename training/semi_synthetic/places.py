"""Places for new products in a labelled photo: runs of facings that nothing covers, and how the shelf runs there."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.annotations import AnnotatedBox, as_array
from retail.boxes import Boxes, DetectionKind

_SMALLEST = 16  # pixels of a facing's shorter side: less shows nothing of a product
_MARGIN = 2.0  # pixels from the photo's edge, which may cut what is closer
_COVERED = 0.08  # share of a facing that other boxes may overlap
_NEIGHBOUR_GAP = 0.6  # of a facing's width
_STEEPEST = 0.35
_FEWEST_TO_FIT = 4


@dataclass(frozen=True, slots=True, eq=False)
class Tilt:
    """How steeply horizontal edges run in a photo: ``offset + slope * y``, pixels down per pixel to the right.

    Edges that are parallel in the store meet far away in a photo, so their steepness changes evenly from top to bottom.
    """

    offset: float = 0.0
    slope: float = 0.0

    def quad(self, box: AnnotatedBox) -> NDArray[np.float32]:
        """Return a front's corners (4, 2) inside its box: top left, top right, bottom right, bottom left."""
        width, height = box.x2 - box.x1, box.y2 - box.y1
        top, bottom = (
            float(np.clip((self.offset + self.slope * y) * width, -height / 4, height / 4)) for y in (box.y1, box.y2)
        )
        return np.array(
            [
                [box.x1, box.y1 + max(0.0, -top)],
                [box.x2, box.y1 + max(0.0, top)],
                [box.x2, box.y2 - max(0.0, -bottom)],
                [box.x1, box.y2 - max(0.0, bottom)],
            ],
            np.float32,
        )


def tilt_of(boxes: Sequence[AnnotatedBox]) -> Tilt:
    """Fit the tilt of a photo to neighbours' lower edges, and to their upper ones where both show one product."""
    facings = [box for box in boxes if box.kind is DetectionKind.FACING]
    seen = [(y, slope) for left, right in _neighbours(facings) for y, slope in _slopes(left, right)]
    if len(seen) < _FEWEST_TO_FIT:
        return Tilt()
    y, slope = np.array(seen).T
    for _ in range(2):  # once with all, once without those that do not fit
        steep, level = np.polyfit(y, slope, 1) if np.ptp(y) > _SMALLEST else (0.0, float(np.median(slope)))
        off = np.abs(slope - (level + steep * y))
        kept = off <= max(2.5 * float(np.median(off)), 1e-6)
        y, slope = y[kept], slope[kept]
    return Tilt(float(level), float(steep))


def runs(boxes: Sequence[AnnotatedBox], size: tuple[int, int]) -> list[tuple[int, ...]]:
    """Return places: indices of whole, uncovered facings, those side by side of one product together, left to right.

    Args:
        boxes: of a photo.
        size: its width and height.
    """
    free = [
        place
        for place, box in enumerate(boxes)
        if box.kind is DetectionKind.FACING
        and not (box.occluded or box.truncated or box.ignore)
        and min(box.x2 - box.x1, box.y2 - box.y1) >= _SMALLEST
        and min(box.x1, box.y1, size[0] - box.x2, size[1] - box.y2) >= _MARGIN
    ]
    edges = as_array(boxes)
    free = [place for place in free if _covered(edges, place) <= _COVERED]
    free.sort(key=lambda place: (boxes[place].x1, boxes[place].y1))
    found: list[list[int]] = []
    for place in free:
        run = next((run for run in found if _goes_on(boxes[run[-1]], boxes[place])), None)
        if run is None:
            found.append([place])
        else:
            run.append(place)
    return [tuple(run) for run in found]


def _goes_on(left: AnnotatedBox, right: AnnotatedBox) -> bool:
    return left.gtin is not None and left.gtin == right.gtin and _beside(left, right)


def _neighbours(facings: Sequence[AnnotatedBox]) -> list[tuple[AnnotatedBox, AnnotatedBox]]:
    return [(left, right) for left in facings for right in facings if left is not right and _beside(left, right)]


def _beside(left: AnnotatedBox, right: AnnotatedBox) -> bool:
    gap, width = right.x1 - left.x2, left.x2 - left.x1
    shared = min(left.y2, right.y2) - max(left.y1, right.y1)
    return -0.2 * width <= gap <= _NEIGHBOUR_GAP * width and shared >= 0.7 * min(left.y2 - left.y1, right.y2 - right.y1)


def _slopes(left: AnnotatedBox, right: AnnotatedBox) -> list[tuple[float, float]]:
    """Return heights in the photo, and how steeply an edge that both stand on, or reach up to, runs there."""
    run = (right.x1 + right.x2 - left.x1 - left.x2) / 2
    edges = [(left.y2, right.y2)]
    if left.gtin is not None and left.gtin == right.gtin:
        edges.append((left.y1, right.y1))
    return [((a + b) / 2, (b - a) / run) for a, b in edges if abs(b - a) <= _STEEPEST * run]


def _covered(edges: Boxes, place: int) -> float:
    """Return the largest share of one of the boxes (n, 4) that another covers."""
    box, others = edges[place], np.delete(edges, place, 0)
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = np.maximum(sides, 0).prod(1) / (box[2:] - box[:2]).prod()
    return float(shared.max(initial=0.0))
