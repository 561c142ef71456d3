"""What waits in the queue for one annotator, and what he holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from labeling.leases import TaskState
from service.records import StoreRecord, TaskCategoryRecord, TaskRecord
from service.tasks.holding import wanted
from service.tasks.leasing import queued
from service.tasks.queries import newest_cost
from service.tasks.schemas import LeaseRequest

MOST_COUNTED = 1000
_FEW = 10


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits, and by what it can be narrowed.

    Attributes:
        tasks: how many, rounded down to tens; 0 also where there are fewer than ten. Exact numbers would tell a hidden
            gold task: leasing one takes nothing out of the queue.
        any: whether there are any.
        minutes: modelled annotator minutes for `tasks`.
        more: whether there are more than were counted.
        stores: name by id, of stores with queued tasks.
        categories: levels joined by "/", of queued tasks.
    """

    tasks: int
    any: bool
    minutes: int
    more: bool
    stores: dict[str, str]
    categories: tuple[str, ...]


def waiting_for(
    session: Session,
    request: LeaseRequest,
    annotator_id: str,
    store_ids: frozenset[str] | None,
    *,
    expert: bool,
) -> Waiting:
    """Return what a lease request would be served from; `store_ids` are those in the key's reach, None for all."""
    asked = store_ids
    if request.store_ids is not None:
        asked = frozenset(request.store_ids) & (store_ids if store_ids is not None else frozenset(request.store_ids))
    first = queued(TaskRecord, wanted(request, annotator_id, asked), expert)
    boxes = session.scalars(first.with_only_columns(TaskRecord.predicted_boxes).limit(MOST_COUNTED)).all()
    cost, tasks = newest_cost(session), len(boxes) // _FEW * _FEW
    return Waiting(
        tasks=tasks,
        any=bool(boxes),
        minutes=round(sum(map(cost.seconds, boxes[:tasks])) / 60),
        more=len(boxes) == MOST_COUNTED,
        stores=_stores(session, store_ids),
        categories=_categories(session, store_ids),
    )


def held_by(session: Session, annotator_id: str, now: datetime) -> Sequence[TaskRecord]:
    """Return the tasks that an annotator holds now, in the order of labelling."""
    held = select(TaskRecord).where(
        TaskRecord.leased_by == annotator_id, TaskRecord.state == TaskState.LEASED, TaskRecord.leased_until > now
    )
    return session.scalars(held.order_by(TaskRecord.priority.desc(), TaskRecord.rank, TaskRecord.created_at)).all()


def _stores(session: Session, store_ids: frozenset[str] | None) -> dict[str, str]:
    there = select(TaskRecord.store_id).where(*_in_reach(store_ids))
    rows = session.execute(
        select(StoreRecord.id, StoreRecord.name).where(StoreRecord.id.in_(there)).order_by(StoreRecord.name)
    )
    return {id: name for id, name in rows}


def _categories(session: Session, store_ids: frozenset[str] | None) -> tuple[str, ...]:
    shown = select(TaskCategoryRecord.category).join(TaskRecord, TaskRecord.id == TaskCategoryRecord.task_id)
    of_queued = shown.where(*_in_reach(store_ids)).distinct()
    return tuple(session.scalars(of_queued.order_by(TaskCategoryRecord.category).limit(MOST_COUNTED)))


def _in_reach(store_ids: frozenset[str] | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [TaskRecord.state == TaskState.QUEUED]
    return conditions if store_ids is None else [*conditions, TaskRecord.store_id.in_(sorted(store_ids))]
