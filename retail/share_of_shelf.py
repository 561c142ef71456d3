"""Share of shelf: how much of a bay's linear width shows which product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes
from retail.compliance import Compliance, SeenFacing
from retail.gtin import Gtin

_IN_COLUMN = 0.5  # share of the narrower of two facings, from which one is above the other
_TOUCHING = 0.25  # heights of the lower facing between its top and the foot of what stands on it
_SUNK = 0.5  # heights by which that foot may reach below its top: boxes overlap, seen from above


@dataclass(frozen=True, slots=True)
class ShelfShare:
    """What a product has of a bay.

    Attributes:
        share: of the linear width of all facings of the bay, 0..1.
        facings: how many, stacked ones included.
    """

    share: float
    facings: int


def share_of_shelf(compliance: Compliance, boxes: Sequence[Boxes]) -> dict[Gtin | None, ShelfShare]:
    """Return the share of every product in view, the largest first; None stands for facings without a known product.

    A stack counts once, with its lowest facing: linear width is what shelf space is traded in. Widths are pixels, so
    what the camera saw nearer counts more; hand in rectified boxes to even that out. Photos of different scale are
    brought to one by the facings that both show.

    Args:
        boxes: (n, 4) per photo that was judged, its detections as `Sighting.row` counts them.
    """
    seen = [facing for facing in compliance.facings if facing.sightings]
    widths = _widths(seen, boxes) * ~_stacked(seen, boxes)
    total = widths.sum()
    shares: dict[Gtin | None, ShelfShare] = {}
    for facing, width in zip(seen, widths, strict=True):
        _add(shares, facing.gtin, float(width / total), 1)
    return _largest_first(shares)


def _add(shares: dict[Gtin | None, ShelfShare], gtin: Gtin | None, share: float, facings: int) -> None:
    before = shares.get(gtin, ShelfShare(0, 0))
    shares[gtin] = ShelfShare(before.share + share, before.facings + facings)


def _largest_first(shares: Mapping[Gtin | None, ShelfShare]) -> dict[Gtin | None, ShelfShare]:
    return dict(sorted(shares.items(), key=lambda entry: -entry[1].share))


def _widths(seen: Sequence[SeenFacing], boxes: Sequence[Boxes]) -> NDArray[np.float64]:
    """Return the width of every facing where it is seen best, in pixels of one scale."""
    scales = _scales(seen, boxes)
    best = [facing.sightings[0] for facing in seen]
    return np.array([_width(boxes, one.photo, one.row) * scales[one.photo] for one in best], np.float64)


def _scales(seen: Sequence[SeenFacing], boxes: Sequence[Boxes]) -> list[float]:
    """Return a factor per photo under which facings are as wide in all; 1 if it shares none with those before."""
    scales = [1.0] * len(boxes)
    for photo in range(1, len(boxes)):
        ratios = []
        for facing in seen:
            rows = {one.photo: one.row for one in facing.sightings}
            own = rows.get(photo)
            for other, row in rows.items():
                if own is not None and other < photo:
                    ratios.append(scales[other] * _width(boxes, other, row) / _width(boxes, photo, own))
        if ratios:
            scales[photo] = float(np.median(ratios))
    return scales


def _width(boxes: Sequence[Boxes], photo: int, row: int) -> float:
    left, _, right, _ = boxes[photo][row]
    return max(float(right - left), 1.0)


def _stacked(seen: Sequence[SeenFacing], boxes: Sequence[Boxes]) -> NDArray[np.bool_]:
    """Say which facings stand on another one."""
    stacked = np.zeros(len(seen), np.bool_)
    for photo, its_boxes in enumerate(boxes):
        rows = {place: one.row for place, facing in enumerate(seen) for one in facing.sightings if one.photo == photo}
        places = np.array(list(rows), np.int64)
        stacked[places[_on_another(its_boxes[list(rows.values())])]] = True
    return stacked


def _on_another(boxes: Boxes) -> NDArray[np.bool_]:
    left, top, right, bottom = boxes.T
    widths, heights = right - left, bottom - top
    overlap = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    in_column = overlap >= _IN_COLUMN * np.minimum(widths[:, None], widths)
    sunk = (bottom[:, None] - top) / np.maximum(heights, 1)  # of each row's foot below each column's top
    on = in_column & (sunk >= -_TOUCHING) & (sunk <= _SUNK) & (bottom[:, None] < bottom)
    result: NDArray[np.bool_] = on.any(axis=1)
    return result
