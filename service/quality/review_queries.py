"""SQL about reviews."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session

from labeling.leases import TaskState
from service.problems import not_found
from service.records import AnnotationRecord, CaptureRecord, ReviewRecord, TaskRecord

Shown = tuple[ReviewRecord, AnnotationRecord, TaskRecord, CaptureRecord]


def review_of(session: Session, annotation_id: str) -> ReviewRecord | None:
    """Return the review of an annotation, None if nobody asked for one."""
    return session.scalar(select(ReviewRecord).where(ReviewRecord.annotation_id == annotation_id))


def newest_review(session: Session, task_id: str, store_ids: frozenset[str] | None) -> ReviewRecord:
    """Return the last review that was asked for of a task.

    Raises:
        Problem: review-not-found.
    """
    query = select(ReviewRecord).where(ReviewRecord.task_id == task_id)
    found = session.scalar(query.order_by(ReviewRecord.created_at.desc(), ReviewRecord.id.desc()).limit(1))
    hidden = found is not None and store_ids is not None and found.store_id not in store_ids
    if found is None or hidden:
        hidden_in = None if found is None else found.store_id
        raise not_found("review", task_id, remedy="Ask for one with POST /v1/reviews.", hidden_in=hidden_in)
    return found


def open_to(reviewer: str, store_ids: frozenset[str] | None) -> list[ColumnElement[bool]]:
    """Say which reviews somebody may lease: of what counts today and others drew, within some stores or all."""
    counts = exists().where(AnnotationRecord.id == ReviewRecord.annotation_id, AnnotationRecord.superseded_by.is_(None))
    shown = exists().where(CaptureRecord.id == ReviewRecord.capture_id, CaptureRecord.deleted_at.is_(None))
    drew = exists().where(AnnotationRecord.task_id == ReviewRecord.task_id, AnnotationRecord.annotator == reviewer)
    where = [counts, shown, ~drew]
    return where if store_ids is None else [*where, ReviewRecord.store_id.in_(store_ids)]


def list_reviews(
    session: Session, state: TaskState | None, store_ids: frozenset[str] | None, limit: int
) -> Sequence[Shown]:
    """Return reviews in the order of the queue, of one state or all; of what counts no more only decided ones."""
    query = _shown().order_by(ReviewRecord.priority.desc(), ReviewRecord.rank, ReviewRecord.created_at).limit(limit)
    if state is not None:
        query = query.where(ReviewRecord.state == state)
    if store_ids is not None:
        query = query.where(ReviewRecord.store_id.in_(store_ids))
    query = query.where(
        (ReviewRecord.state == TaskState.LABELLED) | AnnotationRecord.superseded_by.is_(None),
        CaptureRecord.deleted_at.is_(None),
    )
    return [(*row,) for row in session.execute(query)]


def show_reviews(session: Session, ids: Sequence[str]) -> Sequence[Shown]:
    """Return reviews with what they are about, in the order of the ids."""
    rows = session.execute(_shown().where(ReviewRecord.id.in_(ids)))
    found = {review.id: (review, annotation, task, capture) for review, annotation, task, capture in rows}
    return [found[id] for id in ids]


def _shown() -> Select[ReviewRecord, AnnotationRecord, TaskRecord, CaptureRecord]:
    return (
        select(ReviewRecord, AnnotationRecord, TaskRecord, CaptureRecord)
        .join(AnnotationRecord, AnnotationRecord.id == ReviewRecord.annotation_id)
        .join(TaskRecord, TaskRecord.id == ReviewRecord.task_id)
        .join(CaptureRecord, CaptureRecord.id == ReviewRecord.capture_id)
    )
