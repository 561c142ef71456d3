"""SQL about what happened since the last retraining."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.catalogue.states import State
from service.records import (
    AnnotationRecord,
    CaptureRecord,
    CatalogueChangeRecord,
    FacingLabelRecord,
    ProductRecord,
    ReferenceRecord,
    RetrainingRecord,
    VariantRecord,
)

# A product looks new after these changes of the catalogue.
_NEW_LOOKS = ("added", "refreshed", "variant_added", "split")
_FAILED = "failed"
MODEL = "detector"  # an embedder is retrained when a person asks for it


def newest_retraining(session: Session) -> RetrainingRecord | None:
    """Return the retraining that was ordered last, whatever became of it."""
    return session.scalar(_newest_first().limit(1))


def newest_that_counted(session: Session) -> RetrainingRecord | None:
    """Return the last one that did not fail: what happened before it has been acted upon, or was called off."""
    return session.scalar(_newest_first(RetrainingRecord.state != _FAILED).limit(1))


def failures_in_a_row(session: Session, most: int) -> int:
    """Return how many of the newest retrainings failed without one between that did not, counting up to `most`."""
    states = [record.state for record in session.scalars(_newest_first().limit(most))]
    return next((number for number, state in enumerate(states) if state != _FAILED), len(states))


def has_labels(session: Session) -> bool:
    """Say whether there is any box to train on."""
    query = (
        select(AnnotationRecord.id)
        .join(CaptureRecord, CaptureRecord.id == AnnotationRecord.capture_id)
        .where(AnnotationRecord.superseded_by.is_(None), CaptureRecord.deleted_at.is_(None))
        .where(func.json_array_length(AnnotationRecord.boxes) > 0)
    )
    return session.scalar(query.limit(1)) is not None


def boxes_labelled(session: Session, since: datetime | None) -> int:
    """Return how many boxes people drew or corrected after a time, on photos that are still there."""
    query = (
        select(func.coalesce(func.sum(func.json_array_length(AnnotationRecord.boxes)), 0))
        .join(CaptureRecord, CaptureRecord.id == AnnotationRecord.capture_id)
        .where(AnnotationRecord.superseded_by.is_(None), CaptureRecord.deleted_at.is_(None))
    )
    return session.scalar(query.where(_after(AnnotationRecord.created_at, since))) or 0


def products_to_learn(session: Session, since: datetime | None) -> Sequence[str]:
    """Return the names of products that looked new after a time and that a label or a live reference shows."""
    labelled = select(FacingLabelRecord.gtin).where(
        FacingLabelRecord.gtin == ProductRecord.gtin, FacingLabelRecord.state == State.CURRENT
    )
    pictured = (
        select(ReferenceRecord.id)
        .join(VariantRecord, VariantRecord.id == ReferenceRecord.variant_id)
        .where(VariantRecord.gtin == ProductRecord.gtin, ReferenceRecord.state == State.LIVE)
    )
    changed = select(CatalogueChangeRecord.gtin).where(
        CatalogueChangeRecord.kind.in_(_NEW_LOOKS), _after(CatalogueChangeRecord.at, since)
    )
    query = select(ProductRecord.name).where(
        ProductRecord.gtin.in_(changed), ProductRecord.became.is_(None), or_(labelled.exists(), pictured.exists())
    )
    return session.scalars(query.order_by(ProductRecord.gtin)).all()


def _newest_first(*wanted: ColumnElement[bool]) -> Select[RetrainingRecord]:
    query = select(RetrainingRecord).where(RetrainingRecord.model == MODEL, *wanted)
    return query.order_by(RetrainingRecord.created_at.desc(), RetrainingRecord.id.desc())


def _after(column: InstrumentedAttribute[datetime], since: datetime | None) -> ColumnElement[bool]:
    return true() if since is None else column > since
