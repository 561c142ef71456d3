"""A second person judges what somebody labelled: accepts it, corrects it, or sends it back to the queue."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from labeling.leases import Lease, TaskState
from labeling.tiles import bounded
from service.ids import new_id
from service.inserting import insert_if_new
from service.problems import Problem
from service.quality.review_queries import newest_review, open_to, review_of
from service.records import AnnotationRecord, PassRecord, ReviewRecord, TaskRecord
from service.tasks.annotating import checked_boxes, keep_boxes
from service.tasks.leasing import finish, hold, take
from service.tasks.queries import add_pass, annotation_of, capture_of, get_task, lock_task
from service.tasks.requeuing import MOST_REASON, requeue_task
from service.tasks.schemas import BoxIn

_RANKS = 1_000_000  # steps between a certain finding and none


class Decision(StrEnum):
    """What a reviewer decides about an annotation."""

    ACCEPT = "accept"
    CORRECT = "correct"
    SEND_BACK = "send_back"


def open_review(
    session: Session,
    annotation: AnnotationRecord,
    store_id: str,
    reason: str,
    findings: Iterable[dict[str, Any]],
    now: datetime,
) -> None:
    """Ask for a review of an annotation; the surer its worst finding, the sooner. One that was decided stays so.

    Args:
        session: for writing.
        annotation: what is to be reviewed.
        store_id: of its capture.
        reason: in words.
        findings: ``error``, ``probability``, ``place`` in the boxes or None, ``box`` to look at, ``suggested`` box.
        now: the time.
    """
    worst_first = sorted(findings, key=lambda finding: -finding["probability"])
    rank = _rank(worst_first)
    new = insert_if_new(
        session,
        ReviewRecord,
        id=new_id(now),
        annotation_id=annotation.id,
        task_id=annotation.task_id,
        capture_id=annotation.capture_id,
        store_id=store_id,
        annotator=annotation.annotator,
        created_at=now,
        reason=reason[:MOST_REASON],
        findings=worst_first,
        state=TaskState.QUEUED,
        priority=0,
        rank=rank,
        expert=False,
    )
    if new:
        return
    review = review_of(session, annotation.id)
    if review is not None and review.state == TaskState.QUEUED and worst_first:
        review.findings = sorted([*review.findings, *worst_first], key=lambda finding: -finding["probability"])
        review.rank = min(review.rank, rank)
        review.reason = f"{review.reason}; {reason}"[:MOST_REASON]


def ask_for_review(
    session: Session, task_id: str, reason: str, store_ids: frozenset[str] | None, now: datetime
) -> ReviewRecord:
    """Open a review of what counts of a task, or return the one there is.

    Raises:
        Problem: task-not-found or not-labelled.
    """
    task, _ = get_task(session, task_id, store_ids)
    annotation = annotation_of(session, task.id)
    if annotation is None:
        remedy = "Choose a labelled task: GET /v1/tasks?state=labelled."
        raise Problem(409, "not-labelled", "Nobody has labelled this task.", field="task_id", remedy=remedy)
    open_review(session, annotation, task.store_id, reason, (), now)
    return newest_review(session, task.id, store_ids)


def lease_reviews(
    session: Session,
    reviewer: str,
    store_ids: frozenset[str] | None,
    most: int,
    task_id: str | None,
    now: datetime,
    minutes: float,
) -> tuple[Lease, Sequence[ReviewRecord]]:
    """Lease the first reviews of what others labelled, or the one of a task."""
    where = open_to(reviewer, store_ids)
    if task_id is not None:
        where.append(ReviewRecord.task_id == task_id)
    return take(session, ReviewRecord, reviewer, now, minutes, most=most, where=where, experts=True)


def hold_review(
    session: Session, task_id: str, reviewer: str, token: str, store_ids: frozenset[str] | None, now: datetime
) -> ReviewRecord:
    """Return the review of a task that somebody holds.

    Raises:
        Problem: review-not-found, lease-not-yours, lease-expired or lease-already-used.
    """
    newest = newest_review(session, task_id, store_ids)
    return hold(session, ReviewRecord, newest.id, reviewer, token, now)


def decide(
    session: Session,
    review: ReviewRecord,
    decision: Decision,
    boxes: Sequence[BoxIn] | None,
    note: str | None,
    reviewer: str,
    now: datetime,
) -> None:
    """Do what a reviewer decided about a review that he holds; the caller holds the catalogue.

    Raises:
        Problem: annotation-overtaken where another annotation counts by now; boxes-missing, annotation-invalid,
            product-unknown and their like where boxes are corrected.
    """
    task = lock_task(session, review.task_id)
    annotation = annotation_of(session, task.id)
    if annotation is None or annotation.id != review.annotation_id:
        raise Problem(
            409,
            "annotation-overtaken",
            "Another annotation of this task counts by now.",
            remedy="Lease another review; this one needs no decision any more.",
        )
    if decision is Decision.CORRECT:
        if boxes is None:
            remedy = "Send all boxes, those that were right included; none at all is an empty list."
            raise Problem(422, "boxes-missing", "Correcting takes boxes.", field="boxes", remedy=remedy)
        corrected = checked_boxes(boxes, capture_of(session, task))
        if task.tile is not None:
            corrected = bounded(corrected, task.tile)
        keep_boxes(session, task, corrected, annotator=reviewer, source="review", now=now)
    elif decision is Decision.SEND_BACK:
        _send_back(session, task, annotation.annotator, note, now)
    finish(review, TaskState.LABELLED)
    review.decision, review.decided_by, review.decided_at, review.note = decision, reviewer, now, note


def _send_back(session: Session, task: TaskRecord, annotator: str, note: str | None, now: datetime) -> None:
    """Queue a task for somebody else than who labelled it."""
    requeue_task(task, f"a review sent it back: {note}" if note else "a review sent it back")
    passed = PassRecord(annotator=annotator, capture_id=task.capture_id, kind=task.kind, part=task.part, at=now)
    passed.task_id, passed.how, passed.reason, passed.note = task.id, "sent_back", "review", note
    add_pass(session, passed)


def _rank(worst_first: Sequence[dict[str, Any]]) -> int:
    return _RANKS - round(_RANKS * worst_first[0]["probability"]) if worst_first else 0
