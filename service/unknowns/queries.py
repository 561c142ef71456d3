"""Unknown facings in the records."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, case, func, select, true
from sqlalchemy.orm import Session

from service.records import (
    ApiKeyRecord,
    CaptureRecord,
    ProductRecord,
    ReferenceRecord,
    ReferenceVectorRecord,
    UnknownFacingRecord,
    VariantRecord,
)
from vision.likeness_clusters import Vectors

_VECTOR = np.dtype("<f2")
_MOST_REFERENCES = 10_000


class State(StrEnum):
    """How far an unknown facing is."""

    OPEN = "open"
    NAMED = "named"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Seen:
    """An open facing, where and when it was seen."""

    id: str
    store_id: str
    taken_at: datetime


def open_facings(session: Session, embedder_id: str, store_ids: frozenset[str] | None, most: int) -> list[Seen]:
    """Return open facings that an embedder read, of some stores or of all, the newest ones."""
    columns = (UnknownFacingRecord.id, UnknownFacingRecord.store_id, CaptureRecord.taken_at)
    rows = select(*columns).join(CaptureRecord, CaptureRecord.id == UnknownFacingRecord.capture_id)
    rows = rows.where(UnknownFacingRecord.state == State.OPEN, UnknownFacingRecord.embedder_id == embedder_id)
    newest = rows.where(_of(store_ids)).order_by(UnknownFacingRecord.id.desc()).limit(most)
    return [Seen(*row) for row in session.execute(newest)]


def count_open(session: Session, store_ids: frozenset[str] | None) -> int:
    """Count open facings, whichever embedder read them."""
    counted = select(func.count()).select_from(UnknownFacingRecord).where(UnknownFacingRecord.state == State.OPEN)
    return session.scalar(counted.where(_of(store_ids))) or 0


def vectors_of(session: Session, ids: Collection[str]) -> Vectors:
    """Return the unit vectors (n, k) of facings that one embedder read, in the order of the ids."""
    rows = select(UnknownFacingRecord.id, UnknownFacingRecord.vector).where(UnknownFacingRecord.id.in_(ids))
    kept = {id: vector for id, vector in session.execute(rows)}
    return unit_vectors([kept[id] for id in ids])


def product_vectors(session: Session, embedder_id: str, width: int) -> Vectors:
    """Return a unit vector (n, width) for each known product: the mean of what an embedder made of its references."""
    rows = (
        select(VariantRecord.gtin, ReferenceVectorRecord.vector)
        .join(ReferenceRecord, ReferenceRecord.id == ReferenceVectorRecord.reference_id)
        .join(VariantRecord, VariantRecord.id == ReferenceRecord.variant_id)
        .where(ReferenceVectorRecord.embedder_id == embedder_id, ReferenceRecord.state == "live")
        .order_by(ReferenceRecord.id.desc())
        .limit(_MOST_REFERENCES)
    )
    found = session.execute(rows).all()
    if not found:
        return np.zeros((0, width), np.float32)
    _, products = np.unique([gtin for gtin, _ in found], return_inverse=True)
    sums = np.zeros((products.max() + 1, width), np.float32)
    np.add.at(sums, products, unit_vectors([vector for _, vector in found]))
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12), np.float32)


def unit_vectors(kept: Sequence[bytes]) -> Vectors:
    """Return kept vectors as an array (n, k)."""
    vectors = np.frombuffer(b"".join(kept), _VECTOR).astype(np.float32).reshape(len(kept), -1 if kept else 0)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)


def examples_of(session: Session, ids: Collection[str]) -> dict[str, Any]:
    """Return what an example says of each facing, by id."""
    columns = (
        UnknownFacingRecord.id,
        UnknownFacingRecord.capture_id,
        UnknownFacingRecord.store_id,
        CaptureRecord.bay_id,
        CaptureRecord.taken_at,
        UnknownFacingRecord.box,
        UnknownFacingRecord.unknown_score,
    )
    rows = select(*columns).join(CaptureRecord, CaptureRecord.id == UnknownFacingRecord.capture_id)
    return {row.id: row for row in session.execute(rows.where(UnknownFacingRecord.id.in_(ids)))}


def find_facings(session: Session, ids: Collection[str], *, lock: bool = False) -> Sequence[UnknownFacingRecord]:
    """Return those of these facings that there are; locked ones are nobody else's to change in this transaction."""
    # Always in the same order, or two decisions about the same facings would wait for each other.
    rows = select(UnknownFacingRecord).where(UnknownFacingRecord.id.in_(ids)).order_by(UnknownFacingRecord.id)
    return session.scalars(rows.with_for_update() if lock else rows).all()


def boxes_of_capture(session: Session, capture_id: str) -> dict[str, list[float]]:
    """Return the boxes of a capture's unknown facings by their ids."""
    rows = select(UnknownFacingRecord.id, UnknownFacingRecord.box)
    return {id: box for id, box in session.execute(rows.where(UnknownFacingRecord.capture_id == capture_id))}


def name_of_key(session: Session, id: str | None) -> str:
    """Return who holds a key."""
    return session.scalar(select(ApiKeyRecord.name).where(ApiKeyRecord.id == id)) or "somebody"


def pictures_shown(session: Session, keys: Collection[str]) -> set[str]:
    """Return those of these keys whose picture a reference shows."""
    return set(session.scalars(select(ReferenceRecord.image_key).where(ReferenceRecord.image_key.in_(keys))))


def names_and_pictures(session: Session, gtins: Collection[str]) -> dict[str, tuple[str, str | None]]:
    """Return the name of each product and one of its live references: a pack-shot of its front, if there is one."""
    names = select(ProductRecord.gtin, ProductRecord.name).where(ProductRecord.gtin.in_(gtins))
    pictures = (
        select(VariantRecord.gtin, ReferenceRecord.id)
        .join(VariantRecord, VariantRecord.id == ReferenceRecord.variant_id)
        .where(VariantRecord.gtin.in_(gtins), ReferenceRecord.state == "live")
        .order_by(
            case((ReferenceRecord.view == "front", 1), else_=0),
            case((ReferenceRecord.source == "pack_shot", 1), else_=0),
            ReferenceRecord.id,
        )
    )
    best: dict[str, str] = {gtin: id for gtin, id in session.execute(pictures)}  # the last one stays
    return {gtin: (name, best.get(gtin)) for gtin, name in session.execute(names)}


def _of(store_ids: frozenset[str] | None) -> ColumnElement[bool]:
    return true() if store_ids is None else UnknownFacingRecord.store_id.in_(store_ids)
