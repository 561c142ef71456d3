"""Turning events into annotations, skips and reviews: each change once, the newest of an annotation last."""

import json
import logging
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from labeling.actions import count_actions
from labeling.annotations import FLAGS, AnnotatedBox, InvalidAnnotation
from labeling.formats.label_studio import boxes_of
from labeling.formats.sets import SAME
from labeling.leases import Lease, SkipReason, TaskState
from service.catalogue.queries import hold_catalogue
from service.context import Context
from service.ids import new_id
from service.label_studio.queries import HOLDER, is_sent, link_of, lock_event, waiting_events
from service.naming.shelf_references import NamedFacings, pictures_of_named
from service.problems import Problem
from service.quality.consensus import after_label
from service.quality.review_queries import review_of
from service.quality.reviews import Decision, decide, open_review
from service.records import AnnotationRecord, CaptureRecord, LabelStudioEventRecord, LabelStudioTaskRecord, TaskRecord
from service.tasks.annotating import box_json, checked_boxes, keep_boxes
from service.tasks.holding import skip_task
from service.tasks.leasing import finish, put, requeue
from service.tasks.prelabels import boxes_beforehand
from service.tasks.queries import annotation_of, capture_of, lock_task
from service.tasks.schemas import BoxIn

log = logging.getLogger(__name__)
MOST_AT_ONCE = 100
MOST_LETTERS = 500
FROM_THERE = "label_studio"  # the source of annotations
_AGAIN = "Draw it anew in Label Studio."


def take_waiting(context: Context) -> int:
    """Take the events that wait, and return how many were; one that goes wrong holds up no other."""
    with context.database.read() as session:
        ids = waiting_events(session, MOST_AT_ONCE)
    taken = 0
    for id in ids:
        try:
            taken += _take(context, id)
        except Problem as problem:
            _refuse(context, id, problem.detail)
        except InvalidAnnotation as error:
            _refuse(context, id, str(error))
        except Exception:  # tried again
            log.exception("Event %s of Label Studio could not be taken", id)
    return taken


def _refuse(context: Context, id: str, detail: str) -> None:
    with context.database.write() as session:
        event = lock_event(session, id)
        if event is not None:
            event.state, event.detail = "refused", detail[:MOST_LETTERS]
            log.warning("An annotation from Label Studio was refused: %s", detail)


def _take(context: Context, id: str) -> bool:
    with context.database.read() as session:
        event = session.get_one(LabelStudioEventRecord, id)
        link = link_of(session, event.project_id, event.number)
        if link is None:
            if is_sent(session, event.project_id):
                raise _refusal(f"Task {event.number} there is not one that was handed over.")
            return False  # its number is about to be noted
        capture = session.get_one(CaptureRecord, session.get_one(TaskRecord, link.task_id).capture_id)
    boxes = _boxes(event.annotation, capture)
    with pictures_of_named(context, link.task_id, boxes) as named, context.database.write() as session:
        return _keep(context, session, id, boxes, named)


def _boxes(annotation: dict[str, Any], capture: CaptureRecord) -> list[BoxIn]:
    if annotation["was_cancelled"]:
        return []
    drawn = boxes_of(annotation["result"] or (), (capture.width, capture.height))
    return [
        BoxIn(
            kind=box.kind.value,
            box=(box.x1, box.y1, box.x2, box.y2),
            gtin=box.gtin,
            **{flag: getattr(box, flag) for flag in FLAGS},
        )
        for box in drawn
    ]


def _keep(context: Context, session: Session, id: str, boxes: list[BoxIn], named: NamedFacings) -> bool:
    """Take one event in one transaction; False if another worker does."""
    hold_catalogue(session)
    event = lock_event(session, id)
    if event is None:
        return False
    link = link_of(session, event.project_id, event.number)
    assert link is not None
    task, now = lock_task(session, link.task_id), context.clock()
    change = _Change(event.annotation)
    event.state, kept = "known", False
    if not change.is_known(link):
        event.state, kept = "taken", _apply(context, session, task, link, change, boxes, now)
        link.annotation, link.changed_at, link.digest = change.number, change.at, change.digest
    if kept:
        named.keep(session, now)
    else:
        named.needless += [one.image_key for found in named.by_gtin.values() for one in found]
    return True


class _Change:
    """What an annotation of Label Studio says."""

    def __init__(self, annotation: dict[str, Any]) -> None:
        self.number = int(annotation["id"])
        self.at = datetime.fromisoformat(annotation["updated_at"])
        self.cancelled = bool(annotation["was_cancelled"])
        self.starred = bool(annotation["ground_truth"])
        self.annotator = _person(annotation["completed_by"])
        self.changed_by = _person(annotation["updated_by"] or annotation["completed_by"])
        self.seconds = _seconds(annotation["lead_time"])
        said = json.dumps([annotation["result"], self.cancelled, self.starred], sort_keys=True)
        self.digest = sha256(said.encode()).hexdigest()

    def is_known(self, link: LabelStudioTaskRecord) -> bool:
        """Whether it was taken before, something later of this task was, or it says what was taken last."""
        if link.changed_at is None:
            return False
        return self.at <= link.changed_at or (self.number == link.annotation and self.digest == link.digest)


