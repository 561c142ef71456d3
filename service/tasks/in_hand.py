"""Who may look at a task: what an annotator has in hand, and what others may see of their stores."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeling.leases import TaskState, is_expired
from service.auth.callers import Caller
from service.problems import Problem, not_found
from service.records import CaptureRecord, TaskRecord
from service.tasks.answers import only_own
from service.tasks.drafts import draft_of


def shown_task(session: Session, task_id: str, caller: Caller) -> tuple[TaskRecord, CaptureRecord]:
    """Return a task that the caller may look at, and its capture.

    An annotator sees what he holds, or has a draft of; all else is answered as if it were not there, so that a blind
    copy looks like any other task. Others see every task of their stores.

    Raises:
        Problem: task-not-found.
    """
    found = select(TaskRecord, CaptureRecord).join(CaptureRecord, CaptureRecord.id == TaskRecord.capture_id)
    row = session.execute(found.where(TaskRecord.id == task_id)).one_or_none()
    if row is None:
        raise _not_found(task_id)
    task, capture = row
    if not caller.may_reach(capture.store_id):
        raise _not_found(task_id, hidden_in=capture.store_id)
    if only_own(caller) is not None and not _has_in_hand(session, task, caller.id):
        raise _not_found(task_id)
    return task, capture


def is_held(task: TaskRecord, holder: str, now: datetime) -> bool:
    """Whether somebody holds a task now."""
    leased = task.state == TaskState.LEASED and task.leased_by == holder
    return leased and task.leased_until is not None and not is_expired(task.leased_until, now)


def _has_in_hand(session: Session, task: TaskRecord, annotator_id: str) -> bool:
    if task.state == TaskState.LEASED and task.leased_by == annotator_id:
        return True
    return task.state in (TaskState.QUEUED, TaskState.LEASED) and draft_of(session, task.id, annotator_id) is not None


def _not_found(task_id: str, hidden_in: str | None = None) -> Problem:
    return not_found("task", task_id, remedy="Lease tasks with POST /v1/tasks/lease.", hidden_in=hidden_in)
