"""A planogram laid over a photo: which product, or else which gap, is in which of its places."""

from collections.abc import Sequence

import numpy as np
import scipy

from retail.boxes import iou
from service.azure.places import Numbers, places_in_photo
from service.azure.reading import Found

Groups = Sequence[tuple[list[int], list[int]]]

_LEAST_ANCHORS = 3  # groups as planned, from which they tell where the rest is; of fewer one may have slid
_ROUNDS = 2  # of finding what is in the places, and by it the places
_OVERLAP = 0.25  # of a place and a product, over both together, from which it stands there
_COVERED = 0.3  # of a place, from which a gap is in it


class Laid:
    """A planogram of k places over a photo.

    Attributes:
        products: by place, the product in it.
    """

    def __init__(self, planned: Numbers, found: Found, groups: Groups = (), mirrored: bool = False) -> None:
        """Lay it.

        Args:
            planned: (k, 4) the places, in the planogram's units.
            found: what is in the photo.
            groups: places and the products that stand in them as planned, in any order, some perhaps missing. Where
                there are too few of them, the planogram is taken for as large as all that was found.
            mirrored: whether the photo shows it the wrong way round.
        """
        self._planned, self._found, self._groups, self._mirrored = planned, found, groups, mirrored
        self.products: dict[int, int] = {}
        anchors = [
            (_around(planned[places]), _around(found.boxes[products]))
            for places, products in groups
            if len(places) == len(products)
        ]
        if len(anchors) < _LEAST_ANCHORS:
            anchors = [(_around(planned), _around(np.vstack([found.boxes, found.gaps])))]
        self._places = self._located(anchors)
        for _ in range(_ROUNDS):
            self._look()

    def gap_in(self, place: int) -> int | None:
        """Return the gap that covers most of a place; None if none covers enough of it."""
        if not len(self._found.gaps):
            return None
        here, gaps = self._places[place], self._found.gaps
        shared = np.minimum(here[2:], gaps[:, 2:]) - np.maximum(here[:2], gaps[:, :2])
        covered = np.clip(shared, 0, None).prod(axis=1) / max(float((here[2:] - here[:2]).prod()), 1e-9)
        return int(covered.argmax()) if covered.max() >= _COVERED else None

    def _look(self) -> None:
        self.products = {}
        for places, products in self._groups:
            away = _distances(self._places[places], self._found.boxes[products])
            # Squared: what has slid as a whole keeps its order.
            self._put(places, products, *scipy.optimize.linear_sum_assignment(away**2))
        places = [place for place in range(len(self._planned)) if place not in self.products]
        taken = set(self.products.values())
        products = [product for product in range(len(self._found.boxes)) if product not in taken]
        overlap = _overlaps(self._places[places], self._found.boxes[products])
        rows, columns = scipy.optimize.linear_sum_assignment(overlap, maximize=True)
        enough = overlap[rows, columns] >= _OVERLAP
        self._put(places, products, rows[enough], columns[enough])
        if len(self.products) >= _LEAST_ANCHORS:
            self._places = self._located([(self._planned[a], self._found.boxes[b]) for a, b in self.products.items()])

    def _put(self, places: Sequence[int], products: Sequence[int], rows: Numbers, columns: Numbers) -> None:
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        self.products.update((places[row], products[column]) for row, column in pairs)

    def _located(self, pairs: Sequence[tuple[Numbers, Numbers]]) -> Numbers:
        boxes = self._found.boxes
        width = float(np.median(boxes[:, 2] - boxes[:, 0])) if len(boxes) else 1.0
        return places_in_photo(self._planned, pairs, width, self._mirrored)


def _around(boxes: Numbers) -> Numbers:
    """Return the box (4,) around boxes; the unit box around none."""
    return np.concatenate([boxes[:, :2].min(0), boxes[:, 2:].max(0)]) if len(boxes) else np.array([0.0, 0.0, 1.0, 1.0])


def _distances(places: Numbers, boxes: Numbers) -> Numbers:
    middles, others = ((side[:, :2] + side[:, 2:]) / 2 for side in (places, boxes))
    distances: Numbers = np.linalg.norm(middles[:, None] - others, axis=2)
    return distances


def _overlaps(places: Numbers, boxes: Numbers) -> Numbers:
    return iou(places.astype(np.float32), boxes.astype(np.float32)).astype(np.float64)
