"""What counts in a report: every bay once a day, however often it was photographed.

A bay counts under the planogram version that its last photo of the day was judged by, photos that do not look like the
bay left out. A position's verdict is the last one of that day that was decided: a photo of half of the bay, or one with
somebody in front of it, takes nothing back. A position that no photo of the day decided is undecided. Shares of the
shelf are those of the day's last photo. Days are those of UTC.
"""

from datetime import UTC, date, datetime, time

from sqlalchemy import ColumnElement, case, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from retail.compliance import Verdict
from service.records import (
    ComplianceRecord,
    DayShareRecord,
    DayVerdictRecord,
    PositionVerdictRecord,
    ShelfShareRecord,
)


def count_day(session: Session, bay_id: str, at: datetime) -> None:
    """Count a bay's day anew after another of its photos, taken at `at`, was judged; the bay is held meanwhile.

    Reports read what is counted here: a camera that looks every hour would have them sort 24 times as many verdicts.
    """
    day = at.astimezone(UTC).date()
    for kind in (DayVerdictRecord, DayShareRecord):
        session.execute(delete(kind).where(kind.bay_id == bay_id, kind.day == day))
    photo = ComplianceRecord
    newest_first = select(photo.capture_id, photo.store_id, photo.planogram_id, photo.version).where(
        *_of_day(bay_id, day)
    )
    last = session.execute(newest_first.order_by(photo.at.desc(), photo.capture_id.desc()).limit(1)).one_or_none()
    if last is not None:
        _count_verdicts(session, bay_id, day, last.store_id, (last.planogram_id, last.version))
        _count_shares(session, bay_id, day, last.store_id, last.capture_id)


def _of_day(bay_id: str, day: date) -> tuple[ColumnElement[bool], ...]:
    first, last = datetime.combine(day, time.min, UTC), datetime.combine(day, time.max, UTC)
    photo = ComplianceRecord
    return photo.bay_id == bay_id, photo.at.between(first, last), photo.fits.is_(True)


def _count_verdicts(session: Session, bay_id: str, day: date, store_id: str, planogram: tuple[str, int]) -> None:
    photo, verdict = ComplianceRecord, PositionVerdictRecord
    undecided = case((verdict.verdict == Verdict.UNDECIDED, 1), else_=0)
    best_first = (undecided, photo.at.desc(), photo.capture_id.desc())
    choice = func.row_number().over(partition_by=(verdict.shelf, verdict.slot), order_by=best_first)
    all_of_them = (
        select(verdict.shelf, verdict.slot, verdict.gtin, verdict.verdict, choice.label("choice"))
        .join(photo, photo.capture_id == verdict.capture_id)
        .where(*_of_day(bay_id, day), photo.planogram_id == planogram[0], photo.version == planogram[1])
        .subquery()
    )
    seen = all_of_them.c
    columns = (literal(bay_id), literal(day), literal(store_id), seen.shelf, seen.slot, seen.gtin, seen.verdict)
    names = ["bay_id", "day", "store_id", "shelf", "slot", "gtin", "verdict"]
    session.execute(insert(DayVerdictRecord).from_select(names, select(*columns).where(seen.choice == 1)))


def _count_shares(session: Session, bay_id: str, day: date, store_id: str, capture_id: str) -> None:
    of = ShelfShareRecord
    seen = select(literal(bay_id), literal(day), literal(store_id), of.gtin, of.share)
    seen = seen.where(of.capture_id == capture_id, of.share > 0)
    session.execute(insert(DayShareRecord).from_select(["bay_id", "day", "store_id", "gtin", "share"], seen))
