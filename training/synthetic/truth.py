"""A photo together with everything that is true about it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from retail.boxes import Boxes, DetectionKind
from retail.compliance import Verdict
from retail.conditions import Condition
from retail.gtin import Gtin
from retail.planograms import Position
from training.synthetic.things import Thing

# What must show of a thing for it to count; a rail keeps counting when products and tags cover most of it.
_LEAST_SHOWN = {
    DetectionKind.FACING: 0.35,
    DetectionKind.SHELF: 0.05,
    DetectionKind.TAG: 0.5,
    DetectionKind.GAP: 0.5,
}
_SMALLEST_SIDE = 4


@dataclass(frozen=True, slots=True, eq=False)
class SyntheticCapture:
    """One drawn photo; n boxes.

    Attributes:
        image: (h, w, 3) RGB.
        boxes: (n, 4) x1, y1, x2, y2 in pixels, tight around the visible part, inside the picture.
        kinds: what each box outlines.
        gtins: the product of each facing, None for the other kinds.
        variants: the variant of each facing, None for the other kinds.
        positions: the planogram position of this bay that asks for the facing's product; None where none does
            (an unexpected facing, a facing of a neighbouring bay) and for the other kinds.
        rows: the shelf each facing stands on, 0 for the top one of the facing's own bay; None for the other kinds.
        bay_ids: the bay each box belongs to: photos show parts of neighbouring bays, too.
        verdicts: the verdict on every position of the bay's planogram, photographed or not.
        in_view: the positions whose slot lies wholly in the picture.
        shown: by position the share of its slot's front that the picture shows with nothing standing in the way.
        unexpected: indices of the bay's facings that no position asks for.
    """

    image: NDArray[np.uint8]
    boxes: Boxes
    kinds: tuple[DetectionKind, ...]
    gtins: tuple[Gtin | None, ...]
    variants: tuple[str | None, ...]
    positions: tuple[Position | None, ...]
    rows: tuple[int | None, ...]
    bay_ids: tuple[str, ...]
    verdicts: dict[Position, Verdict]
    in_view: frozenset[Position]
    shown: dict[Position, float]
    unexpected: tuple[int, ...]
    condition: Condition
    store_id: str
    bay_id: str
    camera_id: str
    day: int


def visible(things: list[Thing], ids: NDArray[np.uint16]) -> tuple[list[Thing], Boxes]:
    """Return the things that show enough of themselves, and tight boxes (n, 4) around what shows.

    Args:
        things: all painted things; the id of one is its place plus one.
        ids: (h, w) which thing each pixel of the picture shows.
    """
    shown = np.bincount(ids.ravel(), minlength=len(things) + 1)
    kept: list[Thing] = []
    boxes: list[tuple[int, int, int, int]] = []
    for place, found in enumerate(ndimage.find_objects(ids.astype(np.int32), max_label=len(things))):
        thing = things[place]
        if found is None or shown[place + 1] < _LEAST_SHOWN[thing.kind] * thing.whole:
            continue
        rows, columns = found
        if min(rows.stop - rows.start, columns.stop - columns.start) >= _SMALLEST_SIDE:
            kept.append(thing)
            boxes.append((columns.start, rows.start, columns.stop, rows.stop))
    return kept, np.array(boxes, np.float32).reshape(-1, 4)
