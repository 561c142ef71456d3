"""Drafts: what an annotator's page keeps of a task while it is being labelled."""

from datetime import datetime

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session

from service.inserting import insert_if_new
from service.problems import Problem
from service.records import AnnotationRecord, BlindAnnotationRecord, DraftRecord, TaskRecord, VerdictAnnotationRecord
from service.tasks.showing_schemas import DraftAnswer, DraftRequest

_ANSWERS = (AnnotationRecord, BlindAnnotationRecord, VerdictAnnotationRecord)
_ENDED = "Your lease has ended. This draft is kept until somebody labels the task; lease it again to go on."


def keep_draft(
    session: Session, task: TaskRecord, annotator_id: str, request: DraftRequest, now: datetime
) -> DraftRecord:
    """Keep and return what somebody who holds a task has drawn so far; the same draft sent again changes nothing.

    Raises:
        Problem: draft-outdated, if one of a higher number is kept, or another one of the same.
    """
    of_task = {"task_id": task.id, "annotator": annotator_id}
    new = {"number": request.number, "saved_at": now, "content": request.content}
    is_new = insert_if_new(session, DraftRecord, **of_task, **new)
    kept = session.get_one(DraftRecord, (task.id, annotator_id), with_for_update=True, populate_existing=True)
    if is_new or (request.number, request.content) == (kept.number, kept.content):
        return kept
    if request.number <= kept.number and not _is_over(session, kept):
        raise Problem(
            409,
            "draft-outdated",
            f"Draft {kept.number} of this task is kept already, this one is {request.number}.",
            field="number",
            remedy="GET the draft, go on from it, and count on from its number.",
            members={"number": kept.number},
        )
    kept.number, kept.saved_at, kept.content = request.number, now, request.content
    return kept


def draft_of(session: Session, task_id: str, annotator_id: str) -> DraftRecord | None:
    """Return somebody's draft of a task; None if there is none, or the task was labelled since."""
    kept = session.get(DraftRecord, (task_id, annotator_id))
    return None if kept is None or _is_over(session, kept) else kept


def forget_draft(session: Session, task_id: str, annotator_id: str, number: int) -> None:
    """Forget somebody's draft of a task unless one of a higher number is kept by now."""
    own = delete(DraftRecord).where(DraftRecord.task_id == task_id, DraftRecord.annotator == annotator_id)
    session.execute(own.where(DraftRecord.number <= number))


def forget_drafts(session: Session, task_id: str) -> None:
    """Forget everybody's drafts of a task that was just labelled."""
    session.execute(delete(DraftRecord).where(DraftRecord.task_id == task_id))


def draft_answer(draft: DraftRecord, *, held: bool) -> DraftAnswer:
    """Return a draft for whom it is of, who holds the task or does so no more."""
    return DraftAnswer(
        number=draft.number,
        saved_at=draft.saved_at,
        content=draft.content,
        lease_ended=not held,
        message=None if held else _ENDED,
    )


def _is_over(session: Session, draft: DraftRecord) -> bool:
    """Whether the task was labelled since, by whomever and in whatever way."""
    since = [exists().where(one.task_id == draft.task_id, one.created_at >= draft.saved_at) for one in _ANSWERS]
    return bool(session.scalar(select(or_(*since))))
