"""Photos with more boxes than one sitting takes are labelled in tiles, each of them exhaustively."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from labeling.annotations import SMALLEST_SIDE, AnnotatedBox
from retail.boxes import Boxes, DetectionKind

Tile = tuple[int, int, int, int]  # x1, y1, x2, y2 in pixels of the photo
LEAST_VISIBLE = 0.5
LEAST_SHARE = 0.25  # of a part's boxes on each side of a cut
SMALLEST_TILE = 64  # pixels a side


def cut_tiles(size: tuple[int, int], boxes: Boxes, shelves: NDArray[np.bool_], most: int) -> list[Tile]:
    """Cut a photo into tiles of about ``most`` boxes or fewer, between shelves and facings where that is possible.

    Parts with too many boxes are halved again and again, along the line that crosses the fewest boxes and halves them
    the most evenly. The tiles cover the photo and do not overlap.

    Args:
        size: width and height of the photo.
        boxes: (n, 4) what is to be labelled, as far as it is known.
        shelves: (n,) which of them are shelves: a cut from top to bottom may cross these.
        most: boxes of one tile; those whose centre is in it count.

    Returns:
        Tiles from top to bottom and left to right; the whole photo alone if it needs no cut or has none.

    Raises:
        ValueError: if ``most`` is below 1.
    """
    if most < 1:
        raise ValueError(f"a tile of at most {most} boxes holds nothing")
    whole = (0, 0, *size)
    return sorted(_halved(whole, boxes, shelves, most), key=lambda tile: (tile[1], tile[0]))


def boxes_within(tile: Sequence[float], boxes: Boxes) -> NDArray[np.bool_]:
    """Tell for each box, shape (n,), whether its centre is in a tile; the left and top border belong to it."""
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    inside: NDArray[np.bool_] = (x >= tile[0]) & (x < tile[2]) & (y >= tile[1]) & (y < tile[3])
    return inside


def shows(tile: Sequence[float], box: Sequence[float]) -> bool:
    """Whether at least a pixel of a box is seen in a tile."""
    return all(min(box[i + 2], tile[i + 2]) - max(box[i], tile[i]) >= SMALLEST_SIDE for i in (0, 1))


def bounded(boxes: Sequence[AnnotatedBox], tile: Sequence[float]) -> tuple[AnnotatedBox, ...]:
    """Return the boxes of a tile as they count: each thing in one tile alone.

    A box whose centre lies outside, or of which less than half is seen in the tile, is the business of the tile beside
    it: here it is to be ignored. Shelves go on beyond the border: each tile has its own piece of them.
    """
    return tuple(_bounded(box, tile) for box in boxes)


def _bounded(box: AnnotatedBox, tile: Sequence[float]) -> AnnotatedBox:
    edges = (box.x1, box.y1, box.x2, box.y2)
    seen = (max(box.x1, tile[0]), max(box.y1, tile[1]), min(box.x2, tile[2]), min(box.y2, tile[3]))
    if box.kind is DetectionKind.SHELF and shows(tile, edges):
        return replace(box, x1=seen[0], y1=seen[1], x2=seen[2], y2=seen[3])
    centred = bool(boxes_within(tile, np.array([edges], np.float32))[0])
    visible = max(0.0, seen[2] - seen[0]) * max(0.0, seen[3] - seen[1])
    whole = (box.x2 - box.x1) * (box.y2 - box.y1)
    return box if centred and visible >= LEAST_VISIBLE * whole else replace(box, ignore=True)


def _halved(tile: Tile, boxes: Boxes, shelves: NDArray[np.bool_], most: int) -> list[Tile]:
    mine = boxes_within(tile, boxes)
    cut = None if mine.sum() <= most else _best_cut(tile, boxes[mine], shelves[mine])
    if cut is None:
        return [tile]
    axis, at = cut
    first, second = list(tile), list(tile)
    first[axis + 2] = second[axis] = at
    parts = (tuple(first), tuple(second))
    return [one for part in parts for one in _halved(part, boxes, shelves, most)]  # type: ignore[arg-type]


def _best_cut(tile: Tile, boxes: Boxes, shelves: NDArray[np.bool_]) -> tuple[int, int] | None:
    """Return the axis (0: from top to bottom) and the place of the best cut, None if none leaves enough on each side.

    Its cost is the share of boxes that it crosses and the share by which the one side has more of them. Of equally good
    ones it lies between shelves rather than across them, and in the middle.
    """
    cuts = [(cost, -axis, at) for axis in (0, 1) for cost, at in _cuts(tile, boxes, shelves, axis)]
    if not cuts:
        return None
    cost, axis, _ = min(cuts)
    places = sorted(at for *kind, at in cuts if kind == [cost, axis])
    return -axis, places[len(places) // 2]


def _cuts(tile: Tile, boxes: Boxes, shelves: NDArray[np.bool_], axis: int) -> list[tuple[float, int]]:
    """Return cost and place of the cuts along an axis that leave enough on each side; shelves are not counted there."""
    if shelves.all():
        return []
    crossable = boxes if axis else boxes[~shelves]
    low, high = crossable[:, axis], crossable[:, axis + 2]
    middle = (boxes[~shelves, axis] + boxes[~shelves, axis + 2]) / 2
    places = np.unique(np.concatenate([np.floor(low), np.ceil(high), np.rint((low + high) / 2)]).astype(int))
    places = places[(places >= tile[axis] + SMALLEST_TILE) & (places <= tile[axis + 2] - SMALLEST_TILE)]
    crossed = ((low[None] < places[:, None]) & (high[None] > places[:, None])).mean(axis=1)
    before = (middle[None] < places[:, None]).mean(axis=1)
    fair = np.minimum(before, 1 - before) >= LEAST_SHARE
    cost = crossed + np.abs(2 * before - 1)
    return [(float(cost[place]), int(places[place])) for place in np.flatnonzero(fair)]
