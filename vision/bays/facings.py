"""The facings of one photo: where each stands in the plane of its shelf, and which planned product it may show."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retail.boxes import DetectionKind
from retail.gtin import Gtin
from retail.planograms import Planogram
from vision.bays.photo import BayPhoto
from vision.perspective import Numbers, RowPerspective
from vision.shelves import find_shelves

Rows = NDArray[np.int64]
_SURE = 0.5
# Recognisers that know many products are too modest about the few that are planned: their chances to this power.
_SHARPEN = 1.5
_FLOOR = 1e-4  # chance of a product that the recogniser did not even list: it may be wrong


@dataclass(frozen=True, slots=True, eq=False)
class Facings:
    """The n facings of one photo, beside a planogram of m products.

    Attributes:
        detections: (n,) their rows among the photo's detections.
        things: (n, 4) left, right, top and foot in the plane of `perspective`.
        middles: (n,) where along the shelf each stands, in the plane.
        widths: (n,) in the plane.
        rows: (n,) the photo's shelf that each stands on, 0 for the topmost.
        chances: (n, m) of showing each planned product.
        others: (n,) of showing a product that is not planned, or none that is known.
        others_best: the likeliest of those that are known.
        named_otherwise: (n,) whether that one is likelier than not.
        confidences: (n,) that there is a facing at all.
        best: (n,) the likeliest planned product.
        sure: (n,) whether it is likelier than not.
    """

    perspective: RowPerspective
    detections: Rows
    things: Numbers
    middles: Numbers
    widths: Numbers
    rows: Rows
    chances: Numbers
    others: Numbers
    others_best: tuple[Gtin | None, ...]
    named_otherwise: NDArray[np.bool_]
    confidences: Numbers
    best: Rows
    sure: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.detections)


def facings_of(photo: BayPhoto, gtins: Sequence[Gtin]) -> Facings:
    """Return the facings of a photo beside these planned products."""
    detections = photo.of_kind(DetectionKind.FACING)
    shelves = find_shelves(photo.boxes, photo.kinds, photo.size)
    things = shelves.perspective.upright(photo.boxes[detections])
    chances, others, best, named = _beside(photo, detections, gtins)
    return Facings(
        perspective=shelves.perspective,
        detections=detections,
        things=things,
        middles=things[:, :2].mean(1),
        widths=np.maximum(things[:, 1] - things[:, 0], 1),
        rows=shelves.numbers[detections],
        chances=chances,
        others=others,
        others_best=best,
        named_otherwise=named,
        confidences=photo.confidences[detections].astype(np.float64),
        best=chances.argmax(1),
        sure=chances.max(1) > _SURE,
    )


def _beside(
    photo: BayPhoto, detections: Rows, gtins: Sequence[Gtin]
) -> tuple[Numbers, Numbers, tuple[Gtin | None, ...], NDArray[np.bool_]]:
    columns = {gtin: column for column, gtin in enumerate(gtins)}
    chances = np.full((len(detections), len(gtins)), _FLOOR)
    best: list[tuple[float, Gtin | None]] = []
    for row, detection in enumerate(detections.tolist()):
        unplanned: tuple[float, Gtin | None] = (0.0, None)
        for gtin, chance in photo.chances[detection].items():
            if gtin in columns:
                chances[row, columns[gtin]] += chance
            elif chance > unplanned[0]:
                unplanned = (chance, gtin)
        best.append(unplanned)
    evidence = np.column_stack([chances, np.maximum(1 - chances.sum(1), _FLOOR)]) ** _SHARPEN
    evidence /= evidence.sum(1, keepdims=True)
    return (
        evidence[:, :-1],
        evidence[:, -1],
        tuple(gtin for _, gtin in best),
        np.array([c > _SURE for c, _ in best], bool),
    )


def planned(planogram: Planogram) -> tuple[Gtin, ...]:
    """Return the planned products, sorted."""
    return tuple(sorted(planogram.gtins))
