"""SQL about projects in Label Studio, their tasks and events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from labeling.leases import Purpose, TaskKind, TaskState
from service.ids import new_id
from service.inserting import insert_if_new
from service.problems import not_found
from service.records import (
    CaptureRecord,
    LabelStudioEventRecord,
    LabelStudioProjectRecord,
    LabelStudioTaskRecord,
    TaskRecord,
)

HOLDER = "label-studio"  # who leases tasks that somebody labels there
Row = tuple[LabelStudioTaskRecord, TaskRecord, CaptureRecord]


def get_project(session: Session, id: str, *, lock: bool = False) -> LabelStudioProjectRecord:
    """Return a project.

    Raises:
        Problem: label-studio-project-not-found.
    """
    query = select(LabelStudioProjectRecord).where(LabelStudioProjectRecord.id == id)
    project = session.scalar(query.with_for_update() if lock else query)
    if project is None:
        raise not_found("label studio project", id, field="id", remedy="GET /v1/label-studio/projects lists them.")
    return project


def list_projects(session: Session) -> Sequence[LabelStudioProjectRecord]:
    """Return all projects, newest first."""
    return session.scalars(select(LabelStudioProjectRecord).order_by(LabelStudioProjectRecord.id.desc())).all()


def hold_project(session: Session, id: str, holder: str, now: datetime, until: datetime) -> bool:
    """Let one worker alone talk about a project, and say whether it may."""
    free = or_(
        LabelStudioProjectRecord.held_until.is_(None),
        LabelStudioProjectRecord.held_until <= now,
        LabelStudioProjectRecord.held_by == holder,
    )
    held = (
        update(LabelStudioProjectRecord)
        .where(LabelStudioProjectRecord.id == id, free)
        .values(held_by=holder, held_until=until)
        .returning(LabelStudioProjectRecord.id)
    )
    return session.scalar(held) is not None


def projects_to_attend(session: Session, due: datetime) -> Sequence[str]:
    """Return projects that are not made yet, have tasks to send, were not swept since, or are to be taken leave of."""
    unsent = select(LabelStudioTaskRecord.task_id).where(
        LabelStudioTaskRecord.project_id == LabelStudioProjectRecord.id, LabelStudioTaskRecord.number.is_(None)
    )
    swept = LabelStudioProjectRecord.swept_at
    is_open = LabelStudioProjectRecord.closed_at.is_(None) & or_(unsent.exists(), swept.is_(None), swept <= due)
    to_leave = LabelStudioProjectRecord.closed_at.is_not(None) & LabelStudioProjectRecord.hook.is_not(None)
    query = select(LabelStudioProjectRecord.id).where(or_(is_open, to_leave))
    return session.scalars(query.order_by(LabelStudioProjectRecord.id)).all()


def for_label_studio(round_id: str, store_ids: Sequence[str] | None) -> list[ColumnElement[bool]]:
    """Say which tasks can be labelled there: those of a round about boxes of whole photos, no blind copies."""
    where = [
        TaskRecord.round_id == round_id,
        TaskRecord.kind == TaskKind.BOXES,
        TaskRecord.purpose == Purpose.LABEL,
        TaskRecord.tile.is_(None),
    ]
    return where if store_ids is None else [*where, TaskRecord.store_id.in_(store_ids)]


def unsent_tasks(session: Session, project_id: str, most: int) -> Sequence[Row]:
    """Return the first tasks that are not in Label Studio yet, in the project's order."""
    query = select(LabelStudioTaskRecord, TaskRecord, CaptureRecord).join(
        TaskRecord, TaskRecord.id == LabelStudioTaskRecord.task_id
    )
    query = query.join(CaptureRecord, CaptureRecord.id == TaskRecord.capture_id)
    query = query.where(LabelStudioTaskRecord.project_id == project_id, LabelStudioTaskRecord.number.is_(None))
    rows = session.execute(query.order_by(LabelStudioTaskRecord.place).limit(most))
    return [(link, task, capture) for link, task, capture in rows]


def keep_numbers(session: Session, project_id: str, numbers: dict[str, int]) -> None:
    """Remember which number each task has there."""
    for task_id, number in numbers.items():
        link = session.get(LabelStudioTaskRecord, (project_id, task_id))
        if link is not None:
            link.number = number


def aging_tasks(session: Session, project_id: str, before: datetime) -> Sequence[Row]:
    """Return tasks that are still held for Label Studio and whose photos' addresses end before a time."""
    query = select(LabelStudioTaskRecord, TaskRecord, CaptureRecord).join(
        TaskRecord, TaskRecord.id == LabelStudioTaskRecord.task_id
    )
    query = query.join(CaptureRecord, CaptureRecord.id == TaskRecord.capture_id)
    query = query.where(
        LabelStudioTaskRecord.project_id == project_id,
        LabelStudioTaskRecord.number.is_not(None),
        LabelStudioTaskRecord.photo_until < before,
        TaskRecord.state == TaskState.LEASED,
        TaskRecord.leased_by == HOLDER,
    )
    rows = session.execute(query.order_by(LabelStudioTaskRecord.place))
    return [(link, task, capture) for link, task, capture in rows]


