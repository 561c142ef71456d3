"""Real shop photos, boxed by eye for the starter; what stayed undecided is painted over.

The photos are of the Grocery Store Dataset's training split (Klasson et al., WACV 2019, MIT). An AI assistant looked at
each and drew the boxes in `shop_photos.csv`, in pixels of the upright photo; no person has checked them. `ignore` marks
areas with products that could not be boxed one by one: they are neither taught as products nor as background.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes, DetectionKind

LABELS = Path(__file__).with_name("shop_photos.csv")
_HELD_OUT_EVERY = 6
_PAINT = 114  # the grey of the letterbox


@dataclass(frozen=True, slots=True, eq=False)
class ShopPhoto:
    """One labelled photo.

    Attributes:
        name: of its file, without folders and suffix.
        image: (h, w, 3) RGB, ignored areas grey.
        boxes: (n, 4) x1, y1, x2, y2 in pixels.
        kinds: what each box outlines.
        held_out: true for photos that calibrate the model and never train it.
    """

    name: str
    image: NDArray[np.uint8]
    boxes: Boxes
    kinds: tuple[DetectionKind, ...]
    held_out: bool


def read_shop_photos(klasson: Path) -> Iterator[ShopPhoto]:
    """Yield the labelled photos in the order of their paths; `klasson` is the dataset's folder."""
    with LABELS.open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=itemgetter("photo"))
    for number, (path, group) in enumerate(groupby(rows, itemgetter("photo"))):
        yield _read(klasson / path, list(group), number % _HELD_OUT_EVERY == 0)


def _read(path: Path, rows: list[dict[str, str]], held_out: bool) -> ShopPhoto:
    image = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)
    corners = np.array([[float(row[side]) for side in ("x1", "y1", "x2", "y2")] for row in rows])
    boxes = np.clip(corners, 0, np.tile((image.shape[1], image.shape[0]), 2)).astype(np.float32)
    ignored = np.array([row["ignore"] == "1" for row in rows])
    _paint_over(image, boxes[ignored], boxes[~ignored])
    kinds = tuple(DetectionKind(row["kind"]) for row in rows if row["ignore"] != "1")
    return ShopPhoto(path.stem, image, boxes[~ignored], kinds, held_out)


def _paint_over(image: NDArray[np.uint8], ignored: Boxes, boxes: Boxes) -> None:
    """Make ignored areas grey, except where they overlap a box that is taught."""
    hidden = np.zeros(image.shape[:2], bool)
    for areas, value in ((ignored, True), (boxes, False)):
        for x1, y1, x2, y2 in areas.round().astype(int).tolist():
            hidden[y1:y2, x1:x2] = value
    image[hidden] = _PAINT
