"""SQL about gold."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from labeling.leases import Purpose, TaskState
from service.records import (
    AnnotationRecord,
    BlindAnnotationRecord,
    CaptureRecord,
    GoldRecord,
    PassRecord,
    PickRecord,
    ReviewRecord,
    TaskCategoryRecord,
    TaskRecord,
)


def find_gold(session: Session, task_id: str) -> GoldRecord | None:
    """Return the gold of a task, retired or not; None if it is none."""
    return session.get(GoldRecord, task_id)


def list_gold(session: Session, store_ids: frozenset[str] | None, limit: int) -> Sequence[tuple[GoldRecord, int]]:
    """Return gold with how often it was answered, the newest first."""
    copy = aliased(TaskRecord)
    answered = (
        select(func.count())
        .select_from(BlindAnnotationRecord)
        .join(copy, copy.id == BlindAnnotationRecord.task_id)
        .where(copy.capture_id == TaskRecord.capture_id, copy.copy_of == TaskRecord.id, copy.purpose == Purpose.GOLD)
        .scalar_subquery()
    )
    query = select(GoldRecord, answered).join(TaskRecord, TaskRecord.id == GoldRecord.task_id)
    query = query.order_by(GoldRecord.created_at.desc(), GoldRecord.task_id).limit(limit)
    if store_ids is not None:
        query = query.where(GoldRecord.store_id.in_(store_ids))
    return [(gold, count) for gold, count in session.execute(query)]


def gold_for(
    session: Session, annotator: str, store_ids: frozenset[str] | None, category: str | None
) -> TaskRecord | None:
    """Return a gold task by chance, of those that this annotator has nothing to do with."""
    query = _handed_out(store_ids, category).where(*_unknown_to(annotator, TaskRecord))
    return session.scalar(query.order_by(func.random()).limit(1))


def returned_copy_for(
    session: Session, annotator: str, store_ids: frozenset[str] | None, category: str | None
) -> TaskRecord | None:
    """Return a blind copy whose former holder gave it back, locked; None if there is none for this annotator."""
    copy = aliased(TaskRecord)
    gold = _handed_out(store_ids, category).with_only_columns(TaskRecord.id, TaskRecord.capture_id).subquery()
    of_gold = and_(copy.capture_id == gold.c.capture_id, copy.copy_of == gold.c.id, copy.purpose == Purpose.GOLD)
    query = select(copy).join(gold, of_gold).where(copy.state == TaskState.QUEUED, *_unknown_to(annotator, copy))
    return session.scalar(query.limit(1).with_for_update(of=copy, skip_locked=True))


def picked_because(session: Session, task: TaskRecord) -> str:
    """Return why a round picked a task's capture: a task that was queued again says why that was, which would tell."""
    picked = select(PickRecord.reason).where(
        PickRecord.round_id == task.round_id, PickRecord.capture_id == task.capture_id
    )
    return session.scalar(picked) or task.reason


def _handed_out(store_ids: frozenset[str] | None, category: str | None) -> Select[TaskRecord]:
    """Select the tasks whose gold counts now."""
    query = (
        select(TaskRecord)
        .join(GoldRecord, GoldRecord.task_id == TaskRecord.id)
        .join(AnnotationRecord, AnnotationRecord.id == GoldRecord.annotation_id)
        .join(CaptureRecord, CaptureRecord.id == TaskRecord.capture_id)
        .where(
            CaptureRecord.deleted_at.is_(None),
            GoldRecord.retired_at.is_(None),
            AnnotationRecord.superseded_by.is_(None),
            TaskRecord.state == TaskState.LABELLED,
        )
    )
    if store_ids is not None:
        query = query.where(GoldRecord.store_id.in_(store_ids))
    if category is not None:
        of_category = TaskCategoryRecord.task_id == TaskRecord.id, TaskCategoryRecord.category == category
        query = query.where(exists().where(*of_category))
    return query


def _unknown_to(annotator: str, task: type[TaskRecord]) -> tuple[ColumnElement[bool], ...]:
    """Say that an annotator never worked on a task's part of its capture, nor judged it."""
    other, chosen = aliased(TaskRecord), aliased(GoldRecord)
    same_part = and_(other.capture_id == task.capture_id, other.kind == task.kind, other.part == task.part)
    drew = [
        exists().where(same_part, drawn.task_id == other.id, drawn.annotator == annotator)
        for drawn in (aliased(AnnotationRecord), aliased(BlindAnnotationRecord))
    ]
    passed = exists().where(
        PassRecord.annotator == annotator,
        PassRecord.capture_id == task.capture_id,
        PassRecord.kind == task.kind,
        PassRecord.part == task.part,
    )
    judged = exists().where(same_part, ReviewRecord.task_id == other.id, ReviewRecord.decided_by == annotator)
    chose = exists().where(chosen.task_id.in_((task.id, task.copy_of)), chosen.by == annotator)
    held = exists().where(same_part, other.leased_by == annotator)
    return tuple(~known for known in (or_(*drew), passed, judged, chose, held))
