"""Putting a version of a planogram: the one door, whatever form it came in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from retail.catalogue_events import PlanogramReset
from retail.planogram_validity import Validity
from retail.planograms import PlannedShelf, Planogram, Position
from retail.stores import StoreFormat
from service.auth.callers import Caller
from service.catalogue.queries import catalogue_version, lock_catalogue
from service.catalogue.service import change
from service.catalogue.states import State
from service.context import Context
from service.planograms.answers import diff_sentences, layout_members, whole
from service.planograms.queries import (
    add_version,
    as_planogram,
    followers,
    list_versions,
    positions_of,
    replace_positions,
)
from service.planograms.schemas import PutAnswer
from service.problems import Problem
from service.records import PlanogramVersionRecord, PositionRecord


@dataclass(frozen=True, slots=True)
class Wanted:
    """A layout as somebody asks for it, with products that there are."""

    validity: Validity
    positions: tuple[Position, ...]
    shelves: tuple[PlannedShelf, ...]
    width: float | None


def put(
    context: Context, caller: Caller, planogram_id: str, make: Callable[[Session], Wanted], dry_run: bool
) -> PutAnswer:
    """Add a version of a planogram, unless the newest for the same format of stores and days is exactly this already.

    For the same days: who sends the usual layout and a promotion every night must not end the promotion with it.

    Args:
        context: of the service.
        caller: who must reach the stores whose bays follow the planogram.
        planogram_id: a new one, or one that there is.
        make: called once nothing else can change catalogue or planograms.
        dry_run: change nothing, only say what would be.

    Raises:
        Problem: invalid-planogram or store-out-of-scope, or what `make` raises.
    """
    with context.database.write() as session:
        lock_catalogue(session)
        wanted = make(session)
        bays = _reset_by(session, caller, planogram_id, wanted.validity.store_format)
        versions = list_versions(session, planogram_id)
        planogram = _planogram(planogram_id, versions[0].version + 1 if versions else 1, wanted)
        if known := _known(session, versions, planogram, wanted.validity):
            return _answer(session, *known, changed=False, dry_run=dry_run)
        version, positions = _records(planogram, wanted.validity, caller.name, context.clock())
        diff = _diff(session, versions, planogram, version.store_format)
        if not dry_run:
            _add(session, version, positions, versions, bays)
        return _answer(session, version, positions, changed=True, dry_run=dry_run, diff=diff, reset=bays)


def validity_of(version: PlanogramVersionRecord) -> Validity:
    """Return for whom and when a version counts."""
    store_format = None if version.store_format is None else StoreFormat(version.store_format)
    return Validity(store_format, version.valid_from, version.valid_until)


def checked_validity(store_format: StoreFormat | None, first: date | None, last: date | None) -> Validity:
    """Return for whom and when a version is meant to count.

    Raises:
        Problem: invalid-planogram, where the last day is before the first.
    """
    try:
        return Validity(store_format, first, last)
    except ValueError as error:
        remedy = "Correct the days."
        raise Problem(422, "invalid-planogram", f"{error}.", field="valid_until", remedy=remedy) from error


def _reset_by(session: Session, caller: Caller, planogram_id: str, store_format: str | None) -> list[str]:
    """Return the bays that a version for a format of stores is for."""
    bays = followers(session, [planogram_id])[planogram_id]
    for _, store_id, _ in bays:
        caller.check_reach(store_id)
    return [bay_id for bay_id, _, format in bays if store_format in (None, format)]


def _planogram(id: str, version: int, wanted: Wanted) -> Planogram:
    positions = tuple(sorted(wanted.positions, key=lambda one: (one.shelf, one.slot)))
    shelves = tuple(sorted(wanted.shelves, key=lambda one: one.number))
    try:
        return Planogram(id, version, positions, shelves, wanted.width)
    except ValueError as error:
        remedy = "Give each slot of a shelf, and the measures of each shelf, once."
        raise Problem(422, "invalid-planogram", f"{error}.", field="positions", remedy=remedy) from error


def _known(
    session: Session, versions: Sequence[PlanogramVersionRecord], planogram: Planogram, validity: Validity
) -> tuple[PlanogramVersionRecord, Sequence[PositionRecord]] | None:
    """Return the newest version of the same validity, if it says what the planogram says."""
    known = next((one for one in versions if validity_of(one) == validity), None)
    if known is None:
        return None
    positions = positions_of(session, planogram.id, known.version)
    return (known, positions) if _is(planogram, known, positions) else None


def _diff(
    session: Session, versions: Sequence[PlanogramVersionRecord], planogram: Planogram, store_format: str | None
) -> list[str]:
    """Say what is otherwise than in the newest version for a format of stores; nothing of the first one."""
    before = next((one for one in versions if one.store_format == store_format), None)
    if before is None:
        return []
    return diff_sentences(session, whole(session, before), planogram)


def _answer(
    session: Session,
    version: PlanogramVersionRecord,
    positions: Sequence[PositionRecord],
    *,
    changed: bool,
    dry_run: bool,
    diff: Sequence[str] = (),
    reset: Sequence[str] = (),
) -> PutAnswer:
    return PutAnswer(
        **layout_members(session, version, positions),
        changed=changed,
        dry_run=dry_run,
        diff=list(diff),
        reset=list(reset),
        catalogue_version=catalogue_version(session),
    )


def _is(planogram: Planogram, known: PlanogramVersionRecord, positions: Sequence[PositionRecord]) -> bool:
    counting = as_planogram(known, positions)
    return (counting.positions, counting.shelves, counting.width, len(positions)) == (
        planogram.positions,
        planogram.shelves,
        planogram.width,
        len(planogram.positions),
    )


def _records(
    planogram: Planogram, validity: Validity, by: str, now: datetime
) -> tuple[PlanogramVersionRecord, list[PositionRecord]]:
    key = {"planogram_id": planogram.id, "version": planogram.version}
    version = PlanogramVersionRecord(
        **key,
        store_format=validity.store_format,
        valid_from=validity.first,
        valid_until=validity.last,
        width=planogram.width,
        shelves=[{"number": one.number, "base": one.base, "clear": one.clear} for one in planogram.shelves],
        put_at=now,
        by=by,
    )
    positions = [
        PositionRecord(
            **key,
            shelf=one.shelf,
            slot=one.slot,
            gtin=one.gtin,
            wide=one.wide,
            high=one.high,
            x=one.x,
            width=one.width,
            state=State.CURRENT,
        )
        for one in planogram.positions
    ]
    return version, positions


def _add(
    session: Session,
    version: PlanogramVersionRecord,
    positions: Sequence[PositionRecord],
    earlier: Sequence[PlanogramVersionRecord],
    bays: Sequence[str],
) -> None:
    add_version(session, version, positions)
    validity = validity_of(version)
    replaced = [one.version for one in earlier if validity.covers(validity_of(one))]
    replace_positions(session, version.planogram_id, replaced)
    if bays:
        assert version.put_at is not None
        reset = PlanogramReset(version.planogram_id, version.version, tuple(bays))
        change(session, reset, version.by, version.put_at)
