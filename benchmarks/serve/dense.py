"""Dense photos: drawn shelves of about 150 facings, and what their products look like on other days."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.serve.photos import PhotoSet
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from training.synthetic.truth import SyntheticCapture
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.decoding import encode_jpeg

SEED = 21
FACINGS = range(130, 171)
_PHOTOS = 3
_WIDTH, _LOOK = 3000, 800  # pixels of a photo that is sent, and of one that is only counted
_REFERENCES = 3  # of each product
_OTHER_DAY = 50


@dataclass(frozen=True, slots=True)
class DenseShelves:
    """Photos and, by product, JPEGs of single facings from other photos of the same shelves."""

    photos: PhotoSet
    references: dict[Gtin, list[bytes]]


def draw_dense_shelves() -> DenseShelves:
    """Draw the densest bays of a world of its own, each twice: to be sent, and to cut references from."""
    world = ShelfWorld.build(WorldSpec(seed=SEED))
    dense = [bay.id for bay in world.bays if _count(world.capture(bay.id, 0, width=_LOOK)) in FACINGS][:_PHOTOS]
    photos = tuple(encode_jpeg(world.capture(bay, 0, width=_WIDTH).image) for bay in dense)
    references: dict[Gtin, list[bytes]] = defaultdict(list)
    for bay in dense:
        for gtin, picture in _facings(world.capture(bay, _OTHER_DAY, width=_WIDTH)):
            if len(references[gtin]) < _REFERENCES:
                references[gtin].append(picture)
    return DenseShelves(PhotoSet("dense", "synthetic, about 150 facings", photos), dict(references))


def _count(capture: SyntheticCapture) -> int:
    return sum(kind is DetectionKind.FACING for kind in capture.kinds)


def _facings(capture: SyntheticCapture) -> Iterator[tuple[Gtin, bytes]]:
    sides = np.array([capture.image.shape[1], capture.image.shape[0]] * 2)
    corners = np.clip(np.rint(capture.boxes), 0, sides).astype(int).tolist()
    for gtin, (left, top, right, bottom) in zip(capture.gtins, corners, strict=True):
        if gtin is not None and right - left >= 16 and bottom - top >= 16:
            yield Gtin(gtin), encode_jpeg(capture.image[top:bottom, left:right])
