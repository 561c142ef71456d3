"""Comparing blind copies with what is known about their task."""

from sqlalchemy.orm import Session

from labeling.leases import Purpose
from labeling.quality.gold_accuracy import mark, tally
from service.quality.drawn import read_today
from service.quality.gold_queries import find_gold
from service.records import AnnotationRecord, BlindAnnotationRecord, MarkRecord, TaskRecord


def marked(session: Session, task: TaskRecord, annotation: BlindAnnotationRecord) -> None:
    """Mark the boxes of a blind copy against the gold answer of its task, boundary by boundary."""
    gold = find_gold(session, task.copy_of) if task.purpose == Purpose.GOLD and task.copy_of else None
    if gold is None:
        return
    known = session.get_one(AnnotationRecord, gold.annotation_id)
    today = read_today(session, (known, annotation))
    marks = mark(today.answer(known.boxes), today.answer(annotation.boxes), today.categories)
    session.add_all(
        MarkRecord(
            blind_annotation_id=annotation.id,
            boundary=boundary,
            annotator=annotation.annotator,
            day=annotation.created_at.date(),
            right=counted.right,
            total=counted.total,
        )
        for boundary, counted in tally(marks).items()
    )