def _person(number: Any) -> str:
    return f"{HOLDER}:{number}"[:32]


def _seconds(lead_time: Any) -> float | None:
    """Return Label Studio's lead time, None where there is no sensible one."""
    known = isinstance(lead_time, int | float) and math.isfinite(lead_time) and lead_time >= 0
    return float(lead_time) if known else None


def _apply(
    context: Context,
    session: Session,
    task: TaskRecord,
    link: LabelStudioTaskRecord,
    change: _Change,
    boxes: list[BoxIn],
    now: datetime,
) -> bool:
    """Do what a change says, and tell whether other boxes count since."""
    _check_free(task, capture_of(session, task))
    counting = annotation_of(session, task.id) if task.state == TaskState.LABELLED else None
    if counting is not None:
        return _review(session, task, link, counting, change, boxes, now)
    if not change.cancelled:
        _hold(task, now)
        _label(session, task, change, boxes, now)
        after_label(session, task, now, context.settings.quality)
        return True
    if task.state != TaskState.SKIPPED:
        _hold(task, now)
        token, note = str(task.lease_token), f"Skipped by {change.annotator}"
        skip_task(session, task.id, HOLDER, token, now, SkipReason.OTHER, note)
    return False


def _check_free(task: TaskRecord, capture: CaptureRecord) -> None:
    if task.state == TaskState.LEASED and task.leased_by != HOLDER:
        raise _refusal(f"Task {task.id} went back into the queue, and somebody else has it now.")
    if capture.deleted_at is not None:
        raise _refusal(f"The photo of task {task.id} was deleted, because its time was over.")


def _hold(task: TaskRecord, now: datetime) -> None:
    """Hold a task that came back into the queue, or was skipped; nobody else has it."""
    if task.state == TaskState.SKIPPED:
        requeue(task)
    if task.state == TaskState.QUEUED:
        put(task, Lease(HOLDER, task.lease_token or new_id(now), now), now)
    task.leased_until = now + timedelta(minutes=1)  # the lease may be over, but nobody came for it


def _label(session: Session, task: TaskRecord, change: _Change, boxes: list[BoxIn], now: datetime) -> None:
    capture = capture_of(session, task)
    drawn = checked_boxes(boxes, capture)
    before = boxes_beforehand(session, task, capture, annotation_of(session, task.id))
    keep_boxes(
        session,
        task,
        drawn,
        annotator=change.annotator,
        source=FROM_THERE,
        now=now,
        seconds=change.seconds,
        actions=count_actions(before, drawn).as_json(),
    )
    finish(task, TaskState.LABELLED)


def _review(
    session: Session,
    task: TaskRecord,
    link: LabelStudioTaskRecord,
    counting: AnnotationRecord,
    change: _Change,
    boxes: list[BoxIn],
    now: datetime,
) -> bool:
    """Take what was done to a labelled task: a change by who drew it, or a second person's judgement."""
    if link.annotation is None or not counting.annotator.startswith(f"{HOLDER}:"):
        raise _refusal(f"Task {task.id} was labelled elsewhere meanwhile. {_AGAIN}")
    if change.cancelled:
        raise _refusal(f"Task {task.id} is labelled; skipping it changes nothing.")
    drawn = checked_boxes(boxes, capture_of(session, task))
    same = _same(counting, drawn)
    if change.changed_by != counting.annotator:
        _decide(session, task, counting, change, None if same else boxes, now)
    elif not same:
        keep_boxes(
            session, task, drawn, annotator=change.changed_by, source=FROM_THERE, now=now, seconds=change.seconds
        )
    return not same


def _decide(
    session: Session,
    task: TaskRecord,
    counting: AnnotationRecord,
    change: _Change,
    boxes: list[BoxIn] | None,
    now: datetime,
) -> None:
    """Accept what counts, or correct it with these boxes."""
    open_review(session, counting, task.store_id, "Reviewed in Label Studio", (), now)
    review = review_of(session, counting.id)
    if review is None or review.state == TaskState.LABELLED:
        raise _refusal(f"What counts of task {task.id} was reviewed already.")
    if review.state == TaskState.LEASED:
        requeue(review)
    put(review, Lease(change.changed_by, new_id(now), now), now)
    decision = Decision.ACCEPT if boxes is None else Decision.CORRECT
    decide(session, review, decision, boxes, None, change.changed_by, now)


def _same(counting: AnnotationRecord, drawn: Sequence[AnnotatedBox]) -> bool:
    """Whether boxes are those that count, up to what percentages lose."""
    found = [box_json(box) for box in drawn]
    if [{**box, "box": None} for box in found] != [{**box, "box": None} for box in counting.boxes]:
        return False
    edges, before = ([edge for box in some for edge in box["box"]] for some in (found, counting.boxes))
    return all(math.isclose(a, b, abs_tol=SAME) for a, b in zip(edges, before, strict=True))


def _refusal(detail: str) -> Problem:
    return Problem(409, "not-taken", detail)
