"""SQL about what the loop has so far: labels, strata, lead times."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeling.leases import TaskState
from service.catalogue.queries import in_parts
from service.catalogue.states import State
from service.records import AnnotationRecord, CaptureRecord, FacingLabelRecord, ProductRecord, TaskRecord


def count_labelled_strata(session: Session) -> dict[str, int]:
    """Count, by stratum, the captures that are labelled or in an open task."""
    held = select(TaskRecord.capture_id).where(TaskRecord.state != TaskState.SKIPPED)
    query = (  # as a join every capture would be read, however few tasks there are
        select(CaptureRecord.stratum, func.count())
        .where(CaptureRecord.id.in_(held))
        .group_by(CaptureRecord.stratum)
        .order_by(CaptureRecord.stratum)
    )
    return {stratum: count for stratum, count in session.execute(query)}


def count_recent_strata(session: Session, since: datetime, until: datetime) -> dict[str, int]:
    """Count, by stratum, the captures that were taken between two times."""
    query = (
        select(CaptureRecord.stratum, func.count())
        .where(CaptureRecord.taken_at > since, CaptureRecord.taken_at <= until)
        .group_by(CaptureRecord.stratum)
        .order_by(CaptureRecord.stratum)
    )
    return {stratum: count for stratum, count in session.execute(query)}


def count_labelled_classes(session: Session) -> dict[str, int]:
    """Count the labelled facings of each product, as the catalogue has it today."""
    query = (
        select(FacingLabelRecord.gtin, func.count())
        .join(AnnotationRecord, AnnotationRecord.id == FacingLabelRecord.annotation_id)
        .where(FacingLabelRecord.state == State.CURRENT, AnnotationRecord.superseded_by.is_(None))
        .group_by(FacingLabelRecord.gtin)
        .order_by(FacingLabelRecord.gtin)
    )
    return {gtin: count for gtin, count in session.execute(query)}


def read_lead_times(session: Session, most: int) -> list[tuple[float, dict[str, Any], int]]:
    """Return the seconds that the latest annotations took, what was done in each, and the boxes drawn beforehand.

    Seconds are the page's, which does not count breaks, or else those from lease to submission.
    """
    seconds = func.coalesce(AnnotationRecord.seconds, AnnotationRecord.lead_seconds)
    query = (
        select(seconds, AnnotationRecord.actions, TaskRecord.predicted_boxes)
        .join(TaskRecord, TaskRecord.id == AnnotationRecord.task_id)
        .where(seconds > 0, AnnotationRecord.actions.is_not(None), AnnotationRecord.superseded_by.is_(None))
        .order_by(AnnotationRecord.id.desc())
        .limit(most)
    )
    return [(seconds, actions, boxes) for seconds, actions, boxes in session.execute(query) if actions is not None]


def read_random_annotations(session: Session, most: int) -> Sequence[tuple[str, list[Any], list[Any]]]:
    """Return the latest annotations of random picks: their ids, their boxes, and what the model had answered."""
    query = (
        select(AnnotationRecord.id, AnnotationRecord.boxes, CaptureRecord.detections)
        .join(TaskRecord, TaskRecord.id == AnnotationRecord.task_id)
        .join(CaptureRecord, CaptureRecord.id == AnnotationRecord.capture_id)
        .where(TaskRecord.arm == "random", TaskRecord.tile.is_(None), AnnotationRecord.superseded_by.is_(None))
        .order_by(AnnotationRecord.id.desc())
        .limit(most)
    )
    return [(id, boxes, detections) for id, boxes, detections in session.execute(query)]


def read_facing_labels(session: Session, annotation_ids: Sequence[str]) -> dict[tuple[str, int], str]:
    """Return the products that facings show today, by annotation and place among its boxes."""
    found: dict[tuple[str, int], str] = {}
    for some in in_parts(annotation_ids):
        query = select(FacingLabelRecord.annotation_id, FacingLabelRecord.place, FacingLabelRecord.gtin).where(
            FacingLabelRecord.annotation_id.in_(some), FacingLabelRecord.state == State.CURRENT
        )
        found |= {(id, place): gtin for id, place, gtin in session.execute(query)}
    return found


def read_categories(session: Session) -> dict[str, str]:
    """Return each product's category, levels joined by "/"."""
    rows = session.execute(select(ProductRecord.gtin, ProductRecord.category).order_by(ProductRecord.gtin))
    return {gtin: "/".join(category) for gtin, category in rows}
