"""Draw the worst failures of the starter on real photos: `SHELFLOOP_DATA=… python -m benchmarks.failures OUT.png`.

At the confidence that is served, of the fridge and of the drugstore shelves: the upper row shows the surest wrong
boxes, the lower row the largest facings that were missed. Orange is what was found, teal what is labelled.
"""

import argparse
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from benchmarks.photo_sets import fridge, k4r
from benchmarks.starter import load_starter
from labeling.annotations import as_array
from retail.boxes import Boxes, DetectionKind, areas, intersections, iou
from training.captures import LabelledCapture
from training.matching import RIGHT_AT_IOU, Comparison, right
from vision.decoding import decode
from vision.detector import Detector
from vision.letterbox import Image

_EACH = 2  # photos of one set
_TILE, _CAPTION = 390, 30  # pixels; the sheet is 1560 wide
_FOUND, _LABELLED, _INK, _PAPER = (230, 97, 1), (0, 160, 160), (20, 20, 20), (255, 255, 255)


class Failure(NamedTuple):
    """A box that is wrong, or one that was missed, how bad that is, and its picture."""

    wrong: bool
    badness: float
    picture: Image


def main() -> None:
    """Look at all photos, draw the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="PNG file to write")
    out, data = parser.parse_args().out, Path(os.environ["SHELFLOOP_DATA"])
    detector = Detector(*load_starter())
    sets = (((capture, np.zeros((0, 4), np.float32)) for capture in fridge(data)), k4r(data))
    groups = [[failure for photo in photos for failure in worst(detector, *photo)] for photos in sets]
    rows = [[tile for group in groups for tile in tiles(group, wrong)] for wrong in (True, False)]
    cv2.imwrite(str(out), cv2.cvtColor(np.concatenate([np.concatenate(row, 1) for row in rows]), cv2.COLOR_RGB2BGR))


def worst(detector: Detector, capture: LabelledCapture, ignored: Boxes) -> Iterator[Failure]:
    """Yield the surest wrong facing of a photo and the largest missed one, where there are such."""
    image = decode(capture.image.read_bytes()).image
    found = detector.detect(image)
    kinds = [detector.metadata.kind_of(class_id) for class_id in found.class_ids.tolist()]
    found = found.keep(np.array([kind is DetectionKind.FACING for kind in kinds], bool))
    truth = as_array([box for box in capture.boxes if box.kind is DetectionKind.FACING])
    same, said = np.zeros(max(len(truth), len(found)), np.int64), found.confidences.astype(np.float64)
    hit = right(Comparison(truth, same[: len(truth)], found.boxes, same[: len(found)], said))
    inside = intersections(found.boxes, ignored) / np.maximum(areas(found.boxes), 1)[:, None]
    wrong = np.flatnonzero(~hit & (inside.max(1, initial=0) <= 0.5))
    for row in wrong[said[wrong].argsort()][-1:].tolist():
        title = f"found at {said[row]:.2f}: {capture.capture_id}"
        yield Failure(True, said[row], picture(image, found.boxes[row], found.boxes, truth, title))
    best, shares = iou(truth, found.boxes).max(1, initial=0), areas(truth) / (capture.width * capture.height)
    missed = np.flatnonzero(best < RIGHT_AT_IOU)
    for row in missed[shares[missed].argsort()][-1:].tolist():
        title = f"missed, best IoU {best[row]:.2f}: {capture.capture_id}"
        yield Failure(False, float(shares[row]), picture(image, truth[row], found.boxes, truth, title))


def picture(image: Image, box: Boxes, found: Boxes, truth: Boxes, title: str) -> Image:
    """Cut a square twice as wide as a box out of a photo, with all boxes drawn, this one thick, below a title."""
    size = np.array([image.shape[1], image.shape[0]])
    side = min(2 * float((box[2:] - box[:2]).max()), float(size.max()))
    left, top = np.clip((box[:2] + box[2:] - side) / 2, 0, np.maximum(size - side, 0)).round().astype(int).tolist()
    cut, scale = image[top : top + round(side), left : left + round(side)], _TILE / side
    cut = np.asarray(cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    tile = np.full((_CAPTION + _TILE, _TILE, 3), _PAPER, np.uint8)
    framed = tile[_CAPTION:]
    framed[: cut.shape[0], : cut.shape[1]] = cut[:_TILE, :_TILE]
    for boxes, colour in ((truth, _LABELLED), (found, _FOUND)):
        for other in boxes:
            corners = ((other - (left, top, left, top)) * scale).round().astype(int).tolist()
            cv2.rectangle(framed, corners[:2], corners[2:], colour, 5 if (other == box).all() else 2, cv2.LINE_AA)
    cv2.putText(tile, title, (4, _CAPTION - 10), cv2.FONT_HERSHEY_SIMPLEX, 0.5, _INK, 1, cv2.LINE_AA)
    return tile


def tiles(failures: Iterable[Failure], wrong: bool) -> list[Image]:
    """Return the pictures of the worst failures of one sort, blank ones where there are too few."""
    mine = sorted((one for one in failures if one.wrong is wrong), key=lambda one: -one.badness)[:_EACH]
    blank = np.full((_CAPTION + _TILE, _TILE, 3), _PAPER, np.uint8)
    return [*(one.picture for one in mine), *[blank] * (_EACH - len(mine))]


if __name__ == "__main__":
    main()
