"""SQL about compliance."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, insert, or_, select
from sqlalchemy.orm import Session, defer

from retail.gtin import Gtin
from retail.planograms import Planogram
from service.catalogue.queries import in_parts
from service.compliance.visits import Nearby
from service.records import (
    BayRecord,
    CaptureRecord,
    ComplianceRecord,
    FacingChancesRecord,
    PositionVerdictRecord,
    ProductRecord,
    ShelfShareRecord,
)

MOST_TOGETHER = 8  # captures of one visit


def hold_bay(session: Session, bay_id: str) -> None:
    """Let one transaction at a time judge a bay, until it ends.

    Not FOR UPDATE, which would wait for everybody who adds a row that names the bay.
    """
    session.execute(select(BayRecord.id).where(BayRecord.id == bay_id).with_for_update(key_share=True))


def captures_nearby(session: Session, capture: CaptureRecord, planogram: Planogram, within: timedelta) -> list[Nearby]:
    """Return captures of the same bay that fitted this planogram and were taken so short before or after.

    The newest come first. Near-duplicates of each other, and of this one, are left out.
    """
    wanted = (
        select(CaptureRecord.id, CaptureRecord.taken_at, CaptureRecord.near_duplicate_of, FacingChancesRecord.shown)
        .join(ComplianceRecord, ComplianceRecord.capture_id == CaptureRecord.id)
        .join(FacingChancesRecord, FacingChancesRecord.capture_id == CaptureRecord.id)
        .where(
            CaptureRecord.bay_id == capture.bay_id,
            CaptureRecord.taken_at >= capture.taken_at - within,
            CaptureRecord.taken_at <= capture.taken_at + within,
            ComplianceRecord.fits,
            ComplianceRecord.planogram_id == planogram.id,
            ComplianceRecord.version == planogram.version,
        )
        .order_by(CaptureRecord.taken_at.desc(), CaptureRecord.id.desc())
        .limit(MOST_TOGETHER)
    )
    found = session.execute(wanted).all()
    ids = {id for id, *_ in found}
    alike = {capture.near_duplicate_of} | {id for id, _, like, _ in found if like in ids}
    return [
        Nearby(id, taken_at, frozenset((shelf, slot) for shelf, slot in shown))
        for id, taken_at, _, shown in found
        if id not in alike
    ]


def captures_with_chances(
    session: Session, ids: Collection[str]
) -> Sequence[tuple[CaptureRecord, FacingChancesRecord]]:
    """Return captures and what their facings may show."""
    wanted = select(CaptureRecord, FacingChancesRecord).join(
        FacingChancesRecord, FacingChancesRecord.capture_id == CaptureRecord.id
    )
    return [(capture, chances) for capture, chances in session.execute(wanted.where(CaptureRecord.id.in_(ids)))]


def product_names(session: Session, gtins: Collection[Gtin]) -> dict[Gtin, str]:
    """Return the names of those products that the catalogue knows."""
    names: dict[Gtin, str] = {}
    for some in in_parts(sorted(gtins)):
        rows = select(ProductRecord.gtin, ProductRecord.name).where(ProductRecord.gtin.in_(some))
        names |= {Gtin(gtin): name for gtin, name in session.execute(rows)}
    return names


def add_compliance(
    session: Session,
    compliance: ComplianceRecord,
    verdicts: Sequence[Mapping[str, Any]],
    shares: Sequence[Mapping[str, Any]],
) -> None:
    """Add a compliance with its rows; each row without the capture, which is the compliance's."""
    session.add(compliance)
    session.flush()
    capture = {"capture_id": compliance.capture_id}
    for kind, rows in ((PositionVerdictRecord, verdicts), (ShelfShareRecord, shares)):
        if rows:
            session.execute(insert(kind), [{**capture, **row} for row in rows])


def last_of_moment(session: Session, bay_id: str, at: datetime) -> datetime | None:
    """Return when, within a millisecond from a moment on, the last photo of a bay was taken that was judged."""
    within = (ComplianceRecord.at >= at, ComplianceRecord.at < at + timedelta(milliseconds=1))
    return session.scalar(select(func.max(ComplianceRecord.at)).where(ComplianceRecord.bay_id == bay_id, *within))


def find_compliance(session: Session, capture_id: str) -> ComplianceRecord | None:
    """Return a capture's compliance, None if it has none."""
    return session.get(ComplianceRecord, capture_id)


def list_compliances(
    session: Session,
    bay_id: str,
    since: datetime | None,
    until: datetime | None,
    after: ComplianceRecord | None,
    limit: int,
) -> Sequence[ComplianceRecord]:
    """Return a bay's compliances, the newest first, from the one after `after`, without their answers.

    Those of the moment `since` are among them, those of `until` are not.
    """
    record, wanted = ComplianceRecord, _newest_first(bay_id)
    if since is not None:
        wanted = wanted.where(record.at >= since)
    if until is not None:
        wanted = wanted.where(record.at < until)
    if after is not None:
        same = and_(record.at == after.at, record.capture_id < after.capture_id)
        wanted = wanted.where(or_(record.at < after.at, same))
    return session.scalars(wanted.limit(limit).options(defer(record.answer))).all()


def verdicts_of(session: Session, capture_ids: Collection[str]) -> dict[str, list[PositionVerdictRecord]]:
    """Return the verdicts on positions of some captures by shelf and slot."""
    found: dict[str, list[PositionVerdictRecord]] = {id: [] for id in capture_ids}
    record = PositionVerdictRecord
    wanted = select(record).where(record.capture_id.in_(capture_ids))
    for verdict in session.scalars(wanted.order_by(record.shelf, record.slot)):
        found[verdict.capture_id].append(verdict)
    return found


def _newest_first(bay_id: str) -> Select[ComplianceRecord]:
    record = ComplianceRecord
    return select(record).where(record.bay_id == bay_id).order_by(record.at.desc(), record.capture_id.desc())
