"""SQL about rounds, their pool and their picks."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from sampling.signatures import Signature, Vectors
from service.catalogue.queries import in_parts
from service.planograms.resets import reset_times
from service.problems import not_found
from service.records import CaptureRecord, ComplianceRecord, PickRecord, RoundRecord, SignatureRecord, TaskRecord


def read_pool(session: Session, model_version: int, now: datetime, before: datetime | None = None) -> list[Signature]:
    """Return the signatures of captures that no task holds and that are no near-duplicate of another.

    Args:
        session: for reading.
        model_version: whose vectors to read; those of another model cannot be compared with them.
        now: until when planogram resets count.
        before: read the pool as it was then, for a replay.
    """
    showing = _showing_resets(session, now, before)
    query = _unlabelled(before).where(SignatureRecord.model_version == model_version)
    query = query.outerjoin(ComplianceRecord, ComplianceRecord.capture_id == CaptureRecord.id)
    columns = query.with_only_columns(
        CaptureRecord.id,
        SignatureRecord.image_vector,
        SignatureRecord.values,
        SignatureRecord.predicted_boxes,
        CaptureRecord.stratum,
        CaptureRecord.bay_id,
        func.coalesce(ComplianceRecord.flip, 0.0),
    )
    return [
        Signature(
            id, _unit(_floats(vector)), np.clip(_floats(values), 0, 1), boxes, stratum, bay_id, flip, id in showing
        )
        for id, vector, values, boxes, stratum, bay_id, flip in session.execute(columns)
    ]


def read_labelled_vectors(session: Session, model_version: int, before: datetime | None = None) -> dict[str, Vectors]:
    """Return image vectors of captures that are labelled or in an open task: a round should look elsewhere."""
    query = (
        select(TaskRecord.capture_id, SignatureRecord.image_vector)
        .join(SignatureRecord, SignatureRecord.capture_id == TaskRecord.capture_id)
        .where(SignatureRecord.model_version == model_version)
    )
    if before is not None:
        query = query.where(TaskRecord.created_at < before)
    return {id: _unit(_floats(vector)) for id, vector in session.execute(query)}


def _showing_resets(session: Session, now: datetime, before: datetime | None) -> set[str]:
    """Return ids of captures taken after a planogram reset that no capture in a task shows."""
    resets = dict(reset_times(session, now))
    for bay_id, shown in _newest_in_tasks(session, list(resets), before):
        if shown >= resets[bay_id]:
            del resets[bay_id]
    found: set[str] = set()
    for bays in in_parts(sorted(resets)):
        since = select(CaptureRecord.id, CaptureRecord.bay_id, CaptureRecord.taken_at).where(
            CaptureRecord.bay_id.in_(bays), CaptureRecord.taken_at >= min(resets[bay] for bay in bays)
        )
        found |= {id for id, bay_id, taken_at in session.execute(since) if taken_at >= resets[bay_id]}
    return found


def _newest_in_tasks(session: Session, bays: list[str], before: datetime | None) -> Iterator[tuple[str, datetime]]:
    """Yield bays of which captures are in a task, each with the time when the newest of these was taken."""
    query = (
        select(CaptureRecord.bay_id, func.max(CaptureRecord.taken_at))
        .join(TaskRecord, TaskRecord.capture_id == CaptureRecord.id)
        .group_by(CaptureRecord.bay_id)
    )
    if before is not None:
        query = query.where(TaskRecord.created_at < before)
    for some in in_parts(bays):
        yield from session.execute(query.where(CaptureRecord.bay_id.in_(some)))


def list_stale(session: Session, model_version: int, limit: int) -> Sequence[tuple[CaptureRecord, int]]:
    """Return captures whose signature another model left, and that model: the pool's first, newest first."""
    relevant = (
        select(CaptureRecord, SignatureRecord.model_version)
        .join(SignatureRecord, SignatureRecord.capture_id == CaptureRecord.id)
        .outerjoin(TaskRecord, TaskRecord.capture_id == CaptureRecord.id)
        .where(SignatureRecord.model_version != model_version, CaptureRecord.near_duplicate_of.is_(None))
        .order_by(TaskRecord.id.is_not(None), CaptureRecord.received_at.desc())
    )
    return [(capture, left_by) for capture, left_by in session.execute(relevant.limit(limit))]


def renew_signature(session: Session, renewed: SignatureRecord, left_by: int) -> None:
    """Replace the signature that a model left; one that was replaced meanwhile stays as it is."""
    session.execute(
        update(SignatureRecord)
        .where(SignatureRecord.capture_id == renewed.capture_id, SignatureRecord.model_version == left_by)
        .values(
            model_version=renewed.model_version,
            image_vector=renewed.image_vector,
            values=renewed.values,
            predicted_boxes=renewed.predicted_boxes,
        )
    )


def list_rounds(session: Session, limit: int) -> Sequence[RoundRecord]:
    """Return rounds, newest first."""
    return session.scalars(select(RoundRecord).order_by(RoundRecord.created_at.desc()).limit(limit)).all()


def get_round(session: Session, round_id: str) -> RoundRecord:
    """Return a round.

    Raises:
        Problem: round-not-found.
    """
    found = session.get(RoundRecord, round_id)
    if found is None:
        raise not_found("round", round_id, remedy="GET /v1/rounds lists the rounds there are.")
    return found


def list_picks(session: Session, round_id: str) -> Sequence[tuple[PickRecord, TaskRecord]]:
    """Return a round's picks with their tasks, in the order of labelling."""
    query = (
        select(PickRecord, TaskRecord)
        .join(TaskRecord, TaskRecord.capture_id == PickRecord.capture_id)
        .where(PickRecord.round_id == round_id)
        .order_by(PickRecord.rank)
    )
    return [(pick, task) for pick, task in session.execute(query)]


def _unlabelled(before: datetime | None) -> Select[CaptureRecord]:
    held = select(TaskRecord.id).where(TaskRecord.capture_id == CaptureRecord.id)
    query = (
        select(CaptureRecord)
        .join(SignatureRecord, SignatureRecord.capture_id == CaptureRecord.id)
        .where(CaptureRecord.near_duplicate_of.is_(None))
    )
    if before is not None:
        held = held.where(TaskRecord.created_at < before)
        query = query.where(CaptureRecord.received_at <= before)
    return query.where(~held.exists())


def _floats(stored: bytes) -> Vectors:
    return np.frombuffer(stored, "<f2").astype(np.float32)


def _unit(vector: Vectors) -> Vectors:
    """Undo the rounding of float16, which leaves a long vector slightly off unit length."""
    result: Vectors = vector / np.linalg.norm(vector)
    return result
