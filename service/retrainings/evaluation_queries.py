"""SQL about what an evaluation is made with beside labels, and what its page shows."""

from collections.abc import Collection, Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.catalogue.queries import in_parts
from service.records import CaptureRecord, ModelRecord, ProductRecord, ReferenceRecord, RetrainingRecord


def categories(session: Session) -> dict[str, str]:
    """Return the category of each product, the uppermost one of its path."""
    rows = session.execute(select(ProductRecord.gtin, ProductRecord.category))
    return {gtin: path[0] for gtin, path in rows if path}


def taught_captures(session: Session, capture_ids: Collection[str]) -> set[str]:
    """Return which of some captures a reference was cut from."""
    taught: set[str] = set()
    for some in in_parts(sorted(capture_ids)):
        found = session.scalars(select(ReferenceRecord.capture_id).where(ReferenceRecord.capture_id.in_(some)))
        taught.update(one for one in found if one is not None)
    return taught


def any_reference(session: Session) -> bool:
    """Say whether there is a picture of any product."""
    return bool(session.scalar(select(exists().where(ReferenceRecord.id.is_not(None)))))


def kept_captures(session: Session, ids: Collection[str]) -> Sequence[CaptureRecord]:
    """Return those of some captures that are still kept."""
    wanted = select(CaptureRecord).where(CaptureRecord.id.in_(ids), CaptureRecord.deleted_at.is_(None))
    return session.scalars(wanted).all()


def candidates_before(
    session: Session, retraining: RetrainingRecord, most: int
) -> list[tuple[ModelRecord, RetrainingRecord]]:
    """Return the newest candidates of retrainings that were ordered before one, oldest first."""
    before = (
        select(ModelRecord, RetrainingRecord)
        .join(RetrainingRecord, RetrainingRecord.id == ModelRecord.retraining_id)
        .where(RetrainingRecord.created_at < retraining.created_at)
        .order_by(ModelRecord.version.desc())
        .limit(most)
    )
    return [(model, its) for model, its in reversed(session.execute(before).all())]
