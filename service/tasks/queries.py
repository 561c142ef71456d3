"""SQL about tasks, their leases and annotations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import BindParameter, ColumnElement, Select, String, bindparam, func, select, update
from sqlalchemy.orm import Session, aliased

from labeling.costs import ASSUMED_COST, CostModel
from labeling.leases import Purpose, TaskState
from service.catalogue.states import State
from service.guidelines.queries import version_labelled_by
from service.prepared import Prepared, is_one_of
from service.problems import Problem, not_found
from service.records import (
    AnnotationRecord,
    BlindAnnotationRecord,
    CaptureRecord,
    FacingLabelRecord,
    PassRecord,
    RoundRecord,
    TaskCategoryRecord,
    TaskRecord,
    UtcDateTime,
)


def get_task(
    session: Session, task_id: str, store_ids: frozenset[str] | None, annotator: str | None = None
) -> tuple[TaskRecord, CaptureRecord]:
    """Return a task and its capture; one outside of these stores is answered as if there were none.

    Args:
        session: for reading.
        task_id: the task's.
        store_ids: only of these stores; None for all.
        annotator: only what this annotator may know of (`seen_by`); None for all.

    Raises:
        Problem: task-not-found.
    """
    row = session.execute(_with_captures(store_ids, annotator).where(TaskRecord.id == task_id)).one_or_none()
    if row is None:
        raise _not_found(session, task_id, store_ids)
    task, capture = row
    return task, capture


def lock_task(session: Session, task_id: str) -> TaskRecord:
    """Return a task that nobody else changes until this transaction ends.

    Raises:
        Problem: task-not-found.
    """
    task = session.scalar(select(TaskRecord).where(TaskRecord.id == task_id).with_for_update())
    if task is None:
        raise _not_found(session, task_id, None)
    return task


def list_tasks(
    session: Session,
    state: TaskState | None,
    store_ids: frozenset[str] | None,
    limit: int,
    annotator: str | None = None,
) -> Sequence[tuple[TaskRecord, CaptureRecord]]:
    """Return tasks and their captures in the order of labelling, of one state or of all; see `get_task`."""
    query = _with_captures(store_ids, annotator)
    if annotator is None:
        query = query.where(TaskRecord.purpose == Purpose.LABEL)
    if state is not None:
        query = query.where(TaskRecord.state == state)
    in_order = (TaskRecord.expert.desc(), TaskRecord.priority.desc(), TaskRecord.rank, TaskRecord.created_at)
    rows = session.execute(query.order_by(*in_order, TaskRecord.id).limit(limit))
    return [(task, capture) for task, capture in rows]


def seen_by(annotator: str) -> ColumnElement[bool]:
    """Say which tasks an annotator may know of: his own, blind copies included.

    Not what waits: what was not on that list and is leased a moment later would be a blind copy. Nor what others
    labelled: a photo of theirs would tell the same.
    """
    return TaskRecord.leased_by == annotator


def unknown_to(annotator: str | BindParameter[str]) -> list[ColumnElement[bool]]:
    """Say which tasks may be handed to an annotator: of parts that he has no other task of, and did not pass on."""
    passed = (
        select(func.count())
        .select_from(PassRecord)
        .where(
            PassRecord.annotator == annotator,
            PassRecord.capture_id == TaskRecord.capture_id,
            PassRecord.kind == TaskRecord.kind,
            PassRecord.part == TaskRecord.part,
        )
    )
    return [passed.scalar_subquery() == 0, ~_has_another(annotator)]


def of_category(category: str | BindParameter[str]) -> ColumnElement[bool]:
    """Say which tasks seem to show a category; its path is joined by "/"."""
    shown = select(TaskCategoryRecord.task_id).where(
        TaskCategoryRecord.task_id == TaskRecord.id, TaskCategoryRecord.category == category
    )
    return shown.exists()


def predicted_boxes_ahead(session: Session, query: Select[str], most: int) -> Sequence[int]:
    """Return the numbers of boxes drawn beforehand in the first queued tasks; nothing is locked."""
    return session.scalars(query.with_only_columns(TaskRecord.predicted_boxes).limit(most)).all()


def newest_cost(session: Session) -> CostModel:
    """Return what the newest round reckoned annotators' seconds by; the assumed cost where none did."""
    per_task, per_box = (RoundRecord.inputs[name].as_float() for name in ("seconds_per_task", "seconds_per_box"))
    newest = select(per_task, per_box).order_by(RoundRecord.created_at.desc()).limit(1)
    row = session.execute(newest).one_or_none()
    return ASSUMED_COST if row is None or None in row else CostModel(*row)


def add_pass(session: Session, passed: PassRecord) -> None:
    """Keep that somebody passed a part on, instead of an earlier time."""
    session.merge(passed)


