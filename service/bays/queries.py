"""SQL about bays."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.records import BayRecord, ComplianceRecord


def list_bays(
    session: Session, store_ids: Iterable[str] | None, after: str | None, limit: int
) -> Sequence[tuple[BayRecord, ComplianceRecord | None]]:
    """Return bays by id, of some stores or of all, from the one after `after`, each with its newest compliance."""
    newest = (
        select(ComplianceRecord.capture_id)
        .where(ComplianceRecord.bay_id == BayRecord.id)
        .order_by(ComplianceRecord.at.desc(), ComplianceRecord.capture_id.desc())
        .limit(1)
        .correlate(BayRecord)
        .scalar_subquery()
    )
    wanted = select(BayRecord, ComplianceRecord).outerjoin(ComplianceRecord, ComplianceRecord.capture_id == newest)
    if store_ids is not None:
        wanted = wanted.where(BayRecord.store_id.in_(store_ids))
    if after is not None:
        wanted = wanted.where(BayRecord.id > after)
    return [(bay, compliance) for bay, compliance in session.execute(wanted.order_by(BayRecord.id).limit(limit))]
