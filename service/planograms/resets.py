"""When the layout of a bay last became another one."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.records import BayRecord, FollowingRecord, PlanogramVersionRecord, StoreRecord


def reset_times(session: Session, until: datetime) -> dict[str, datetime]:
    """Return by bay the last time, up to one, at which another planogram or version came into force for it.

    The first planogram of a bay is no reset, and neither is a version that another one beats (`queries.in_force`).
    Asked for the same time later it says the same, as long as no store changed its format.
    """
    versions = _versions(session, until)
    found: dict[str, datetime] = {}
    for bay_id, (format, followed) in _followed(session, until).items():
        planogram_id, since = followed[-1]
        mine = [one for one in versions.get(planogram_id, ()) if one.store_format in (None, format)]
        times = [one for one in _changes(mine, until) if since is None or one > since]
        times += [since] if since is not None and len(followed) > 1 else []
        if times:
            found[bay_id] = max(times)
    return found


Followed = Sequence[tuple[str, datetime | None]]


def _followed(session: Session, until: datetime) -> Mapping[str, tuple[str, Followed]]:
    """Return by bay its store's format, and the planograms that it followed since when."""
    rows = (
        select(FollowingRecord.bay_id, StoreRecord.format, FollowingRecord.planogram_id, FollowingRecord.since)
        .join(BayRecord, BayRecord.id == FollowingRecord.bay_id)
        .join(StoreRecord, StoreRecord.id == BayRecord.store_id)
        .where(or_(FollowingRecord.since.is_(None), FollowingRecord.since <= until))
        .order_by(FollowingRecord.catalogue_version)
    )
    found: dict[str, tuple[str, list[tuple[str, datetime | None]]]] = {}
    for bay_id, format, planogram_id, since in session.execute(rows):
        found.setdefault(bay_id, (format, []))[1].append((planogram_id, since))
    return found


def _versions(session: Session, until: datetime) -> Mapping[str, list[PlanogramVersionRecord]]:
    """Return by planogram the versions that had come into force for somebody, those that beat others last."""
    version = PlanogramVersionRecord
    begun = select(version).where(
        or_(version.put_at.is_(None), version.put_at <= until),
        or_(version.valid_from.is_(None), version.valid_from <= until.date()),
    )
    found: dict[str, list[PlanogramVersionRecord]] = defaultdict(list)
    for record in session.scalars(begun.order_by(version.store_format.is_not(None), version.version)):
        found[record.planogram_id].append(record)
    return found


def _changes(begun: Sequence[PlanogramVersionRecord], until: datetime) -> list[datetime]:
    """Return when the version in force took over: when it began, or when those that beat it ended."""
    valid = [place for place, one in enumerate(begun) if not _ended(one, until.date())]
    if not valid:
        return []
    now, beating = begun[valid[-1]], begun[valid[-1] + 1 :]
    began = _began(now)
    times = [_midnight(one.valid_until + timedelta(days=1)) for one in beating if one.valid_until]
    if began is not None and any(one is not now and (_began(one) or began) <= began for one in begun):
        times.append(began)
    return times


def _ended(version: PlanogramVersionRecord, day: date) -> bool:
    return version.valid_until is not None and version.valid_until < day


def _began(version: PlanogramVersionRecord) -> datetime | None:
    times = [version.put_at] if version.put_at else []
    times += [_midnight(version.valid_from)] if version.valid_from else []
    return max(times, default=None)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
