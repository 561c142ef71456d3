"""SQL about planograms."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from retail.gtin import Gtin
from retail.planograms import PlannedShelf, Planogram, Position
from service.catalogue.queries import in_parts
from service.catalogue.states import State
from service.records import (
    BayRecord,
    PlanogramRecord,
    PlanogramVersionRecord,
    PositionRecord,
    ProductRecord,
    StoreRecord,
)

Version = tuple[str, int]


def store_of_bay(session: Session, bay_id: str) -> str | None:
    """Return the store of a bay, None if there is no such bay."""
    return session.scalar(select(BayRecord.store_id).where(BayRecord.id == bay_id))


def in_force(session: Session, bay_id: str, day: date) -> Planogram | None:
    """Return the layout that a bay is meant to have on a day, None where there is none or nothing of it counts.

    Of the versions of its planogram that are for the store's format or for all, and valid on that day, one for the
    format beats one for all, then a later one an earlier. Positions whose product was split or delisted are left out.
    """
    return _in_force(session, BayRecord.id == bay_id, day).get(bay_id)


def in_force_in_store(session: Session, store_id: str, day: date) -> dict[str, Planogram]:
    """Return the layouts that a store's bays are meant to have on a day, by bay; bays without one are left out."""
    return _in_force(session, BayRecord.store_id == store_id, day)


def version_in_force(session: Session, bay_id: str, day: date) -> PlanogramVersionRecord | None:
    """Return the version of its planogram that counts for a bay on a day."""
    return _versions_in_force(session, BayRecord.id == bay_id, day).get(bay_id)


def as_planogram(version: PlanogramVersionRecord, positions: Iterable[PositionRecord]) -> Planogram:
    """Return what counts of a version: positions whose product was split or delisted are left out."""
    return Planogram(
        version.planogram_id,
        version.version,
        tuple(as_position(one) for one in positions if one.state == State.CURRENT),
        tuple(PlannedShelf(**shelf) for shelf in version.shelves),
        version.width,
    )


def as_position(record: PositionRecord) -> Position:
    """Return a position."""
    return Position(record.shelf, record.slot, Gtin(record.gtin), record.wide, record.high, record.x, record.width)


def positions_of(session: Session, planogram_id: str, version: int) -> Sequence[PositionRecord]:
    """Return the positions of a version by shelf and slot, in whatever state."""
    return _positions_of(session, [(planogram_id, version)])[planogram_id, version]


def find_version(session: Session, planogram_id: str, version: int) -> PlanogramVersionRecord | None:
    """Return a version of a planogram, None if there is none."""
    return session.get(PlanogramVersionRecord, (planogram_id, version))


def list_versions(session: Session, planogram_id: str) -> Sequence[PlanogramVersionRecord]:
    """Return the versions of a planogram, the newest first."""
    versions = select(PlanogramVersionRecord).where(PlanogramVersionRecord.planogram_id == planogram_id)
    return session.scalars(versions.order_by(PlanogramVersionRecord.version.desc())).all()


def list_planograms(session: Session, after: str, limit: int) -> dict[str, int]:
    """Return the number of the newest version by planogram, in the order of ids, from the one after `after`."""
    version = PlanogramVersionRecord
    wanted = select(version.planogram_id, func.max(version.version)).where(version.planogram_id > after)
    found = wanted.group_by(version.planogram_id).order_by(version.planogram_id).limit(limit)
    return {id: newest for id, newest in session.execute(found)}


def followers(session: Session, planogram_ids: Iterable[str]) -> dict[str, list[tuple[str, str, str]]]:
    """Return by planogram the bays that follow it: bay, its store and the store's format."""
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    bays = select(PlanogramRecord.id, BayRecord.id, BayRecord.store_id, StoreRecord.format)
    bays = bays.join(BayRecord, BayRecord.planogram_id == PlanogramRecord.id)
    bays = bays.join(StoreRecord, StoreRecord.id == BayRecord.store_id)
    for some in in_parts(planogram_ids):
        for id, bay_id, store_id, format in session.execute(
            bays.where(PlanogramRecord.id.in_(some)).order_by(BayRecord.id)
        ):
            found[id].append((bay_id, store_id, format))
    return found


def names_of(session: Session, gtins: Iterable[str]) -> dict[Gtin, str]:
    """Return what products are called, or were."""
    return {
        Gtin(gtin): name
        for some in in_parts(sorted(set(gtins)))
        for gtin, name in session.execute(
            select(ProductRecord.gtin, ProductRecord.name).where(ProductRecord.gtin.in_(some))
        )
    }


def add_version(session: Session, version: PlanogramVersionRecord, positions: Iterable[PositionRecord]) -> None:
    """Add a version of a planogram, its first or a later one."""
    if session.get(PlanogramRecord, version.planogram_id) is None:
        session.add(PlanogramRecord(id=version.planogram_id))
        session.flush()
    session.add(version)
    session.flush()
    session.add_all(positions)
    session.flush()


def replace_positions(session: Session, planogram_id: str, versions: Iterable[int]) -> None:
    """Let the positions of some versions count no longer: what happens to the catalogue passes them by."""
    gone = update(PositionRecord).where(
        PositionRecord.planogram_id == planogram_id, PositionRecord.version.in_(list(versions))
    )
    session.execute(gone.values(state=State.REPLACED))


def _in_force(session: Session, bays: ColumnElement[bool], day: date) -> dict[str, Planogram]:
    of_bays = _versions_in_force(session, bays, day)
    versions = {(one.planogram_id, one.version): one for one in of_bays.values()}
    positions = _positions_of(session, versions)
    planograms = {key: as_planogram(one, positions[key]) for key, one in versions.items()}
    found = {bay_id: planograms[one.planogram_id, one.version] for bay_id, one in of_bays.items()}
    return {bay_id: planogram for bay_id, planogram in found.items() if planogram.positions}


def _versions_in_force(session: Session, bays: ColumnElement[bool], day: date) -> dict[str, PlanogramVersionRecord]:
    version = PlanogramVersionRecord
    wanted = (
        select(BayRecord.id, version)
        .join(version, version.planogram_id == BayRecord.planogram_id)
        .join(StoreRecord, StoreRecord.id == BayRecord.store_id)
        .where(
            bays,
            or_(version.store_format.is_(None), version.store_format == StoreRecord.format),
            or_(version.valid_from.is_(None), version.valid_from <= day),
            or_(version.valid_until.is_(None), version.valid_until >= day),
        )
        .order_by(BayRecord.id, version.store_format.is_not(None), version.version)
    )
    return {bay_id: record for bay_id, record in session.execute(wanted)}  # the last of a bay stays


def _positions_of(session: Session, versions: Iterable[Version]) -> dict[Version, list[PositionRecord]]:
    numbers: dict[int, list[str]] = defaultdict(list)
    for id, version in sorted(versions):
        numbers[version].append(id)
    found: dict[Version, list[PositionRecord]] = defaultdict(list)
    for version, ids in numbers.items():
        for some in in_parts(ids):
            these = select(PositionRecord).where(
                PositionRecord.version == version, PositionRecord.planogram_id.in_(some)
            )
            for record in session.scalars(these.order_by(PositionRecord.shelf, PositionRecord.slot)):
                found[record.planogram_id, version].append(record)
    return found
