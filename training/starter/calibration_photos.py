"""The photos that the starter is calibrated on: real ones and drawn ones, none of which it was trained on."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labeling.annotations import SMALLEST_SIDE, AnnotatedBox
from retail.boxes import Boxes, DetectionKind
from training.captures import LabelledCapture
from training.starter.cutouts import load_cutouts
from training.starter.interiors import draw_interior
from training.starter.shop_photos import read_shop_photos
from training.synthetic.seeds import stream
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.decoding import encode_jpeg

WORLD_SEED = 4000  # of no world that is trained on
SHELVES = 8  # few: one has as many boxes as ten of the real photos
INTERIORS = 16
_WIDTH = 960
_QUALITY = 95
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def calibration_photos(klasson: Path, folder: Path) -> list[LabelledCapture]:
    """Write the photos below `folder` and return them with their boxes; the same ones every time.

    Args:
        klasson: the Grocery Store Dataset, of which the shop photos that were held out are taken.
        folder: is made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_labelled(folder / f"{name}.jpg", image, boxes, kinds) for name, image, boxes, kinds in _photos(klasson)]


def _photos(klasson: Path) -> Iterator[tuple[str, NDArray[np.uint8], Boxes, Sequence[DetectionKind]]]:
    for photo in read_shop_photos(klasson):
        if photo.held_out:
            yield f"shop-{photo.name}", photo.image, photo.boxes, photo.kinds
    world = ShelfWorld.build(WorldSpec(seed=WORLD_SEED))
    for number in range(SHELVES):
        capture = world.capture(world.bays[number * 3 % len(world.bays)].id, number, width=_WIDTH)
        yield f"shelf-{number}", capture.image, capture.boxes, capture.kinds
    cutouts = load_cutouts(klasson)
    for number in range(INTERIORS):
        drawn = draw_interior(stream(WORLD_SEED, "interior", number), cutouts, _WIDTH)
        yield f"interior-{number}", drawn.image, drawn.boxes, drawn.kinds


def _labelled(path: Path, image: NDArray[np.uint8], boxes: Boxes, kinds: Sequence[DetectionKind]) -> LabelledCapture:
    data = encode_jpeg(image, _QUALITY)
    path.write_bytes(data)
    drawable = (boxes[:, 2:] - boxes[:, :2]).min(1, initial=np.inf) >= SMALLEST_SIDE
    return LabelledCapture(
        capture_id=path.stem,
        image=path,
        sha256=hashlib.sha256(data).hexdigest(),
        width=image.shape[1],
        height=image.shape[0],
        store_id="store",
        bay_id="bay",
        taken_at=_ANY_TIME,
        stratum="neutral/frontal/supermarket",  # of no consequence here
        arm="random",
        boxes=tuple(
            AnnotatedBox(kind, *corners)
            for kind, corners, draw in zip(kinds, boxes.tolist(), drawable.tolist(), strict=True)
            if draw
        ),
    )
