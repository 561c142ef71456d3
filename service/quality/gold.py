"""Tasks with known answers, hidden in the queue.

A blind copy is made when it is handed out, and takes all that could tell it apart from the head of the queue, in whose
place the annotator gets it: round, arm, rank, priority, times, even the time in its id. Its photo, tile, boxes and the
words why it was picked are the gold task's own.
"""

import secrets
from datetime import datetime
from zlib import crc32

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeling.leases import Purpose, TaskKind, TaskState
from service.ids import new_id
from service.problems import Problem, not_found
from service.quality.gold_queries import find_gold, gold_for, picked_because, returned_copy_for
from service.quality.review_queries import review_of
from service.records import GoldRecord, TaskRecord
from service.tasks.queries import annotation_of, get_task

_chance = secrets.SystemRandom()
_COPIES = 2**31  # a number of its own for each annotator, so that nobody gets two copies of one gold task


def blind_task_for(
    session: Session,
    annotator: str,
    head_task: TaskRecord,
    now: datetime,
    *,
    share: float,
    store_ids: frozenset[str] | None,
    category: str | None,
) -> TaskRecord | None:
    """Return a queued blind copy of a gold task for an annotator, by chance; most times None.

    Args:
        session: for writing.
        annotator: gets no copy of what he worked on, nor of what he reviewed or made gold.
        head_task: what he would get otherwise.
        now: when he asks.
        share: chance of a blind copy, 0 to 1.
        store_ids: gold of these stores only; None for all.
        category: gold of this category only; None for all.
    """
    if head_task.kind != TaskKind.BOXES or _chance.random() >= share:
        return None
    returned = returned_copy_for(session, annotator, store_ids, category)
    if returned is not None:
        return returned
    gold = gold_for(session, annotator, store_ids, category)
    return None if gold is None else _copy(session, gold, head_task, annotator)


def make_gold(session: Session, task_id: str, by: str, store_ids: frozenset[str] | None, now: datetime) -> GoldRecord:
    """Let a reviewed task's annotation be the known answer of its blind copies.

    Raises:
        Problem: task-not-found; not-labelled; not-reviewed.
    """
    task, _ = get_task(session, task_id, store_ids)
    annotation = annotation_of(session, task.id)
    if annotation is None or task.state != TaskState.LABELLED or task.kind != TaskKind.BOXES:
        remedy = "Choose a labelled task: GET /v1/tasks?state=labelled."
        raise Problem(409, "not-labelled", "Gold is made from what somebody labelled.", field="task_id", remedy=remedy)
    review = review_of(session, annotation.id)
    if annotation.source != "review" and (review is None or review.decision != "accept"):
        remedy = "Ask for a review with POST /v1/reviews, and accept or correct the annotation."
        detail = "Nobody has reviewed what counts of this task; gold has to be right."
        raise Problem(409, "not-reviewed", detail, field="task_id", remedy=remedy)
    gold = find_gold(session, task.id) or GoldRecord(task_id=task.id)
    gold.annotation_id, gold.store_id, gold.by = annotation.id, task.store_id, by
    gold.created_at, gold.retired_at = now, None
    session.add(gold)
    return gold


def retire_gold(session: Session, task_id: str, store_ids: frozenset[str] | None, now: datetime) -> GoldRecord:
    """Hand out no more copies of a gold task; what was marked against it stays.

    Raises:
        Problem: gold-not-found.
    """
    gold = find_gold(session, task_id)
    hidden = gold is not None and store_ids is not None and gold.store_id not in store_ids
    if gold is None or hidden:
        hidden_in = None if gold is None else gold.store_id
        raise not_found("gold", task_id, remedy="GET /v1/gold lists the gold there is.", hidden_in=hidden_in)
    gold.retired_at = gold.retired_at or now
    return gold


def _copy(session: Session, gold: TaskRecord, head: TaskRecord, annotator: str) -> TaskRecord | None:
    copy = TaskRecord(
        id=new_id(head.created_at),
        round_id=head.round_id,
        capture_id=gold.capture_id,
        store_id=gold.store_id,
        created_at=head.created_at,
        state=TaskState.QUEUED,
        priority=head.priority,
        rank=head.rank,
        expert=head.expert,
        kind=gold.kind,
        purpose=Purpose.GOLD,
        part=gold.part,
        tile=gold.tile,
        copy=crc32(annotator.encode()) % _COPIES,
        copy_of=gold.id,
        arm=head.arm,
        reason=picked_because(session, gold),
        predicted_boxes=gold.predicted_boxes,
    )
    try:
        with session.begin_nested():
            session.add(copy)
    except IntegrityError:  # his other request took this one a moment ago
        return None
    return copy
