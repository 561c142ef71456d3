"""Dense photos: a drawn bay of about 150 facings on several days, its planogram, and what products look like else."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from benchmarks.serve.photos import PhotoSet
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from retail.planograms import Planogram
from training.synthetic.truth import SyntheticCapture
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.decoding import encode_jpeg

SEED = 21
FACINGS = range(130, 171)
_DAYS = 3  # on which the bay is photographed
_BAYS = 3  # whose products are known
_WIDTH, _LOOK = 3000, 800  # pixels of a photo that is sent, and of one that is only counted
_REFERENCES = 3  # of each product
_OTHER_DAY = 50


@dataclass(frozen=True, slots=True)
class DenseShelves:
    """Photos of a bay, its planogram and, by product, JPEGs of single facings from photos of other days and bays."""

    photos: PhotoSet
    planogram: Planogram
    references: dict[Gtin, list[bytes]]


def draw_dense_shelves() -> DenseShelves:
    """Draw the densest bays of a world of its own: one of them to be sent, all to cut references from."""
    world = ShelfWorld.build(WorldSpec(seed=SEED))
    dense = [bay.id for bay in world.bays if _is_dense(world, bay.id, 0)][:_BAYS]
    days = islice((day for day in range(_OTHER_DAY) if _is_dense(world, dense[0], day)), _DAYS)
    photos = tuple(encode_jpeg(world.capture(dense[0], day, width=_WIDTH).image) for day in days)
    references: dict[Gtin, list[bytes]] = defaultdict(list)
    for bay in dense:
        for gtin, picture in _facings(world.capture(bay, _OTHER_DAY, width=_WIDTH)):
            if len(references[gtin]) < _REFERENCES:
                references[gtin].append(picture)
    photo_set = PhotoSet("dense", "synthetic, about 150 facings", photos)
    return DenseShelves(photo_set, world.planograms[dense[0]], dict(references))


def _is_dense(world: ShelfWorld, bay: str, day: int) -> bool:
    capture = world.capture(bay, day, width=_LOOK)
    return sum(kind is DetectionKind.FACING for kind in capture.kinds) in FACINGS


def _facings(capture: SyntheticCapture) -> Iterator[tuple[Gtin, bytes]]:
    sides = np.array([capture.image.shape[1], capture.image.shape[0]] * 2)
    corners = np.clip(np.rint(capture.boxes), 0, sides).astype(int).tolist()
    for gtin, (left, top, right, bottom) in zip(capture.gtins, corners, strict=True):
        if gtin is not None and right - left >= 16 and bottom - top >= 16:
            yield Gtin(gtin), encode_jpeg(capture.image[top:bottom, left:right])
