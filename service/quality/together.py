"""Tasks that several people labelled without seeing each other's boxes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from labeling.leases import Purpose
from labeling.quality.boundaries import Categories, Unit, decisions
from service.catalogue.queries import in_parts
from service.quality.drawn import Answer, read_today, seen_in
from service.records import AnnotationRecord, BlindAnnotationRecord, CaptureRecord, TaskRecord
from service.records.tasks import Drawn

BY_PEOPLE = ("person", "label_studio")  # sources of annotations that one person drew alone
MOST = 2000  # tasks that are compared, the newest


@dataclass(frozen=True, slots=True)
class Together:
    """What several people drew of one task.

    Attributes:
        drawn: by whom, who labelled the task itself first.
        answers: their boxes, with the products of today.
        units: every decision that they took.
    """

    task: TaskRecord
    capture: CaptureRecord
    drawn: tuple[Drawn, ...]
    answers: tuple[Answer, ...]
    units: Sequence[Unit]
    categories: Categories


def read_together(
    session: Session, *, task_ids: Sequence[str] | None = None, since: datetime | None = None
) -> list[Together]:
    """Return tasks that two people or more labelled, the newest MOST of them, in the order of their ids.

    Args:
        session: for reading.
        task_ids: of these label tasks alone; None for all.
        since: only copies labelled from then on.
    """
    drawn = _blind(session, task_ids, since)
    for task_id, first in _first_by_people(session, list(drawn)).items():
        drawn[task_id].insert(0, first)
    once_each = {
        task_id: list({one.annotator: one for one in found[::-1]}.values())[::-1] for task_id, found in drawn.items()
    }
    several = {task_id: found for task_id, found in once_each.items() if len(found) > 1}
    tasks = _with_captures(session, list(several))
    everything = [one for found in several.values() for one in found]
    today = read_today(session, everything, (capture for _, capture in tasks.values()))
    together = []
    for task_id, (task, capture) in sorted(tasks.items()):
        answers = tuple(today.answer(one.boxes) for one in several[task_id])
        units = decisions(answers, today.categories, today.answer(seen_in(capture, task.tile)))
        together.append(Together(task, capture, tuple(several[task_id]), answers, units, today.categories))
    return together


def _blind(session: Session, task_ids: Sequence[str] | None, since: datetime | None) -> dict[str, list[Drawn]]:
    copy, task = aliased(TaskRecord), aliased(TaskRecord)
    query = (
        select(BlindAnnotationRecord, task.id)
        .join(copy, copy.id == BlindAnnotationRecord.task_id)
        .join(task, (task.id == copy.copy_of) & (task.capture_id == copy.capture_id))
        .where(copy.purpose == Purpose.OVERLAP)
        .order_by(BlindAnnotationRecord.id.desc())
    )
    if since is not None:
        query = query.where(BlindAnnotationRecord.created_at >= since)
    drawn: dict[str, list[Drawn]] = defaultdict(list)
    if task_ids is None:
        for annotation, task_id in session.execute(query.limit(MOST)):
            drawn[task_id].append(annotation)
        return drawn
    for some in in_parts(task_ids):
        for annotation, task_id in session.execute(query.where(task.id.in_(some))):
            drawn[task_id].append(annotation)
    return drawn


def _first_by_people(session: Session, task_ids: Sequence[str]) -> dict[str, Drawn]:
    found: dict[str, Drawn] = {}
    for some in in_parts(task_ids):
        query = select(AnnotationRecord).where(
            AnnotationRecord.task_id.in_(some), AnnotationRecord.source.in_(BY_PEOPLE)
        )
        for annotation in session.scalars(query.order_by(AnnotationRecord.id)):
            found.setdefault(annotation.task_id, annotation)
    return found


def _with_captures(session: Session, task_ids: Sequence[str]) -> dict[str, tuple[TaskRecord, CaptureRecord]]:
    found: dict[str, tuple[TaskRecord, CaptureRecord]] = {}
    for some in in_parts(task_ids):
        query = (
            select(TaskRecord, CaptureRecord)
            .join(CaptureRecord, CaptureRecord.id == TaskRecord.capture_id)
            .where(TaskRecord.id.in_(some))
        )
        found |= {task.id: (task, capture) for task, capture in session.execute(query)}
    return found
