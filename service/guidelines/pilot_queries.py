"""SQL about pilots."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from labeling.leases import Purpose, TaskKind, TaskState
from service.guidelines.schemas_pilots import PilotRequest
from service.problems import not_found
from service.records import CaptureRecord, PilotRecord, PilotTaskRecord, ProductRecord, TaskCategoryRecord, TaskRecord


def lock_tasks_to_try(session: Session, request: PilotRequest) -> Sequence[TaskRecord]:
    """Return waiting tasks that a pilot asks for, none of another pilot's, in the order of labelling and locked."""
    task = TaskRecord
    query = select(task).where(
        task.state == TaskState.QUEUED,
        task.kind == TaskKind.BOXES,
        task.purpose == Purpose.LABEL,
        task.id.not_in(select(PilotTaskRecord.task_id)),
        task.capture_id.in_(select(CaptureRecord.id).where(CaptureRecord.deleted_at.is_(None))),
    )
    query = _narrowed(query, request).order_by(task.priority.desc(), task.rank, task.created_at)
    most = request.tasks if request.task_ids is None else None
    return session.scalars(query.limit(most).with_for_update()).all()


def _narrowed(query: Select[TaskRecord], request: PilotRequest) -> Select[TaskRecord]:
    if request.task_ids is not None:
        query = query.where(TaskRecord.id.in_(request.task_ids))
    if request.store_ids is not None:
        query = query.where(TaskRecord.store_id.in_(request.store_ids))
    if request.round_id is not None:
        query = query.where(TaskRecord.round_id == request.round_id)
    if request.category is not None:
        seen = select(TaskCategoryRecord.task_id).where(TaskCategoryRecord.category == request.category)
        query = query.where(TaskRecord.id.in_(seen))
    return query


def get_pilot(session: Session, id: str) -> PilotRecord:
    """Return a pilot.

    Raises:
        Problem: pilot-not-found.
    """
    pilot = session.get(PilotRecord, id)
    if pilot is None:
        raise not_found("pilot", id, remedy="GET /v1/pilots lists the pilots there are.")
    return pilot


def lock_pilot(session: Session, id: str) -> PilotRecord:
    """Return a pilot that nobody else decides until this transaction ends.

    Raises:
        Problem: pilot-not-found.
    """
    get_pilot(session, id)
    return session.scalars(select(PilotRecord).where(PilotRecord.id == id).with_for_update()).one()


def list_pilots(session: Session, limit: int) -> Sequence[PilotRecord]:
    """Return pilots, the newest first."""
    return session.scalars(select(PilotRecord).order_by(PilotRecord.id.desc()).limit(limit)).all()


def tasks_of(session: Session, pilot_id: str) -> list[str]:
    """Return the ids of a pilot's tasks."""
    tasks = select(PilotTaskRecord.task_id).where(PilotTaskRecord.pilot_id == pilot_id)
    return list(session.scalars(tasks.order_by(PilotTaskRecord.task_id)))


def count_finished(session: Session, task_ids: Sequence[str]) -> int:
    """Return how many of some tasks and their overlap copies were labelled or skipped."""
    task = TaskRecord
    ours = or_(task.id.in_(task_ids), task.copy_of.in_(task_ids) & (task.purpose == Purpose.OVERLAP))
    done = task.state.in_((TaskState.LABELLED, TaskState.SKIPPED))
    return session.scalar(select(func.count()).select_from(task).where(ours, done)) or 0


def names_of(session: Session, gtins: Iterable[str]) -> dict[str, str]:
    """Return the names of products by GTIN."""
    rows = select(ProductRecord.gtin, ProductRecord.name).where(ProductRecord.gtin.in_(list(gtins)))
    return {gtin: name for gtin, name in session.execute(rows)}
