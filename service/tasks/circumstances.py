"""What holds for a task that is being labelled, read in one statement: it is asked at every submission."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, String, bindparam, exists, func, literal, select
from sqlalchemy.orm import Session, aliased

from service.guidelines.queries import version_labelled_by
from service.guidelines.versions import FIRST
from service.planograms.queries import version_in_force
from service.prepared import Prepared, Question
from service.records import (
    AnnotationRecord,
    BayRecord,
    BlindAnnotationRecord,
    CaptureRecord,
    CatalogueChangeRecord,
    ComplianceRecord,
    DraftRecord,
    TaskRecord,
    UtcDateTime,
)

_NEVER = literal(datetime(9999, 1, 1, tzinfo=UTC), UtcDateTime)  # leased; what was in force newest counts then


@dataclass(frozen=True, slots=True)
class Circumstances:
    """A task's photo, the versions that hold, and what there is of the task already.

    Attributes:
        width: of the upright photo in pixels.
        height: of it.
        detections: what the model found when the photo came.
        prelabel_model_version: that model.
        planogram: id and version of what the capture was compared with, else of what counted for its bay that day.
        catalogue_version: of the catalogue as it is now.
        guideline_version: by which the task is labelled.
        earlier: id of the annotation that counts of the task so far.
        copied: whether the task has blind copies.
        drafted: whether somebody's draft of it is kept.
        last_submitted: when the annotator submitted another task since he leased this one.
    """

    width: int
    height: int
    detections: list[dict[str, Any]]
    prelabel_model_version: int
    planogram: tuple[str | None, int | None]
    catalogue_version: int
    guideline_version: int
    earlier: str | None
    copied: bool
    drafted: bool
    last_submitted: datetime | None


def circumstances(task_id: str, annotator: str) -> Question[Circumstances]:
    """Ask what holds for a task that an annotator labels; there is one of this id."""
    return Question((_QUESTION, {"task": task_id, "annotator": annotator}), _read)


def _read(session: Session, rows: list[Any]) -> Circumstances:
    (row,) = rows
    planogram: tuple[str | None, int | None] = (row.compared_with, row.compared_version)
    if row.compared_with is None and row.planogram_id is not None:
        counted = version_in_force(session, row.bay_id, row.taken_at.date())
        planogram = (None, None) if counted is None else (counted.planogram_id, counted.version)
    return Circumstances(
        width=row.width,
        height=row.height,
        detections=row.detections,
        prelabel_model_version=row.model_version,
        planogram=planogram,
        catalogue_version=row.catalogue_version or 0,
        guideline_version=row.guideline_version or FIRST,
        earlier=row.earlier,
        copied=row.copied,
        drafted=row.drafted,
        last_submitted=max((at for at in (row.last, row.last_blind) if at is not None), default=None),
    )


def _question(_dialect: str) -> Select[*tuple[Any, ...]]:
    task, leased_at = bindparam("task", type_=String), func.coalesce(TaskRecord.leased_at, _NEVER)
    earlier = select(AnnotationRecord.id).where(
        AnnotationRecord.task_id == task, AnnotationRecord.superseded_by.is_(None)
    )
    copy = aliased(TaskRecord)
    return (
        select(
            CaptureRecord.width,
            CaptureRecord.height,
            CaptureRecord.detections,
            CaptureRecord.model_version,
            CaptureRecord.bay_id,
            CaptureRecord.taken_at,
            BayRecord.planogram_id,
            ComplianceRecord.planogram_id.label("compared_with"),
            ComplianceRecord.version.label("compared_version"),
            select(func.max(CatalogueChangeRecord.version)).scalar_subquery().label("catalogue_version"),
            version_labelled_by(func.coalesce(TaskRecord.copy_of, TaskRecord.id), leased_at).label("guideline_version"),
            earlier.scalar_subquery().label("earlier"),
            exists().where(copy.copy_of == task).label("copied"),
            exists().where(DraftRecord.task_id == task).label("drafted"),
            _last(AnnotationRecord, leased_at).label("last"),
            _last(BlindAnnotationRecord, leased_at).label("last_blind"),
        )
        .join(TaskRecord, TaskRecord.capture_id == CaptureRecord.id)
        .join(BayRecord, BayRecord.id == CaptureRecord.bay_id)
        .join(ComplianceRecord, ComplianceRecord.capture_id == CaptureRecord.id, isouter=True)
        .where(TaskRecord.id == task)
    )


def _last(
    record: type[AnnotationRecord | BlindAnnotationRecord], leased_at: ColumnElement[datetime]
) -> ScalarSelect[datetime]:
    by_annotator = record.annotator == bindparam("annotator", type_=String)
    return select(func.max(record.created_at)).where(by_annotator, record.created_at >= leased_at).scalar_subquery()


_QUESTION = Prepared(_question)
