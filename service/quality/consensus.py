"""Several people's boxes of one task become one annotation."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session, aliased

from labeling.annotations import AnnotatedBox
from labeling.leases import Purpose, TaskKind, TaskState
from labeling.quality.consensus import Agreed, Voice, consensus
from service.ids import new_id
from service.problems import Problem
from service.quality.accuracy_queries import tallies_of
from service.quality.gold_queries import picked_because
from service.quality.reviews import open_review
from service.quality.together import Together, read_together
from service.records import AnnotationRecord, TaskCategoryRecord, TaskRecord
from service.settings import QualitySettings
from service.tasks.annotating import box_json, keep_boxes
from service.tasks.queries import lock_task

log = logging.getLogger(__name__)
MERGED = "consensus"  # source and annotator of what several people say
MEASURED_DAYS = 180  # of gold that weigh a voice
_FINISHED = (TaskState.LABELLED, TaskState.SKIPPED)
_chance = secrets.SystemRandom()


def after_label(
    session: Session,
    task: TaskRecord,
    now: datetime,
    settings: QualitySettings,
    *,
    first: bool | None = None,
    copied: bool = True,
) -> None:
    """Ask others for blind copies of some freshly labelled tasks, and merge what was asked for once all is there.

    The caller holds the catalogue, and has finished the task.

    Args:
        session: for writing.
        task: that was just labelled.
        now: the time.
        settings: how much is asked for again.
        first: whether it was labelled for the first time; None if the caller does not know.
        copied: False if the caller knows that it has no blind copies.
    """
    if task.purpose == Purpose.OVERLAP and task.copy_of is not None:
        merge_if_complete(session, task.copy_of, now)
    elif task.purpose == Purpose.LABEL and task.kind == TaskKind.BOXES:
        if copied and _copies_of(session, task):
            merge_if_complete(session, task.id, now)
        elif _chance.random() < settings.overlap_share and (_is_first(session, task) if first is None else first):
            overlap_copies(session, task, settings.overlap_copies, now)


def overlap_copies(session: Session, task: TaskRecord, number: int, now: datetime) -> Sequence[TaskRecord]:
    """Queue blind copies of a task until it has this many, and return them all."""
    copies = _copies_of(session, task)
    reason = picked_because(session, task)
    categories = session.scalars(select(TaskCategoryRecord.category).where(TaskCategoryRecord.task_id == task.id)).all()
    for copy in range(len(copies) + 1, number + 1):
        added = _copy(task, copy, reason)
        session.add(added)
        session.flush()
        session.add_all(TaskCategoryRecord(task_id=added.id, category=category) for category in categories)
        copies.append(added)
    return copies


def merge_if_complete(session: Session, task_id: str, now: datetime) -> bool:
    """Merge what people drew of a task and its copies, once, when nobody is still to label one; say whether it was.

    The caller holds the catalogue.
    """
    task = lock_task(session, task_id)  # who labels another copy at this moment waits here, and sees this one
    copies = _copies_of(session, task)
    waited_for = task.state != TaskState.LABELLED or any(copy.state not in _FINISHED for copy in copies)
    if not copies or waited_for or not _is_first(session, task):
        return False
    session.flush()
    for together in read_together(session, task_ids=[task_id]):
        return _merge(session, together, now)
    return False


def complete_tasks(session: Session) -> Sequence[str]:
    """Return tasks that are to be merged because the last copy was skipped, which nobody waits for."""
    copy = aliased(TaskRecord)
    finished = (
        select(copy.copy_of)
        .where(copy.purpose == Purpose.OVERLAP)
        .group_by(copy.copy_of)
        .having(
            func.sum(case((copy.state == TaskState.LABELLED, 1), else_=0)) > 0,
            func.sum(case((copy.state.in_(_FINISHED), 0), else_=1)) == 0,
        )
        .subquery()
    )
    replaced = exists().where(AnnotationRecord.task_id == TaskRecord.id, AnnotationRecord.superseded_by.is_not(None))
    query = select(TaskRecord.id).join(finished, finished.c.copy_of == TaskRecord.id)
    return session.scalars(query.where(TaskRecord.state == TaskState.LABELLED, ~replaced)).all()


def _merge(session: Session, together: Together, now: datetime) -> bool:
    annotators = [one.annotator for one in together.drawn]
    tallies = tallies_of(session, annotators, (now - timedelta(days=MEASURED_DAYS)).date())
    voices = [
        Voice(boxes, tallies.get(annotator, {})) for annotator, boxes in zip(annotators, together.answers, strict=True)
    ]
    merged = consensus(voices, together.categories)
    try:
        boxes = [_plain(box) for box in merged.boxes]
        annotation = keep_boxes(session, together.task, boxes, annotator=MERGED, source=MERGED, now=now)
    except Problem as problem:  # a product was delisted meanwhile
        log.warning("What was said about task %s is not merged: %s", together.task.id, problem.detail)
        return False
    doubtful = merged.doubtful()
    if doubtful:
        kept = [agreement.box for agreement in merged.kept]
        reason = f"{len(voices)} annotators disagree about {len(doubtful)} boxes"
        findings = [_finding(one, kept.index(one.box) if one in merged.kept else None) for one in doubtful]
        open_review(session, annotation, together.task.store_id, reason, findings, now)
    return True


def _finding(doubtful: Agreed, place: int | None) -> dict[str, object]:
    box = doubtful.box
    return {
        "error": "disagreement",
        "probability": round(1 - min(doubtful.certainty.values()), 4),
        "place": place,
        "box": [box.x1, box.y1, box.x2, box.y2],
        "suggested": box_json(box),
    }


def _plain(box: AnnotatedBox) -> AnnotatedBox:
    """Return a box without the digits that came from computing with it."""
    edges = {edge: round(getattr(box, edge), 2) for edge in ("x1", "y1", "x2", "y2")}
    return replace(box, **edges)


def _copies_of(session: Session, task: TaskRecord) -> list[TaskRecord]:
    copies = select(TaskRecord).where(
        TaskRecord.capture_id == task.capture_id,  # has an index
        TaskRecord.copy_of == task.id,
        TaskRecord.purpose == Purpose.OVERLAP,
    )
    return list(session.scalars(copies.order_by(TaskRecord.copy)))


def _copy(task: TaskRecord, copy: int, reason: str) -> TaskRecord:
    return TaskRecord(
        id=new_id(task.created_at),
        round_id=task.round_id,
        capture_id=task.capture_id,
        store_id=task.store_id,
        created_at=task.created_at,
        state=TaskState.QUEUED,
        priority=task.priority,
        rank=task.rank,
        expert=task.expert,
        kind=task.kind,
        purpose=Purpose.OVERLAP,
        part=task.part,
        tile=task.tile,
        copy=copy,
        copy_of=task.id,
        arm=task.arm,
        reason=reason,
        predicted_boxes=task.predicted_boxes,
    )


def _is_first(session: Session, task: TaskRecord) -> bool:
    """Say whether nothing that was labelled of a task was replaced yet."""
    replaced = exists().where(AnnotationRecord.task_id == task.id, AnnotationRecord.superseded_by.is_not(None))
    return not session.scalar(select(replaced))
