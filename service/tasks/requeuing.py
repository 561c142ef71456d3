"""Sending labelled tasks back to be labelled anew."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeling.leases import TaskState
from retail.gtin import Gtin
from service.catalogue.states import State
from service.records import AnnotationRecord, CaptureRecord, FacingLabelRecord, TaskRecord
from service.tasks.leasing import requeue

MOST_REASON = 500


def requeue_tasks_showing(session: Session, gtin: Gtin, reason: str) -> None:
    """Queue the tasks in whose annotations a facing shows a product, whoever holds them now; the reason says why."""
    showing = (
        select(AnnotationRecord.task_id)
        .join(FacingLabelRecord, FacingLabelRecord.annotation_id == AnnotationRecord.id)
        .join(CaptureRecord, CaptureRecord.id == AnnotationRecord.capture_id)
        .where(FacingLabelRecord.gtin == gtin, FacingLabelRecord.state == State.CURRENT)
        .where(CaptureRecord.deleted_at.is_(None))  # there is nothing left to look at
    )
    tasks = select(TaskRecord).where(TaskRecord.id.in_(showing)).order_by(TaskRecord.id).with_for_update()
    for task in session.scalars(tasks):
        requeue_task(task, reason)
    session.flush()


def requeue_task(task: TaskRecord, reason: str) -> None:
    """Queue a task anew, locked by the caller, whoever holds it now; what it waits for already is still said."""
    waiting = task.state in (TaskState.QUEUED, TaskState.LEASED)  # for another change: that one is not done yet
    requeue(task)
    task.skip_reason = None
    task.reason = (f"{task.reason}; {reason}" if waiting else reason)[:MOST_REASON]
