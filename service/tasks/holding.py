"""Taking tasks, and proving that one still holds them."""

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from labeling.costs import ASSUMED_COST
from labeling.leases import Effort, Lease, TaskState, check_transition, fit_tasks, is_expired, open_lease
from service.problems import Problem
from service.records import TaskRecord
from service.tasks.queries import lock_next_queued, lock_task, return_expired
from service.tasks.schemas import MOST_TASKS, LeaseRequest


def take_tasks(
    session: Session,
    request: LeaseRequest,
    annotator_id: str,
    store_ids: frozenset[str] | None,
    now: datetime,
    minutes: float,
) -> tuple[Lease, list[TaskRecord]]:
    """Lease the first queued tasks that fit the request; none if the queue is empty.

    Args:
        session: for writing; no other transaction gets these tasks, before its end or after.
        request: how much work.
        annotator_id: who holds the lease.
        store_ids: only tasks of these stores; None for all.
        now: the lease begins.
        minutes: it lasts.
    """
    return_expired(session, now)
    lease = open_lease(annotator_id, now, minutes, lambda: _new_token(now, minutes))
    taken: list[TaskRecord] = []
    while len(taken) < _most(request):
        task = lock_next_queued(session, store_ids, [task.id for task in taken])
        if task is None or not _fits(request, [*taken, task]):
            break
        _change(task, TaskState.LEASED)
        task.lease_token, task.leased_by, task.leased_until = lease.token, annotator_id, lease.leased_until
        taken.append(task)
    session.flush()
    return lease, taken


def hold_task(session: Session, task_id: str, annotator_id: str, token: str, now: datetime) -> TaskRecord:
    """Return a task that this annotator holds with this token, locked until the transaction ends.

    Raises:
        Problem: task-not-found, lease-not-yours, lease-expired or lease-already-used.
    """
    task = lock_task(session, task_id)
    if not secrets.compare_digest((task.lease_token or "").encode(), token.encode()):
        raise _expired() if _ended(token, now) else _not_yours()
    if task.state in (TaskState.LABELLED, TaskState.SKIPPED):
        raise Problem(
            409,
            "lease-already-used",
            f"This task was {task.state} with this lease already.",
            field="lease_token",
            remedy=f"GET /v1/tasks/{task.id} shows what became of it; lease another one.",
        )
    if task.leased_until is None or is_expired(task.leased_until, now):
        raise _expired()
    if task.leased_by != annotator_id:
        raise _not_yours()
    return task


def finish_task(task: TaskRecord, state: TaskState) -> None:
    """End the hold; the token stays, so that using it twice can be told from never having had it."""
    _change(task, state)
    task.leased_until = None


def _change(task: TaskRecord, state: TaskState) -> None:
    check_transition(TaskState(task.state), state)
    task.state = state


def _most(request: LeaseRequest) -> int:
    unlimited = request.boxes is not None or request.minutes is not None
    return request.count or (MOST_TASKS if unlimited else 1)


def _fits(request: LeaseRequest, tasks: list[TaskRecord]) -> bool:
    if request.boxes is None and request.minutes is None:
        return True
    efforts = [Effort(task.predicted_boxes, ASSUMED_COST.seconds(task.predicted_boxes)) for task in tasks]
    return fit_tasks(efforts, boxes=request.boxes, minutes=request.minutes) == len(tasks)


def _new_token(now: datetime, minutes: float) -> str:
    # Carries its end, so that who comes too late is told so even after the task went to somebody else.
    return f"{int(now.timestamp() + 60 * minutes)}.{secrets.token_urlsafe(24)}"


def _ended(token: str, now: datetime) -> bool:
    end = token.partition(".")[0]
    return end.isdecimal() and len(end) < 16 and int(end) <= now.timestamp()


def _expired() -> Problem:
    return Problem(
        409,
        "lease-expired",
        "This lease has ended; the task went back to the queue.",
        field="lease_token",
        remedy="Lease tasks again with POST /v1/tasks/lease.",
    )


def _not_yours() -> Problem:
    return Problem(
        403,
        "lease-not-yours",
        "This is not the lease of this task.",
        field="lease_token",
        remedy="Send the lease_token that came with the task, with the key that leased it.",
    )
