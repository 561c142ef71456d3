"""Facings that an annotator named become references: the shelf's own light and angles name better than pack-shots do.

Pictures are written before the annotation's transaction, rows within it, so that servers never see a row without its
picture. Whatever goes wrong with the pictures, the annotation is kept: references can be made again, labels cannot.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from sqlalchemy import String, bindparam, select
from sqlalchemy.orm import Session

from labeling.annotations import AnnotatedBox, DrawnBox, InvalidAnnotation, check_annotation
from labeling.leases import Purpose
from retail.gtin import Gtin
from service.catalogue.loading import read_catalogue
from service.catalogue.queries import variants_of
from service.catalogue.resolving import product_of
from service.context import Context
from service.ids import new_id
from service.naming.queries import SHELF
from service.naming.references import ShelfReference, add_shelf_references, remove_references
from service.prepared import Prepared
from service.problems import Problem
from service.records import CaptureRecord, ReferenceRecord, TaskRecord
from vision.crops import side_wanted
from vision.decoding import decode, encode_jpeg

log = logging.getLogger(__name__)
MEASURES = "random"  # the arm that measures naming must not teach it
# Nor do tiles: a photo's references are replaced together when it is labelled anew.
MOST_OF_ONE_PHOTO = 4  # of a product, the largest: a row of the same facing would push other photos' views out
LONG_SIDE = 256  # pixels of a typical facing's picture


@dataclass
class NamedFacings:
    """Facings of one capture whose pictures are in the image store, and pictures that are needed no more."""

    capture_id: str = ""
    by_gtin: dict[Gtin, list[ShelfReference]] = field(default_factory=dict)
    needless: list[str] = field(default_factory=list)

    def keep(self, session: Session, now: datetime) -> None:
        """Add the rows, in place of those of an earlier annotation; the caller holds the catalogue."""
        if not self.by_gtin:
            return
        earlier = select(ReferenceRecord.id).where(
            ReferenceRecord.capture_id == self.capture_id, ReferenceRecord.source == SHELF
        )
        self.needless += remove_references(session, session.scalars(earlier).all(), now)
        catalogue = read_catalogue(session, self.by_gtin)
        for gtin, found in self.by_gtin.items():
            product = product_of(catalogue, gtin, "gtin", now.date())
            first_look = variants_of(session, [product])[product][0]
            self.needless += add_shelf_references(session, first_look.id, found, now)


@contextmanager
def pictures_of_named(context: Context, task_id: str, boxes: Sequence[DrawnBox]) -> Iterator[NamedFacings]:
    """Cut the named facings of a task out of its photo; yields what the annotation's transaction is to `keep`."""
    named = NamedFacings()
    if any(box.gtin is not None for box in boxes):
        try:
            _cut(context, task_id, boxes, named)
        except InvalidAnnotation:
            pass  # is refused with its reason
        except Exception:
            log.exception("The facings of task %s become no references", task_id)
            named.by_gtin.clear()
    try:
        yield named
    except Problem:  # the annotation was refused
        _delete(context, [one.image_key for found in named.by_gtin.values() for one in found])
        raise
    _delete(context, named.needless)


def _cut(context: Context, task_id: str, boxes: Sequence[DrawnBox], named: NamedFacings) -> None:
    photos = _PHOTO.alone(context.database, {"task": task_id})
    if not photos:
        return
    (photo,) = photos
    size = photo.width, photo.height
    facings = _few_of_each(box for box in check_annotation(boxes, size) if box.gtin is not None and not box.ignore)
    corners = np.array([(box.x1, box.y1, box.x2, box.y2) for box in facings], np.float32)
    image = decode(context.images.get(photo.image_key), long_side=side_wanted(corners, size, LONG_SIDE)).image
    named.capture_id = photo.id
    for box, crop in zip(facings, np.rint(corners * (max(image.shape) / max(size))).astype(int).tolist(), strict=True):
        left, top, right, bottom = crop
        picture = encode_jpeg(image[top : max(bottom, top + 1), left : max(right, left + 1)])
        named.by_gtin.setdefault(Gtin(str(box.gtin)), []).append(_put(context, photo.id, picture))


_PHOTO = Prepared(  # of a task whose facings may become references
    lambda _: (
        select(CaptureRecord.id, CaptureRecord.width, CaptureRecord.height, CaptureRecord.image_key)
        .join(TaskRecord, TaskRecord.capture_id == CaptureRecord.id)
        .where(
            TaskRecord.id == bindparam("task", type_=String),
            TaskRecord.arm != MEASURES,
            TaskRecord.purpose == Purpose.LABEL,
            TaskRecord.tile.is_(None),
        )
    )
)


def _few_of_each(facings: Iterable[AnnotatedBox]) -> list[AnnotatedBox]:
    of_product: dict[str | None, list[AnnotatedBox]] = defaultdict(list)
    for box in sorted(facings, key=lambda box: (box.x1 - box.x2) * (box.y2 - box.y1)):  # the largest first
        of_product[box.gtin].append(box)
    return [box for found in of_product.values() for box in found[:MOST_OF_ONE_PHOTO]]


def _put(context: Context, capture_id: str, picture: bytes) -> ShelfReference:
    id = new_id(context.clock())
    key = f"references/{id[-2:]}/{id}.jpg"
    context.images.put(key, picture)
    return ShelfReference(id, capture_id, key, hashlib.sha256(picture).hexdigest())


def _delete(context: Context, keys: Sequence[str]) -> None:
    """Delete pictures that no record names; one that stays costs its place on the disk, and nothing else."""
    try:
        for key in keys:
            context.images.delete(key)
    except OSError:
        log.exception("Pictures that are needed no more could not be deleted")
