"""SQL about annotations on their way into files, and captures that files are about."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeling.leases import Purpose, TaskKind
from service.catalogue.queries import in_parts
from service.records import AnnotationRecord, CaptureRecord, TaskRecord

Counting = tuple[AnnotationRecord, TaskRecord]


def labelled_captures(
    session: Session, round_id: str | None, store_id: str | None, after: str | None, limit: int
) -> Sequence[CaptureRecord]:
    """Return captures of which an annotation counts, in the order of their ids, from the one after `after`."""
    labelled = (
        select(AnnotationRecord.capture_id)
        .join(TaskRecord, TaskRecord.id == AnnotationRecord.task_id)
        .where(AnnotationRecord.superseded_by.is_(None))
    )
    if round_id is not None:
        labelled = labelled.where(TaskRecord.round_id == round_id)
    query = select(CaptureRecord).where(CaptureRecord.id.in_(labelled))
    if store_id is not None:
        query = query.where(CaptureRecord.store_id == store_id)
    if after is not None:
        query = query.where(CaptureRecord.id > after)
    return session.scalars(query.order_by(CaptureRecord.id).limit(limit)).all()


def counting_annotations(session: Session, capture_ids: Iterable[str]) -> dict[str, list[Counting]]:
    """Return what counts of each capture, of a photo in tiles one annotation for each, in their order."""
    found: dict[str, list[Counting]] = {}
    for some in in_parts(capture_ids):
        query = (
            select(AnnotationRecord, TaskRecord)
            .join(TaskRecord, TaskRecord.id == AnnotationRecord.task_id)
            .where(AnnotationRecord.capture_id.in_(some), AnnotationRecord.superseded_by.is_(None))
            .order_by(TaskRecord.part)
        )
        for annotation, task in session.execute(query):
            found.setdefault(annotation.capture_id, []).append((annotation, task))
    return found


def sizes_of(session: Session, capture_ids: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return width and height of the photos of captures, of those that there are."""
    sizes: dict[str, tuple[int, int]] = {}
    for some in in_parts(capture_ids):
        query = select(CaptureRecord.id, CaptureRecord.width, CaptureRecord.height).where(CaptureRecord.id.in_(some))
        sizes |= {id: (width, height) for id, width, height in session.execute(query)}
    return sizes


def tasks_of(session: Session, capture_id: str) -> Sequence[TaskRecord]:
    """Return the tasks about a capture's boxes, locked; no blind copies."""
    query = select(TaskRecord).where(
        TaskRecord.capture_id == capture_id, TaskRecord.kind == TaskKind.BOXES, TaskRecord.purpose == Purpose.LABEL
    )
    return session.scalars(query.order_by(TaskRecord.part).with_for_update()).all()
