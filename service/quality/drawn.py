"""What people drew, with the products that it shows today."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from labeling.annotations import FLAGS, SMALLEST_SIDE, AnnotatedBox
from labeling.quality.boundaries import Categories
from retail.boxes import DetectionKind
from retail.catalogue import Catalogue, ends_of
from retail.gtin import Gtin
from service.catalogue.loading import read_catalogue
from service.records import CaptureRecord
from service.records.tasks import Drawn

Answer = tuple[AnnotatedBox, ...]


class Today:
    """Reads boxes as they are kept; a product that was renamed or merged is the one that it became.

    Of a product that was split nobody can say which one a box shows: it has none.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        """Read with the part of the catalogue that the boxes name."""
        self._catalogue = catalogue
        self.categories: Categories = {product.gtin: product.category for product in catalogue.products}

    def answer(self, boxes: Iterable[dict[str, Any]]) -> Answer:
        """Return the boxes of an annotation, in their order."""
        return tuple(self._box(box) for box in boxes)

    def _box(self, box: dict[str, Any]) -> AnnotatedBox:
        x1, y1, x2, y2 = box["box"]
        flags = {flag: box.get(flag, False) for flag in FLAGS}
        return AnnotatedBox(DetectionKind(box["kind"]), x1, y1, x2, y2, self._product(box.get("gtin")), **flags)

    def _product(self, gtin: str | None) -> Gtin | None:
        if gtin is None:
            return None
        ends = ends_of(Gtin(gtin), self._catalogue.by_gtin, self._catalogue.became)
        return ends[0] if len(ends) == 1 else None


def read_today(session: Session, drawn: Iterable[Drawn], captures: Iterable[CaptureRecord] = ()) -> Today:
    """Return the reader of these annotations' boxes, and of these captures' detections."""
    lists = [*(one.boxes for one in drawn), *(capture.detections for capture in captures)]
    gtins = {Gtin(box["gtin"]) for boxes in lists for box in boxes if box.get("gtin")}
    return Today(read_catalogue(session, gtins))


def seen_in(capture: CaptureRecord, tile: Sequence[float] | None) -> list[dict[str, Any]]:
    """Return what the model saw in a capture, or in a tile of it, but for slivers that nobody could have drawn."""
    left, top, right, bottom = tile or (0, 0, capture.width, capture.height)
    return [
        one
        for one in capture.detections
        if left <= (one["box"][0] + one["box"][2]) / 2 <= right
        and top <= (one["box"][1] + one["box"][3]) / 2 <= bottom
        and min(one["box"][2] - one["box"][0], one["box"][3] - one["box"][1]) >= SMALLEST_SIDE
    ]
