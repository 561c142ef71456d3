"""From a reference's picture to what an embedder makes of it."""

import logging
import sys
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from service.database import Database
from service.image_store import ImageStore
from service.naming.queries import LiveReference, keep_vectors
from vision.crops import cut_crops, side_wanted
from vision.decoding import BadPhoto, DecodeLimits, decode
from vision.detections import Floats
from vision.embedder import Embedder

log = logging.getLogger(__name__)
AT_ONCE = 32
_VECTOR = np.dtype("<f2")
_KEPT = DecodeLimits(sys.maxsize, sys.maxsize, sys.maxsize)  # was checked when it came


def read_references(
    database: Database, images: ImageStore, embedder: Embedder, references: Sequence[LiveReference]
) -> dict[str, Floats]:
    """Return the vectors (unit, by reference) of references, embedding and keeping those that have none yet.

    One whose picture cannot be read is left out, with a line in the log: it must not keep the others from naming.
    """
    vectors = kept_vectors(references)
    unread = [one for one in references if one.vector is None]
    for begin in range(0, len(unread), AT_ONCE):
        batch = _embedded(images, embedder, unread[begin : begin + AT_ONCE])
        with database.write() as session:
            keep_vectors(session, embedder.id, {id: to_bytes(vector) for id, vector in batch.items()})
        vectors.update(batch)
    return vectors


def kept_vectors(references: Sequence[LiveReference]) -> dict[str, Floats]:
    """Return the vectors of those references that have one, of unit length again after their rounding."""
    kept = {one.id: one.vector for one in references if one.vector is not None}
    if not kept:
        return {}
    rows = np.frombuffer(b"".join(kept.values()), _VECTOR).reshape(len(kept), -1).astype(np.float32)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return dict(zip(kept, rows, strict=True))


def to_bytes(vector: Floats) -> bytes:
    """Return a vector as it is kept."""
    return vector.astype(_VECTOR).tobytes()


def embed_picture(embedder: Embedder, picture: bytes) -> Floats:
    """Return the vector (width,) of a kept picture that shows one product and little else.

    Raises:
        BadPhoto: if it cannot be decoded.
    """
    vector: Floats = embedder.embed(picture_crop(picture, embedder.crop_size)[None])[0]
    return vector


def embed_facings(images: ImageStore, embedder: Embedder, key: str, boxes: Floats, size: tuple[int, int]) -> Floats:
    """Return the vectors (n, width) of facings of one kept photo, decoded and cut as a capture's are.

    Args:
        images: where the photo is kept.
        embedder: what looks at the crops.
        key: of the photo.
        boxes: (n, 4) x1 y1 x2 y2 in pixels of the photo as it came.
        size: its width and height as it came.

    Raises:
        OSError, BadPhoto: if the photo cannot be read.
    """
    if not len(boxes):
        return np.empty((0, embedder.width), np.float32)
    side = side_wanted(boxes, size, embedder.crop_size)
    image = decode(images.get(key), _KEPT, long_side=side).image
    scale = np.array([image.shape[1] / size[0], image.shape[0] / size[1]] * 2, np.float32)
    return embedder.embed(cut_crops(image, boxes * scale, embedder.crop_size))


def _embedded(images: ImageStore, embedder: Embedder, references: Sequence[LiveReference]) -> Mapping[str, Floats]:
    crops = {one.id: crop for one in references if (crop := _read_crop(images, one, embedder.crop_size)) is not None}
    if not crops:
        return {}
    return dict(zip(crops, embedder.embed(np.stack(list(crops.values()))), strict=True))


def _read_crop(images: ImageStore, reference: LiveReference, size: int) -> NDArray[np.uint8] | None:
    try:
        return picture_crop(images.get(reference.image_key), size)
    except FileNotFoundError:
        log.warning("Reference %s is left out: its picture is gone. Harmless if it was just replaced", reference.id)
    except BadPhoto as error:
        log.warning("Reference %s is left out: its picture cannot be read: %s", reference.id, error)
    return None


def picture_crop(picture: bytes, size: int) -> NDArray[np.uint8]:
    """Return a whole kept picture as a crop (size, size, 3), scaled down from twice as many pixels where it has them.

    Raises:
        BadPhoto: if it cannot be decoded.
    """
    image = decode(picture, _KEPT, long_side=2 * size).image
    height, width = image.shape[:2]
    crop: NDArray[np.uint8] = cut_crops(image, np.array([[0, 0, width, height]], np.float32), size)[0]
    return crop
