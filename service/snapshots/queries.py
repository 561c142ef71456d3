"""SQL about snapshots and the annotations they were frozen from."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.catalogue.queries import in_parts
from service.problems import Problem, not_found
from service.records import (
    AnnotationRecord,
    CaptureRecord,
    FacingLabelRecord,
    RetrainingRecord,
    SnapshotRecord,
    TaskRecord,
    TouchedRecord,
)

Annotated = tuple[AnnotationRecord, CaptureRecord, TaskRecord]
Labels = dict[tuple[str, int], str]
_FACING = "facing"
_COUNTS_NO_LONGER = ("requeued", "expired")


def list_snapshots(session: Session, limit: int) -> Sequence[SnapshotRecord]:
    """Return snapshots, newest first."""
    query = select(SnapshotRecord).order_by(SnapshotRecord.frozen_at.desc(), SnapshotRecord.hash)
    return session.scalars(query.limit(limit)).all()


def get_snapshot(session: Session, start: str) -> SnapshotRecord:
    """Return the snapshot whose hash begins so.

    Raises:
        Problem: snapshot-not-found, or snapshot-ambiguous where several begin so.
    """
    found = session.scalars(select(SnapshotRecord).where(SnapshotRecord.hash.startswith(start)).limit(2)).all()
    if not found:
        raise not_found("snapshot", start, remedy="GET /v1/snapshots lists the snapshots there are.")
    if len(found) > 1:
        detail = f"Several snapshots begin with {start!r}."
        raise Problem(409, "snapshot-ambiguous", detail, field="hash", remedy="Give more digits of the hash.")
    return found[0]


def retrainings_of(session: Session, hashes: Iterable[str]) -> dict[str, list[str]]:
    """Return the ids of the retrainings that trained on each snapshot, oldest first."""
    found: dict[str, list[str]] = {hash: [] for hash in hashes}
    rows = select(RetrainingRecord.snapshot_hash, RetrainingRecord.id).order_by(RetrainingRecord.created_at)
    for hash, id in session.execute(rows.where(RetrainingRecord.snapshot_hash.in_(list(found)))):
        found[str(hash)].append(id)
    return found


def annotated_by_id(session: Session, annotation_ids: Iterable[str]) -> dict[str, Annotated]:
    """Return annotations, superseded ones too, each with its capture and its task."""
    query = (
        select(AnnotationRecord, CaptureRecord, TaskRecord)
        .join(CaptureRecord, CaptureRecord.id == AnnotationRecord.capture_id)
        .join(TaskRecord, TaskRecord.id == AnnotationRecord.task_id)
    )
    return {
        annotation.id: (annotation, capture, task)
        for some in in_parts(annotation_ids)
        for annotation, capture, task in session.execute(query.where(AnnotationRecord.id.in_(some)))
    }


def labels_at(session: Session, annotation_ids: Sequence[str], catalogue_version: int) -> Labels:
    """Return the product that each named facing showed under a version of the catalogue, by annotation and place.

    A label is born current and remembers each change of the catalogue that touched it, so the next change after that
    version says what it was; without one the last before it does. Left out are those that did not count then.
    """
    drawn = select(FacingLabelRecord.annotation_id, FacingLabelRecord.place, FacingLabelRecord.gtin)
    labels: Labels = {}
    for some in in_parts(annotation_ids):
        rows = session.execute(drawn.where(FacingLabelRecord.annotation_id.in_(some)))
        labels |= {(annotation_id, place): gtin for annotation_id, place, gtin in rows}
    settled: set[str] = set()
    for touched in _touched(session, {f"{id}/{place}" for id, place in labels}):
        annotation_id, _, place = touched.id.rpartition("/")
        key = annotation_id, int(place)
        if touched.id in settled:
            continue
        if touched.version > catalogue_version:
            settled.add(touched.id)
            if touched.action == "restored":
                labels.pop(key, None)
            else:
                labels[key] = touched.before
        elif touched.action in _COUNTS_NO_LONGER:
            labels.pop(key, None)
        else:
            labels[key] = touched.after or touched.before
    return labels


def _touched(session: Session, ids: set[str]) -> list[TouchedRecord]:
    """Return what became of some labels, in the order of the catalogue's versions."""
    of_facings = select(TouchedRecord).where(TouchedRecord.kind == _FACING)
    found = [
        touched for some in in_parts(ids) for touched in session.scalars(of_facings.where(TouchedRecord.id.in_(some)))
    ]
    return sorted(found, key=lambda touched: touched.version)
