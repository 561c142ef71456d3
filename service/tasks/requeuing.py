"""Sending labelled tasks back to be labelled anew."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeling.leases import TaskState, check_transition
from retail.gtin import Gtin
from service.catalogue.states import State
from service.records import AnnotationRecord, FacingLabelRecord, TaskRecord

MOST_REASON = 500


def requeue_tasks_showing(session: Session, gtin: Gtin, reason: str) -> None:
    """Queue the tasks in whose annotations a facing shows a product, whoever holds them now; the reason says why."""
    showing = (
        select(AnnotationRecord.task_id)
        .join(FacingLabelRecord, FacingLabelRecord.annotation_id == AnnotationRecord.id)
        .where(FacingLabelRecord.gtin == gtin, FacingLabelRecord.state == State.CURRENT)
    )
    tasks = select(TaskRecord).where(TaskRecord.id.in_(showing)).order_by(TaskRecord.id).with_for_update()
    for task in session.scalars(tasks):
        waiting = task.state in (TaskState.QUEUED, TaskState.LEASED)  # for another change: that one is not done yet
        if task.state != TaskState.QUEUED:
            check_transition(TaskState(task.state), TaskState.QUEUED)
        task.state, task.leased_by, task.leased_until = TaskState.QUEUED, None, None
        task.skip_reason = None
        task.reason = (f"{task.reason}; {reason}" if waiting else reason)[:MOST_REASON]
    session.flush()
