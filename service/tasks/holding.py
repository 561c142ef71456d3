"""Taking tasks, and what may become of those that one holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, String, bindparam, or_, update
from sqlalchemy.orm import Session

from labeling.costs import ASSUMED_COST
from labeling.leases import Effort, EscalationReason, Lease, SkipReason, TaskState, fit_tasks
from service.prepared import is_one_of
from service.problems import Problem
from service.quality.gold import blind_task_for
from service.records import PassRecord, TaskRecord
from service.tasks.leasing import finishing, hold, put, queued, requeue, take
from service.tasks.queries import add_pass, newest_cost, of_category, predicted_boxes_ahead, unknown_to
from service.tasks.schemas import MOST_PRIORITY, MOST_TASKS, LeaseRequest

ESCALATED = 10  # added to the priority of what waits for an expert


@dataclass(frozen=True, slots=True)
class LeaseRules:
    """What holds for every lease.

    Attributes:
        minutes: it lasts.
        most_held: tasks in one person's hands, about: two requests of one person at once may exceed it.
        gold_share: of the tasks handed out are copies with known answers.
    """

    minutes: float
    most_held: int = 200
    gold_share: float = 0.0


def take_tasks(
    session: Session,
    request: LeaseRequest,
    annotator_id: str,
    store_ids: frozenset[str] | None,
    now: datetime,
    rules: LeaseRules,
    *,
    expert: bool = False,
) -> tuple[Lease, list[TaskRecord]]:
    """Lease the first queued tasks that fit the request; none if there is none for this annotator.

    Args:
        session: for writing; no other transaction gets these tasks, before its end or after.
        request: how much work, and of what.
        annotator_id: who holds the lease.
        store_ids: only tasks of these stores; None for all.
        now: the lease begins.
        rules: for every lease.
        expert: whether the annotator gets tasks for experts, too, and these first.
    """
    if request.store_ids is not None:
        asked = frozenset(request.store_ids)
        store_ids = asked if store_ids is None else store_ids & asked
    where, given = _wanted_again(session, request, annotator_id, store_ids)
    fitting = _fitting(session, request)
    limited = request.boxes is not None or request.minutes is not None
    most = request.count or (MOST_TASKS if limited else 1)
    if limited:
        ahead = queued(TaskRecord, wanted(request, annotator_id, store_ids), expert)
        most = fitting(predicted_boxes_ahead(session, ahead, most))
    lease, heads = take(
        session,
        TaskRecord,
        annotator_id,
        now,
        rules.minutes,
        most=most,
        where=where,
        given=given,
        experts=expert,
        most_held=rules.most_held,
    )
    kept = _different_parts(heads)
    kept = kept[: fitting([task.predicted_boxes for task in kept])]  # others may have taken what was looked at
    given_out = _with_gold(session, kept, lease, now, rules.gold_share, store_ids, request.category)
    _put_back(session, heads, given_out)
    return lease, given_out


def skip_task(
    session: Session,
    task_id: str,
    annotator_id: str,
    token: str,
    now: datetime,
    reason: SkipReason,
    note: str | None,
) -> TaskRecord:
    """Pass a task over that the annotator holds: nobody is asked to label it again.

    Raises:
        Problem: as `leasing.hold` does.
    """
    task = finishing(TaskRecord, task_id, annotator_id, token, now, TaskState.SKIPPED).ask(session)
    task.skip_reason, task.note = reason, note
    _pass_on(session, task, annotator_id, "skipped", reason, note, now)
    return task


def release_task(session: Session, task_id: str, annotator_id: str, token: str, now: datetime) -> TaskRecord:
    """Give a task back for others, that the annotator holds.

    Raises:
        Problem: as `leasing.hold` does.
    """
    task = hold(session, TaskRecord, task_id, annotator_id, token, now)
    requeue(task)
    return task


def escalate_task(
    session: Session,
    task_id: str,
    annotator_id: str,
    token: str,
    now: datetime,
    reason: EscalationReason,
    note: str | None,
) -> TaskRecord:
    """Leave a task that the annotator holds to an expert, before all that waits.

    Raises:
        Problem: as `leasing.hold` does; already-with-experts.
    """
    task = hold(session, TaskRecord, task_id, annotator_id, token, now)
    if task.expert:
        raise Problem(
            409,
            "already-with-experts",
            "This task was escalated before.",
            remedy="Release it for another expert, or skip it.",
        )
    requeue(task)
    task.expert, task.priority, task.note = True, min(task.priority + ESCALATED, MOST_PRIORITY), note
    _pass_on(session, task, annotator_id, "escalated", reason, note, now)
    return task


def prioritise(session: Session, task: TaskRecord, priority: int) -> None:
    """Let a task come sooner or later, and with it its blind copies: they must not be told by it."""
    with_copies = update(TaskRecord).where(or_(TaskRecord.id == task.id, TaskRecord.copy_of == task.id))
    session.execute(with_copies.values(priority=priority), execution_options={"synchronize_session": "fetch"})
    session.refresh(task)


def wanted(request: LeaseRequest, annotator_id: str, store_ids: frozenset[str] | None) -> list[ColumnElement[bool]]:
    """Say which queued tasks an annotator may get that fit what he asked for."""
    in_stores = None if store_ids is None else TaskRecord.store_id.in_(sorted(store_ids))
    return _conditions(annotator_id, in_stores, request.kind, request.category)


def _wanted_again(
    session: Session, request: LeaseRequest, annotator_id: str, store_ids: frozenset[str] | None
) -> tuple[tuple[ColumnElement[bool], ...], dict[str, Any]]:
    """Return the same conditions with bound parameters, made once, and the parameters' values."""
    values = {
        "of_annotator": annotator_id,
        "of_stores": None if store_ids is None else sorted(store_ids),
        "of_kind": request.kind,
        "of_category": request.category,
    }
    given = {name: value for name, value in values.items() if value is not None}
    return _bound_conditions(frozenset(given), session.get_bind().dialect.name), given


