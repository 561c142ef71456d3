"""A second, closer look at dense photos: overlapping tiles, merged with the pass over the whole photo."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes, DetectionKind, areas, intersections
from vision.artefact import ArtefactMetadata
from vision.detections import Detections
from vision.detector import Detector
from vision.letterbox import Image

DecodeAt = Callable[[int], Image]

# Short sides of facings in pixels of the input. Measured on drawn photos: 0.25 of the facings below 8 are found, 0.80
# of those from 8 to 12, over 0.9 from 12 on; boxes are tightest from 24 on.
_SMALL = 16.0
_COMFORTABLE = 32.0
_FEWEST = 12  # facings, from which a quarter of them says something
_WORTH = 1.3  # least magnification
_LEAST_OVERLAP, _MOST_OVERLAP = 64.0, 240.0  # pixels of the input
_AT_BORDER = 5.0  # pixels of the input; a box that ends closer to a tile's border may go on beyond it

# Between boxes of one kind from two passes.
_SAME_IOU = 0.5
_SAME_PART = 0.7  # of the smaller one


@dataclass(frozen=True, slots=True)
class Tiling:
    """How a photo is cut.

    Attributes:
        scale: pixels of the input per pixel of the photo within a tile.
        tiles: left, top, right, bottom of each tile in pixels of the photo, at most the input's size at that scale.
    """

    scale: float
    tiles: tuple[tuple[int, int, int, int], ...]


def look_closer(detector: Detector, first: Detections, decode_at: DecodeAt, most_tiles: int) -> Detections:
    """Return what is in a photo after looking at tiles of it, too, where that promises more.

    Args:
        detector: looks at each tile.
        first: what it found in the photo as a whole.
        decode_at: returns the photo, upright, whose longer side is not below the given number of pixels if the photo
            has as many; it is called at most once.
        most_tiles: bound of the time that is spent; each tile costs about as much as the first pass.
    """
    tiling = plan(first, detector.metadata, most_tiles)
    if tiling is None:
        return first
    image = decode_at(round(tiling.scale * max(first.size)))
    passes = [_look_at(detector, image, tile, first.size) for tile in tiling.tiles]
    return merge(first, passes, tiling, detector.metadata, detector.max_detections)


def plan(first: Detections, metadata: ArtefactMetadata, most_tiles: int) -> Tiling | None:
    """Decide from the first pass how to cut a photo; None if nothing is to be gained.

    A photo is cut if a quarter of its facings is small in the input and the photo has more pixels than the input.
    Tiles overlap by what almost every facing measures, so that each facing lies wholly in one of them.
    """
    certain = first.confidences >= metadata.confidence
    facings = first.boxes[certain & (_kinds(first, metadata) == DetectionKind.FACING)]
    now = metadata.input_size / max(first.size)
    sides = (facings[:, 2:] - facings[:, :2]) * now
    if len(facings) < _FEWEST or np.percentile(sides.min(1), 25) >= _SMALL:
        return None
    wanted = min(_COMFORTABLE / float(np.percentile(sides.min(1), 25)), 1 / now)
    overlap = float(np.percentile(sides.max(1), 90))
    tiling = _largest(first.size, metadata.input_size, now * wanted, overlap / now, most_tiles)
    return tiling if tiling.scale / now >= _WORTH else None


def _largest(size: tuple[int, int], side: int, scale: float, overlap: float, most_tiles: int) -> Tiling:
    """Cut at the wanted scale, or at the largest below it for which the tiles suffice."""
    while True:
        span = side / scale
        shared = float(np.clip(overlap, _LEAST_OVERLAP / scale, _MOST_OVERLAP / scale))
        columns, rows = (_cuts(length, span, shared) for length in size)
        if len(columns) * len(rows) <= most_tiles or scale * max(size) <= side:
            tiles = tuple((left, top, right, bottom) for top, bottom in rows for left, right in columns)
            return Tiling(scale, tiles)
        scale *= 0.97


def _cuts(length: int, span: float, overlap: float) -> list[tuple[int, int]]:
    """Return start and end of the fewest equal stretches that cover a length and overlap by at least so much."""
    if span >= length:
        return [(0, length)]
    count = int(np.ceil((length - overlap) / (span - overlap)))
    starts = np.linspace(0, length - span, count)
    return [(round(start), min(length, round(start + span))) for start in starts]


def _look_at(detector: Detector, image: Image, tile: tuple[int, int, int, int], size: tuple[int, int]) -> Detections:
    """Detect in one tile of an image of the photo; boxes are in pixels of the photo."""
    left, top, right, bottom = tile
    across, down = image.shape[1] / size[0], image.shape[0] / size[1]
    part = image[round(top * down) : round(bottom * down), round(left * across) : round(right * across)]
    found = detector.detect(part, (right - left, bottom - top))
    return replace(found, boxes=found.boxes + np.array([left, top, left, top], np.float32), size=size)


def merge(
    first: Detections, passes: Sequence[Detections], tiling: Tiling, metadata: ArtefactMetadata, most: int
) -> Detections:
    """Make one of a pass over the whole photo and passes over its tiles, each thing once.

    What ends at a tile's inner border may go on beyond it, and is left to those who see it whole. Of two boxes of one
    thing the better seen one is kept: for shelf edges and for what is large even in the whole photo that is the first
    pass's, for all else a tile's; among equals it is the more confident one.

    Args:
        first: of the whole photo; its image vector is kept.
        passes: of each tile, boxes in pixels of the photo.
        tiling: the tiles, in the same order.
        metadata: of the detector.
        most: detections that are returned; more set `truncated`, as one truncated pass does.
    """
    whole = [
        found.keep(~_cut_off(found.boxes, tile, first.size, _AT_BORDER / tiling.scale))
        for found, tile in zip(passes, tiling.tiles, strict=True)
    ]
    found = _joined([first, *whole])
    source = np.repeat(np.arange(len(whole) + 1), [len(one) for one in (first, *whole)])
    kinds = _kinds(found, metadata)
    sides = (found.boxes[:, 2:] - found.boxes[:, :2]).min(1, initial=np.inf) * metadata.input_size / max(first.size)
    seen_first = (kinds == DetectionKind.SHELF) | (sides >= _COMFORTABLE)
    rank = np.where(source == 0, np.where(seen_first, 0, 2), 1)
    kept = _once(found.boxes, kinds, source, np.lexsort((-found.confidences, rank)))
    kept = kept[np.argsort(-found.confidences[kept], kind="stable")]
    truncated = len(kept) > most or any(one.truncated for one in (first, *passes))
    return replace(found.keep(kept[:most]), truncated=truncated)


def _cut_off(boxes: Boxes, tile: tuple[int, int, int, int], size: tuple[int, int], margin: float) -> NDArray[np.bool_]:
    """Tell which boxes end at a border of their tile that is none of the photo."""
    left, top, right, bottom = tile
    inner = np.array([left > 0, top > 0, right < size[0], bottom < size[1]])
    ends = np.abs(boxes - np.array(tile)) <= margin
    return np.asarray((ends & inner).any(1))


def _once(boxes: Boxes, kinds: NDArray[np.str_], source: NDArray[np.intp], order: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the rows left when each one, in this order, removes what other passes have of the same thing."""
    sizes, alive, kept = areas(boxes), np.ones(len(boxes), bool), []
    for row in order.tolist():
        if not alive[row]:
            continue
        kept.append(row)
        shared = intersections(boxes[[row]], boxes)[0]
        part = shared / np.maximum(np.minimum(sizes[row], sizes), 1)
        overlap = shared / np.maximum(sizes[row] + sizes - shared, 1)
        same = (overlap > _SAME_IOU) | (part > _SAME_PART)
        alive &= ~(same & (kinds == kinds[row]) & (source != source[row]))
    return np.array(kept, np.intp)


def _joined(passes: Sequence[Detections]) -> Detections:
    """Put passes over one photo together; what is not of single detections is the first one's."""
    return replace(
        passes[0],
        boxes=np.concatenate([one.boxes for one in passes]),
        class_ids=np.concatenate([one.class_ids for one in passes]),
        probabilities=np.concatenate([one.probabilities for one in passes]),
        edge_deviations=np.concatenate([one.edge_deviations for one in passes]),
        vectors=np.concatenate([one.vectors for one in passes]),
    )


def _kinds(found: Detections, metadata: ArtefactMetadata) -> NDArray[np.str_]:
    names = np.array([metadata.kind_of(row).value for row in range(len(metadata.classes))])
    return names[found.class_ids]
