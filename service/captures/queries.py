"""Captures and signatures in the records."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Integer, String, bindparam, select
from sqlalchemy.orm import Session

from service.prepared import Prepared, loaded
from service.records import CaptureRecord, SignatureRecord

VECTOR = np.dtype("<f2")


def find_capture(session: Session, id: str) -> CaptureRecord | None:
    """Return a capture, None if there is none of this id."""
    return session.get(CaptureRecord, id)


def deleted_captures(session: Session, ids: Sequence[str]) -> Sequence[str]:
    """Return those of some captures whose photos were deleted."""
    deleted = select(CaptureRecord.id).where(CaptureRecord.id.in_(ids), CaptureRecord.deleted_at.is_not(None))
    return session.scalars(deleted).all()


def find_by_photo(session: Session, store_id: str, bay_id: str, sha256: str) -> CaptureRecord | None:
    """Return the capture that was made of the same bytes for the same bay."""
    rows = _BY_PHOTO.rows(session, {"store": store_id, "bay": bay_id, "photo": sha256})
    return loaded(session, CaptureRecord, rows[0]) if rows else None


def latest_image_vectors(
    session: Session, bay_id: str, model_version: int, most: int
) -> tuple[list[str], NDArray[np.float32]]:
    """Return ids and image vectors (n, k) of a bay's latest captures; vectors of two models cannot be compared."""
    rows = _LATEST.rows(session, {"bay": bay_id, "model": model_version, "most": most})
    vectors = np.frombuffer(b"".join(row.image_vector for row in rows), VECTOR)
    return [row.id for row in rows], vectors.reshape(len(rows), -1 if rows else 0).astype(np.float32)


_BAY = bindparam("bay", type_=String)
_BY_PHOTO = Prepared(
    lambda _: select(CaptureRecord).where(
        CaptureRecord.store_id == bindparam("store", type_=String),
        CaptureRecord.bay_id == _BAY,
        CaptureRecord.sha256 == bindparam("photo", type_=String),
    )
)
_LATEST = Prepared(
    lambda _: (
        select(CaptureRecord.id, SignatureRecord.image_vector)
        .join(SignatureRecord, SignatureRecord.capture_id == CaptureRecord.id)
        .where(CaptureRecord.bay_id == _BAY, SignatureRecord.model_version == bindparam("model", type_=Integer))
        .order_by(CaptureRecord.taken_at.desc())
        .limit(bindparam("most", type_=Integer))
    )
)


def list_captures(session: Session, store_ids: frozenset[str] | None, after: str | None, limit: int) -> Sequence[Any]:
    """Return summaries of captures, newest first, of some stores or of all, from the one after `after`."""
    columns = (
        CaptureRecord.id,
        CaptureRecord.store_id,
        CaptureRecord.bay_id,
        CaptureRecord.camera_id,
        CaptureRecord.taken_at,
        CaptureRecord.received_at,
        CaptureRecord.stratum,
        CaptureRecord.model_version,
        CaptureRecord.near_duplicate_of,
        SignatureRecord.predicted_boxes,
    )
    wanted = select(*columns).join(SignatureRecord, SignatureRecord.capture_id == CaptureRecord.id)
    if store_ids is not None:
        wanted = wanted.where(CaptureRecord.store_id.in_(store_ids))
    if after is not None:
        wanted = wanted.where(CaptureRecord.id < after)
    return session.execute(wanted.order_by(CaptureRecord.id.desc()).limit(limit)).all()
