"""Captures and signatures in the records."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

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
    return session.scalars(
        select(CaptureRecord).where(
            CaptureRecord.store_id == store_id, CaptureRecord.bay_id == bay_id, CaptureRecord.sha256 == sha256
        )
    ).one_or_none()


def latest_image_vectors(
    session: Session, bay_id: str, model_version: int, most: int
) -> tuple[list[str], NDArray[np.float32]]:
    """Return ids and image vectors (n, k) of a bay's latest captures; vectors of two models cannot be compared."""
    rows = session.execute(
        select(CaptureRecord.id, SignatureRecord.image_vector)
        .join(SignatureRecord, SignatureRecord.capture_id == CaptureRecord.id)
        .where(CaptureRecord.bay_id == bay_id, SignatureRecord.model_version == model_version)
        .order_by(CaptureRecord.taken_at.desc())
        .limit(most)
    ).all()
    vectors = np.frombuffer(b"".join(vector for _, vector in rows), VECTOR)
    return [id for id, _ in rows], vectors.reshape(len(rows), -1 if rows else 0).astype(np.float32)


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
