"""The best pictures of facings that are being named, kept for as long as the decision stands."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import cv2
import numpy as np

from service.context import Context
from service.ids import new_id
from service.naming.references import ShelfReference
from service.records import UnknownFacingRecord
from service.unknowns.crops import Crops
from service.unknowns.queries import pictures_shown, unit_vectors
from vision.decoding import encode_jpeg
from vision.letterbox import Image, Letterbox
from vision.likeness_clusters import centre_of

MOST = 8  # pictures of one decision: a product is known well by these, and other decisions bring other lights
_LOOKED_AT = 24  # of the most typical facings; opening more photos would take longer than it is worth
_COMPARED_SIDE = 96  # pixels
_QUALITY = 92


@contextmanager
def kept_pictures(
    context: Context, crops: Crops, facings: Sequence[UnknownFacingRecord]
) -> Iterator[list[ShelfReference]]:
    """Put pictures of the sharpest typical facings into the image store.

    Those that no reference shows when the block ends, however it ends, are deleted again. The records are asked,
    because a commit may have gone through although its confirmation was lost.
    """
    kept: list[ShelfReference] = []
    try:
        for facing, crop in _sharpest(facings, crops):
            picture, id = encode_jpeg(crop, _QUALITY), new_id(context.clock())
            key, sha256 = f"references/{id[-2:]}/{id}.jpg", hashlib.sha256(picture).hexdigest()
            kept.append(ShelfReference(facing.id, facing.capture_id, key, sha256, facing.vector, facing.embedder_id))
            context.images.put(key, picture)
        yield kept
    finally:
        keys = {one.image_key for one in kept}
        with context.database.read() as session:
            shown = pictures_shown(session, keys)
        for key in keys - shown:
            context.images.delete(key)


def _sharpest(facings: Sequence[UnknownFacingRecord], crops: Crops) -> list[tuple[UnknownFacingRecord, Image]]:
    seen = []
    for facing in _typical(facings)[:_LOOKED_AT]:
        try:
            seen.append((facing, crops.get(facing.id, facing.capture_id)))
        except FileNotFoundError:  # the photo was cleared away; the facing can be named all the same
            continue
    return sorted(seen, key=lambda one: -_sharpness(one[1]))[:MOST]


def _typical(facings: Sequence[UnknownFacingRecord]) -> list[UnknownFacingRecord]:
    """Return facings of the embedder that read most of them, the most typical first."""
    embedders = [facing.embedder_id for facing in facings]
    alike = [one for one in facings if one.embedder_id == max(sorted(set(embedders)), key=embedders.count)]
    if not alike:
        return []
    vectors = unit_vectors([facing.vector for facing in alike])
    order = np.argsort(-(vectors @ centre_of(vectors)), kind="stable")
    return [alike[row] for row in order.tolist()]


def _sharpness(crop: Image) -> float:
    """Return how much detail a crop shows at the size at which it is compared: blur and few pixels show little."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    scale = float(_COMPARED_SIDE / max(grey.shape))
    if scale < 1:
        size = Letterbox.fit((grey.shape[1], grey.shape[0]), _COMPARED_SIDE).inner
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    detail = float(np.var(cv2.Laplacian(grey, cv2.CV_32F)))
    return detail * min(1.0, 1 / scale)