@cache
def _bound_conditions(names: frozenset[str], dialect: str) -> tuple[ColumnElement[bool], ...]:
    in_stores = is_one_of(TaskRecord.store_id, "of_stores", dialect) if "of_stores" in names else None
    bound = {name: bindparam(name, type_=String) for name in names}
    return tuple(_conditions(bound["of_annotator"], in_stores, bound.get("of_kind"), bound.get("of_category")))


def _conditions(
    annotator: str | BindParameter[str],
    in_stores: ColumnElement[bool] | None,
    kind: str | BindParameter[str] | None,
    category: str | BindParameter[str] | None,
) -> list[ColumnElement[bool]]:
    found = unknown_to(annotator)
    if in_stores is not None:
        found.append(in_stores)
    if kind is not None:
        found.append(TaskRecord.kind == kind)
    if category is not None:
        found.append(of_category(category))
    return found


def _fitting(session: Session, request: LeaseRequest) -> Callable[[Sequence[int]], int]:
    """Return what says how many tasks of so many boxes each fit into the lease."""
    if request.boxes is None and request.minutes is None:
        return len
    cost = ASSUMED_COST if request.minutes is None else newest_cost(session)

    def fitting(boxes: Sequence[int]) -> int:
        efforts = [Effort(number, cost.seconds(number)) for number in boxes]
        return fit_tasks(efforts, boxes=request.boxes, minutes=request.minutes)

    return fitting


def _different_parts(tasks: Sequence[TaskRecord]) -> list[TaskRecord]:
    """Leave out tasks of a part that an earlier one is of: a task and its blind copy, or two copies."""
    first = {(task.capture_id, task.kind, task.part): task for task in reversed(tasks)}
    return [task for task in tasks if first[task.capture_id, task.kind, task.part] is task]


def _with_gold(
    session: Session,
    heads: Sequence[TaskRecord],
    lease: Lease,
    now: datetime,
    share: float,
    store_ids: frozenset[str] | None,
    category: str | None,
) -> list[TaskRecord]:
    """Return as many tasks as there are heads: the heads in their order, and now and then gold before one."""
    given_out: list[TaskRecord] = []
    waiting = list(heads)
    while len(given_out) < len(heads):
        gold = share > 0 and blind_task_for(
            session, lease.annotator_id, waiting[0], now, share=share, store_ids=store_ids, category=category
        )
        if gold:
            put(gold, lease, now)
            session.flush()
        given_out.append(gold or waiting.pop(0))
    return given_out


def _put_back(session: Session, heads: Sequence[TaskRecord], given_out: Sequence[TaskRecord]) -> None:
    kept = {task.id for task in given_out}
    for task in heads:
        if task.id not in kept:
            requeue(task)
            task.leased_by = None  # who has not seen it
    session.flush()


def _pass_on(
    session: Session, task: TaskRecord, annotator_id: str, how: str, reason: str, note: str | None, now: datetime
) -> None:
    passed = PassRecord(annotator=annotator_id, capture_id=task.capture_id, kind=task.kind, part=task.part)
    passed.task_id, passed.how, passed.reason, passed.note, passed.at = task.id, how, reason, note, now
    add_pass(session, passed)