def held_tasks(session: Session, project_id: str) -> Sequence[TaskRecord]:
    """Return a project's tasks that are still held for Label Studio, locked."""
    query = select(TaskRecord).join(LabelStudioTaskRecord, LabelStudioTaskRecord.task_id == TaskRecord.id)
    query = query.where(
        LabelStudioTaskRecord.project_id == project_id,
        TaskRecord.state == TaskState.LEASED,
        TaskRecord.leased_by == HOLDER,
    )
    return session.scalars(query.order_by(TaskRecord.id).with_for_update(of=TaskRecord)).all()


def photo_shown(session: Session, project_id: str, task_id: str) -> CaptureRecord | None:
    """Return the capture that a task of a project is about."""
    query = select(CaptureRecord).join(TaskRecord, TaskRecord.capture_id == CaptureRecord.id)
    query = query.join(LabelStudioTaskRecord, LabelStudioTaskRecord.task_id == TaskRecord.id)
    return session.scalar(
        query.where(LabelStudioTaskRecord.project_id == project_id, LabelStudioTaskRecord.task_id == task_id)
    )


def add_event(
    session: Session, project_id: str, number: int, annotation: dict[str, Any], source: str, now: datetime
) -> bool:
    """Keep a change until it is taken, and say whether it is new.

    Raises:
        KeyError, ValueError: for an annotation without number or time.
    """
    changed = datetime.fromisoformat(annotation["updated_at"]).isoformat()
    return insert_if_new(
        session,
        LabelStudioEventRecord,
        id=new_id(now),
        project_id=project_id,
        key=f"{int(annotation['id'])} {changed}",
        received_at=now,
        source=source,
        number=number,
        annotation={name: annotation.get(name) for name in KEPT},
        state="waiting",
    )


# Of an annotation; the rest repeats the prediction or is about Label Studio's own pages.
KEPT = ("id", "result", "was_cancelled", "ground_truth", "lead_time", "completed_by", "updated_by", "updated_at")


def waiting_events(session: Session, most: int) -> Sequence[str]:
    """Return the first events that wait, in the order they came."""
    query = select(LabelStudioEventRecord.id).where(LabelStudioEventRecord.state == "waiting")
    return session.scalars(query.order_by(LabelStudioEventRecord.id).limit(most)).all()


def lock_event(session: Session, id: str) -> LabelStudioEventRecord | None:
    """Return an event that waits and that nobody else is taking, locked."""
    query = select(LabelStudioEventRecord).where(
        LabelStudioEventRecord.id == id, LabelStudioEventRecord.state == "waiting"
    )
    return session.scalar(query.with_for_update(skip_locked=True))


def link_of(session: Session, project_id: str, number: int) -> LabelStudioTaskRecord | None:
    """Return the task that has a number there."""
    query = select(LabelStudioTaskRecord).where(
        LabelStudioTaskRecord.project_id == project_id, LabelStudioTaskRecord.number == number
    )
    return session.scalar(query)


def is_sent(session: Session, project_id: str) -> bool:
    """Say whether all tasks of a project have their numbers."""
    query = select(LabelStudioTaskRecord.task_id).where(
        LabelStudioTaskRecord.project_id == project_id, LabelStudioTaskRecord.number.is_(None)
    )
    return session.scalar(query.limit(1)) is None


def count_tasks(session: Session, project_id: str) -> dict[str, int]:
    """Return how many of a project's tasks there are of each state."""
    query = select(TaskRecord.state, func.count()).join(
        LabelStudioTaskRecord, LabelStudioTaskRecord.task_id == TaskRecord.id
    )
    query = query.where(LabelStudioTaskRecord.project_id == project_id).group_by(TaskRecord.state)
    return {state: count for state, count in session.execute(query)}


def count_events(session: Session, project_id: str) -> dict[str, int]:
    """Return how many events there are of each state."""
    query = select(LabelStudioEventRecord.state, func.count())
    query = query.where(LabelStudioEventRecord.project_id == project_id).group_by(LabelStudioEventRecord.state)
    return {state: count for state, count in session.execute(query)}


def refused_events(session: Session, project_id: str, most: int) -> Sequence[LabelStudioEventRecord]:
    """Return what was refused last, newest first."""
    query = select(LabelStudioEventRecord).where(
        LabelStudioEventRecord.project_id == project_id, LabelStudioEventRecord.state == "refused"
    )
    return session.scalars(query.order_by(LabelStudioEventRecord.id.desc()).limit(most)).all()
