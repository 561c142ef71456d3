"""SQL about retrainings and what they train on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.catalogue.states import State
from service.problems import not_found
from service.records import AnnotationRecord, CaptureRecord, FacingLabelRecord, RetrainingRecord, TaskRecord

QUEUED, RUNNING, SHADOWING = "queued", "running", "shadowing"
IN_FLIGHT = (QUEUED, RUNNING, SHADOWING)
ENDED = ("completed", "promoted", "gate_failed", "shadow_failed", "failed", "cancelled")


def list_retrainings(session: Session, limit: int) -> Sequence[RetrainingRecord]:
    """Return retrainings, newest first."""
    query = select(RetrainingRecord).order_by(RetrainingRecord.created_at.desc(), RetrainingRecord.id.desc())
    return session.scalars(query.limit(limit)).all()


def get_retraining(session: Session, retraining_id: str) -> RetrainingRecord:
    """Return a retraining.

    Raises:
        Problem: retraining-not-found.
    """
    return _found(session.get(RetrainingRecord, retraining_id), retraining_id)


def lock_retraining(session: Session, retraining_id: str) -> RetrainingRecord:
    """Return a retraining that nobody else changes until this transaction ends.

    Raises:
        Problem: retraining-not-found.
    """
    query = select(RetrainingRecord).where(RetrainingRecord.id == retraining_id).with_for_update()
    return _found(session.scalar(query), retraining_id)


def unfinished_ids(session: Session) -> Sequence[str]:
    """Return the ids of retrainings that wait or run, of every model, oldest first."""
    query = select(RetrainingRecord.id).where(RetrainingRecord.state.in_((QUEUED, RUNNING)))
    return session.scalars(query.order_by(RetrainingRecord.created_at)).all()


def find_in_flight(session: Session, model: str) -> RetrainingRecord | None:
    """Return the retraining of a model that waits, runs or has its candidate in shadow; there is one at most."""
    query = select(RetrainingRecord).where(RetrainingRecord.model == model, RetrainingRecord.state.in_(IN_FLIGHT))
    return session.scalar(query)


def list_annotated(
    session: Session, arms: Sequence[str] | None
) -> Sequence[tuple[AnnotationRecord, CaptureRecord, TaskRecord]]:
    """Return the newest annotation of each task with its capture and the task, of some arms or of all."""
    query = (
        select(AnnotationRecord, CaptureRecord, TaskRecord)
        .join(CaptureRecord, CaptureRecord.id == AnnotationRecord.capture_id)
        .join(TaskRecord, TaskRecord.id == AnnotationRecord.task_id)
        .where(AnnotationRecord.superseded_by.is_(None), CaptureRecord.deleted_at.is_(None))
        .order_by(AnnotationRecord.id)
    )
    if arms is not None:
        query = query.where(TaskRecord.arm.in_(arms))
    return [(annotation, capture, task) for annotation, capture, task in session.execute(query)]


def current_labels(session: Session) -> dict[tuple[str, int], str]:
    """Return the product that each labelled facing shows today, by its annotation and its place in the boxes.

    Left out are facings whose product was split or delisted since: they train as facings of no known product.
    """
    labels = select(FacingLabelRecord.annotation_id, FacingLabelRecord.place, FacingLabelRecord.gtin)
    rows = session.execute(labels.where(FacingLabelRecord.state == State.CURRENT))
    return {(annotation_id, place): gtin for annotation_id, place, gtin in rows}


def deployed_strata(session: Session, since: datetime) -> dict[str, int]:
    """Return how many captures were taken since in each stratum, near-duplicates left out."""
    counted = select(CaptureRecord.stratum, func.count()).where(
        CaptureRecord.taken_at >= since, CaptureRecord.near_duplicate_of.is_(None)
    )
    return {stratum: count for stratum, count in session.execute(counted.group_by(CaptureRecord.stratum))}


def list_annotated_boxes(session: Session, arms: Sequence[str] | None) -> Sequence[list[Any]]:
    """Return the boxes of each task's newest annotation, of some arms or of all."""
    query = (
        select(AnnotationRecord.boxes)
        .join(CaptureRecord, CaptureRecord.id == AnnotationRecord.capture_id)
        .join(TaskRecord, TaskRecord.id == AnnotationRecord.task_id)
        .where(AnnotationRecord.superseded_by.is_(None), CaptureRecord.deleted_at.is_(None))
    )
    if arms is not None:
        query = query.where(TaskRecord.arm.in_(arms))
    return session.scalars(query).all()


def _found(retraining: RetrainingRecord | None, retraining_id: str) -> RetrainingRecord:
    if retraining is None:
        raise not_found("retraining", retraining_id, remedy="GET /v1/retrainings lists the retrainings there are.")
    return retraining
