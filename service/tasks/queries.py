"""SQL about tasks, their leases and annotations."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from labeling.leases import TaskState
from service.catalogue.states import State
from service.problems import Problem, not_found
from service.records import AnnotationRecord, CaptureRecord, FacingLabelRecord, TaskRecord


def get_task(session: Session, task_id: str, store_ids: frozenset[str] | None) -> tuple[TaskRecord, CaptureRecord]:
    """Return a task and its capture; one outside of these stores is answered as if there were none.

    Raises:
        Problem: task-not-found.
    """
    row = session.execute(_with_captures(store_ids).where(TaskRecord.id == task_id)).one_or_none()
    if row is None:
        raise _not_found(task_id)
    task, capture = row
    return task, capture


def lock_task(session: Session, task_id: str) -> TaskRecord:
    """Return a task that nobody else changes until this transaction ends.

    Raises:
        Problem: task-not-found.
    """
    task = session.scalar(select(TaskRecord).where(TaskRecord.id == task_id).with_for_update())
    if task is None:
        raise _not_found(task_id)
    return task


def lock_next_queued(session: Session, store_ids: frozenset[str] | None, taken: Sequence[str]) -> TaskRecord | None:
    """Return the first queued task that no other transaction is about to lease, locked (SQLite has locked already).

    Args:
        session: for writing.
        store_ids: only tasks of these stores; None for all.
        taken: tasks that this transaction locked before.
    """
    query = select(TaskRecord).where(TaskRecord.state == TaskState.QUEUED, TaskRecord.id.not_in(taken))
    if store_ids is not None:
        reachable = select(CaptureRecord.id).where(CaptureRecord.store_id.in_(store_ids))
        query = query.where(TaskRecord.capture_id.in_(reachable))
    first = query.order_by(TaskRecord.rank, TaskRecord.created_at).limit(1)
    return session.scalar(first.with_for_update(skip_locked=True))


def return_expired(session: Session, now: datetime) -> None:
    """Put tasks whose lease ran out back into the queue; the token stays, so that a late holder can be told why."""
    expired = select(TaskRecord).where(TaskRecord.state == TaskState.LEASED, TaskRecord.leased_until <= now)
    for task in session.scalars(expired.with_for_update(skip_locked=True)):
        task.state, task.leased_by, task.leased_until = TaskState.QUEUED, None, None
    session.flush()


def list_tasks(
    session: Session, state: TaskState | None, store_ids: frozenset[str] | None, limit: int
) -> Sequence[tuple[TaskRecord, CaptureRecord]]:
    """Return tasks and their captures in the order of labelling, of one state or of all."""
    query = _with_captures(store_ids)
    if state is not None:
        query = query.where(TaskRecord.state == state)
    rows = session.execute(query.order_by(TaskRecord.rank, TaskRecord.created_at).limit(limit))
    return [(task, capture) for task, capture in rows]


def capture_of(session: Session, task: TaskRecord) -> CaptureRecord:
    """Return the capture that a task is about."""
    return session.scalars(select(CaptureRecord).where(CaptureRecord.id == task.capture_id)).one()


def annotation_of(session: Session, task_id: str) -> AnnotationRecord | None:
    """Return what was last submitted for a task, None if nothing was."""
    newest = select(AnnotationRecord).where(
        AnnotationRecord.task_id == task_id, AnnotationRecord.superseded_by.is_(None)
    )
    return session.scalar(newest)


def labels_of(session: Session, annotation_id: str) -> dict[int, FacingLabelRecord]:
    """Return the labels of an annotation's named facings by their place in the boxes."""
    labels = select(FacingLabelRecord).where(FacingLabelRecord.annotation_id == annotation_id)
    return {label.place: label for label in session.scalars(labels)}


def supersede(session: Session, earlier: AnnotationRecord, later: AnnotationRecord) -> None:
    """Let a later annotation of the same task count instead of an earlier one."""
    earlier.superseded_by = later.id
    labels = update(FacingLabelRecord).where(FacingLabelRecord.annotation_id == earlier.id)
    session.execute(labels.values(state=State.REPLACED))


def _with_captures(store_ids: frozenset[str] | None) -> Select[TaskRecord, CaptureRecord]:
    query = select(TaskRecord, CaptureRecord).join(CaptureRecord, CaptureRecord.id == TaskRecord.capture_id)
    return query if store_ids is None else query.where(CaptureRecord.store_id.in_(store_ids))


def _not_found(task_id: str) -> Problem:
    return not_found("task", task_id, remedy="GET /v1/tasks lists the tasks there are.")
