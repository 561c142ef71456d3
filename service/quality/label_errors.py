"""Searching what was labelled for errors; what is found is reviewed."""

import logging
import threading
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from labeling.annotations import AnnotatedBox, as_array
from labeling.quality.label_errors import LabelledPhoto, Seen, Suspect, find_label_errors
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from service.catalogue.queries import hold_catalogue, in_parts
from service.context import Context
from service.inserting import insert_if_new
from service.quality.consensus import complete_tasks, merge_if_complete
from service.quality.drawn import Today, read_today, seen_in
from service.quality.reviews import open_review
from service.records import AnnotationRecord, CaptureRecord, LabelErrorSearchRecord, ReviewRecord, TaskRecord
from service.tasks.annotating import box_json

log = logging.getLogger(__name__)
MANY, LONG = 50, timedelta(minutes=10)
MOST = 3000  # annotations that are held against each other, the newest; some hundred boxes are needed to tell anything

Labelled = tuple[AnnotationRecord, CaptureRecord, TaskRecord]


def keep_searching(context: Context, stopping: threading.Event) -> None:
    """Until `stopping` is set, look every minute what is to be merged, and whether there is enough new to search."""
    while not stopping.is_set():
        try:
            merge_complete(context)
            if _is_due(context):
                search_label_errors(context)
        except SQLAlchemyError:  # a database that restarts
            log.exception("Label errors could not be searched for; trying again")
        stopping.wait(context.settings.quality.look_seconds)


def merge_complete(context: Context) -> int:
    """Merge tasks of which the last copy was skipped, each in a transaction of its own; return how many were."""
    with context.database.read() as session:
        tasks = complete_tasks(session)
    merged = 0
    for task_id in tasks:
        with context.database.write() as session:
            hold_catalogue(session)
            merged += merge_if_complete(session, task_id, context.clock())
    return merged


def search_label_errors(context: Context) -> int:
    """Open reviews of annotations that nobody searched yet and that look wrong; return how many do.

    All that counts today is looked at together, because what is usual has to be learned from it; what nobody drew
    is not held against what a model did not see, so the search is as good as the detections of the capture.
    """
    with context.database.read() as session:
        labelled = _counting(session)
        new = _unsearched(session, [annotation.id for annotation, _, _ in labelled])
        if not new:
            return 0
        today = read_today(session, (row[0] for row in labelled), (row[1] for row in labelled))
    suspects: dict[str, list[Suspect]] = defaultdict(list)
    for suspect in find_label_errors([_photo(row, today) for row in labelled]):
        if suspect.photo_id in new:
            suspects[suspect.photo_id].append(suspect)
    with context.database.write() as session:
        for annotation, _, task in labelled:
            if annotation.id in new:
                _keep(context, session, annotation, task, suspects[annotation.id])
    return sum(1 for found in suspects.values() if found)


def _is_due(context: Context) -> bool:
    """Say whether many new annotations wait for a search, or some for long: each search reads all that counts."""
    with context.database.read() as session:
        count, oldest = session.execute(
            select(func.count(), func.min(AnnotationRecord.created_at)).where(
                AnnotationRecord.superseded_by.is_(None), *_new()
            )
        ).one()
    return count >= MANY or (oldest is not None and context.clock() - oldest > LONG)


def _keep(
    context: Context, session: Session, annotation: AnnotationRecord, task: TaskRecord, suspects: Sequence[Suspect]
) -> None:
    now = context.clock()
    insert_if_new(session, LabelErrorSearchRecord, annotation_id=annotation.id, at=now, found=len(suspects))
    if suspects:
        kinds = sorted({suspect.error.replace("_", " ") for suspect in suspects})
        boxes = f"{len(suspects)} boxes look" if len(suspects) > 1 else "one box looks"
        reason = f"{boxes} wrong: {', '.join(kinds)}"
        open_review(session, annotation, task.store_id, reason, [_finding(one) for one in suspects], now)


def _finding(suspect: Suspect) -> dict[str, Any]:
    return {
        "error": suspect.error.value,
        "probability": round(float(suspect.probability), 4),
        "place": suspect.label,
        "box": [round(float(edge), 1) for edge in suspect.box],
        "suggested": _plain(box_json(suspect.suggested)),
    }


def _plain(box: dict[str, Any]) -> dict[str, Any]:
    return {**box, "box": [round(float(edge), 1) for edge in box["box"]]}


def _photo(row: Labelled, today: Today) -> LabelledPhoto:
    annotation, capture, task = row
    return LabelledPhoto(annotation.id, today.answer(annotation.boxes), _seen(capture, task, today))


def _seen(capture: CaptureRecord, task: TaskRecord, today: Today) -> Seen:
    detections = seen_in(capture, task.tile)
    boxes: Sequence[AnnotatedBox] = today.answer({**one, "gtin": None} for one in detections)
    return Seen(
        boxes=as_array(boxes),
        kinds=tuple(DetectionKind(one["kind"]) for one in detections),
        probabilities=np.array([one["confidence"] for one in detections], np.float32),
        products=tuple(_products(one) for one in detections),
        looseness=np.array([one["uncertainty"]["localisation"] for one in detections], np.float32),
    )


def _products(detection: dict[str, Any]) -> dict[Gtin, float]:
    """Return what a facing may show; where the model itself knows the products, it is as sure as of the box."""
    naming = detection.get("naming")
    if naming is not None:
        return {Gtin(one["gtin"]): one["probability"] for one in naming["products"]}
    return {Gtin(detection["gtin"]): detection["confidence"]} if detection.get("gtin") else {}


def _counting(session: Session) -> list[Labelled]:
    query = (
        select(AnnotationRecord, CaptureRecord, TaskRecord)
        .join(CaptureRecord, CaptureRecord.id == AnnotationRecord.capture_id)
        .join(TaskRecord, TaskRecord.id == AnnotationRecord.task_id)
        .where(AnnotationRecord.superseded_by.is_(None), CaptureRecord.deleted_at.is_(None))
        .order_by(AnnotationRecord.id.desc())
        .limit(MOST)
    )
    return [(*row,) for row in session.execute(query)]


def _unsearched(session: Session, annotation_ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some in in_parts(annotation_ids):
        found |= set(session.scalars(select(AnnotationRecord.id).where(AnnotationRecord.id.in_(some), *_new())))
    return found


def _new() -> tuple[ColumnElement[bool], ...]:
    """Say which annotations were neither searched nor decided about, nor come from a review."""
    searched = exists().where(LabelErrorSearchRecord.annotation_id == AnnotationRecord.id)
    decided = exists().where(ReviewRecord.annotation_id == AnnotationRecord.id, ReviewRecord.decided_at.is_not(None))
    return AnnotationRecord.source != "review", ~searched, ~decided