def _has_another(annotator: str | BindParameter[str]) -> ColumnElement[bool]:
    """Whether an annotator has another task of the same part.

    Counted, for `exists` would be joined: with everything that he ever labelled, instead of with the capture's tasks.
    """
    other = aliased(TaskRecord)
    others = (
        select(func.count())
        .select_from(other)
        .where(
            other.capture_id == TaskRecord.capture_id,
            other.kind == TaskRecord.kind,
            other.part == TaskRecord.part,
            other.id != TaskRecord.id,
            other.leased_by == annotator,
        )
    )
    return others.scalar_subquery() > 0


def capture_of(session: Session, task: TaskRecord) -> CaptureRecord:
    """Return the capture that a task is about."""
    return session.scalars(select(CaptureRecord).where(CaptureRecord.id == task.capture_id)).one()


class Photo(Protocol):
    """What a task tells of its capture: a record has it, and so has a row of `_desk`."""

    @property
    def store_id(self) -> str: ...  # noqa: D102
    @property
    def bay_id(self) -> str: ...  # noqa: D102
    @property
    def taken_at(self) -> datetime: ...  # noqa: D102
    @property
    def width(self) -> int: ...  # noqa: D102
    @property
    def height(self) -> int: ...  # noqa: D102
    @property
    def detections(self) -> list[Any]: ...  # noqa: D102
    @property
    def model_version(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Desk:
    """What it takes to label some tasks.

    Attributes:
        photos: by task.
        earlier: by task what counts of those that were labelled before.
        guideline_version: by which the first of them is labelled; None before one was put in force.
    """

    photos: dict[str, Photo]
    earlier: dict[str, AnnotationRecord]
    guideline_version: int | None


def desk_of(session: Session, tasks: Sequence[TaskRecord]) -> Desk:
    """Return what it takes to label tasks, at least one."""
    first = tasks[0]
    asked = {"tasks": [task.id for task in tasks], "original": first.copy_of or first.id, "leased_at": first.leased_at}
    rows = _DESK.rows(session, asked)
    return Desk(
        {row.task_id: row for row in rows},
        {row.task_id: session.get_one(AnnotationRecord, row.earlier) for row in rows if row.earlier is not None},
        rows[0].guideline_version,
    )


def _desk(dialect: str) -> Select[*tuple[Any, ...]]:
    # No join: planned while there are few annotations it would read all of them, and the plan is kept as they grow.
    earlier = select(AnnotationRecord.id).where(
        AnnotationRecord.task_id == TaskRecord.id, AnnotationRecord.superseded_by.is_(None)
    )
    version = version_labelled_by(bindparam("original", type_=String), bindparam("leased_at", type_=UtcDateTime))
    return (
        select(
            TaskRecord.id.label("task_id"),
            CaptureRecord.store_id,
            CaptureRecord.bay_id,
            CaptureRecord.taken_at,
            CaptureRecord.width,
            CaptureRecord.height,
            CaptureRecord.detections,
            CaptureRecord.model_version,
            earlier.scalar_subquery().label("earlier"),
            version.label("guideline_version"),
        )
        .join(CaptureRecord, CaptureRecord.id == TaskRecord.capture_id)
        .where(is_one_of(TaskRecord.id, "tasks", dialect))
    )


_DESK = Prepared(_desk)


def answered(
    session: Session, task: TaskRecord, annotator: str | None = None
) -> AnnotationRecord | BlindAnnotationRecord | None:
    """Return what was last submitted for a task or a blind copy, None if nothing was.

    To an annotator only what he drew himself: what others made of it would tell which tasks are no blind copies.
    """
    if task.purpose == Purpose.LABEL and annotator is None:
        return annotation_of(session, task.id)
    drawn: type[AnnotationRecord | BlindAnnotationRecord] = (
        AnnotationRecord if task.purpose == Purpose.LABEL else BlindAnnotationRecord
    )
    query: Select[Any] = select(drawn).where(drawn.task_id == task.id)
    if annotator is not None:
        query = query.where(drawn.annotator == annotator)
    newest: AnnotationRecord | BlindAnnotationRecord | None = session.scalar(
        query.order_by(drawn.created_at.desc(), drawn.id.desc()).limit(1)
    )
    return newest


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


def _with_captures(store_ids: frozenset[str] | None, annotator: str | None) -> Select[TaskRecord, CaptureRecord]:
    query = select(TaskRecord, CaptureRecord).join(CaptureRecord, CaptureRecord.id == TaskRecord.capture_id)
    if annotator is not None:
        query = query.where(seen_by(annotator))
    return query if store_ids is None else query.where(TaskRecord.store_id.in_(store_ids))


def _not_found(session: Session, task_id: str, store_ids: frozenset[str] | None) -> Problem:
    store_id = session.scalar(select(TaskRecord.store_id).where(TaskRecord.id == task_id))
    hidden = store_ids is not None and store_id is not None and store_id not in store_ids
    remedy = "GET /v1/tasks lists the tasks there are."
    return not_found("task", task_id, remedy=remedy, hidden_in=store_id if hidden else None)
