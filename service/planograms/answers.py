"""From the records of planograms to answers."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from retail.gtin import Gtin
from retail.planogram_diff import Difference, differences, measure_sentences
from retail.planograms import PlannedShelf, Planogram, Position
from service.catalogue.loading import read_catalogue
from service.planograms.queries import as_position, names_of, positions_of
from service.planograms.schemas import (
    DiffAnswer,
    DifferenceAnswer,
    PlaceAnswer,
    PositionAnswer,
    ShelfMeasures,
    VersionAnswer,
)
from service.records import PlanogramVersionRecord, PositionRecord


def layout_members(
    session: Session, version: PlanogramVersionRecord, positions: Iterable[PositionRecord]
) -> dict[str, Any]:
    """Return the members of a `LayoutAnswer`."""
    found = list(positions)
    names = names_of(session, {one.gtin for one in found})
    return {
        **version_answer(version).model_dump(),
        "planogram_id": version.planogram_id,
        "width": version.width,
        "shelves": [ShelfMeasures(**shelf) for shelf in version.shelves],
        "positions": [_position_answer(one, names[Gtin(one.gtin)]) for one in found],
    }


def version_answer(version: PlanogramVersionRecord) -> VersionAnswer:
    """Return for whom and when a version counts."""
    return VersionAnswer.model_validate(version)


def diff_sentences(session: Session, before: Planogram, after: Planogram) -> list[str]:
    """Say in plain words what is otherwise in a later layout."""
    found = differences(before, after)
    names = names_of(session, {one.gtin for one in found})
    return [one.sentence(names) for one in found] + list(measure_sentences(before, after)) or _nothing(before, after)


def diff_answer(
    session: Session, before: tuple[PlanogramVersionRecord, Planogram], after: tuple[PlanogramVersionRecord, Planogram]
) -> DiffAnswer:
    """Say in plain words, and for programs, what is otherwise in a later version."""
    found = differences(before[1], after[1])
    names = names_of(session, {one.gtin for one in found})
    return DiffAnswer(
        planogram_id=before[1].id,
        before=version_answer(before[0]),
        after=version_answer(after[0]),
        sentences=diff_sentences(session, before[1], after[1]),
        differences=[_difference_answer(one, names) for one in found],
    )


def whole(session: Session, version: PlanogramVersionRecord) -> Planogram:
    """Return all of a version, also what counts no longer, with the products that its GTINs stand for today.

    Otherwise a product that got another GTIN since would seem to have gone, and another to have come.
    """
    positions = positions_of(session, version.planogram_id, version.version)
    catalogue = read_catalogue(session, {Gtin(one.gtin) for one in positions})
    return Planogram(
        version.planogram_id,
        version.version,
        tuple(_with_todays_gtin(as_position(one), catalogue.canonical(Gtin(one.gtin))) for one in positions),
        tuple(PlannedShelf(**shelf) for shelf in version.shelves),
        version.width,
    )


def _with_todays_gtin(position: Position, gtin: Gtin | None) -> Position:
    return position if gtin is None else replace(position, gtin=gtin)


def _nothing(before: Planogram, after: Planogram) -> list[str]:
    same = [(one.shelf, one.slot) for one in before.positions] == [(one.shelf, one.slot) for one in after.positions]
    return [] if same else ["Only the numbers of slots are otherwise."]


def _position_answer(record: PositionRecord, name: str) -> PositionAnswer:
    place = PlaceAnswer.model_validate(record).model_dump()
    return PositionAnswer(**place, gtin=record.gtin, name=name, state=record.state)


def _difference_answer(one: Difference, names: dict[Gtin, str]) -> DifferenceAnswer:
    return DifferenceAnswer(
        kind=one.kind,
        gtin=one.gtin,
        name=names[one.gtin],
        before=one.before and PlaceAnswer.model_validate(one.before),
        after=one.after and PlaceAnswer.model_validate(one.after),
        sentence=one.sentence(names),
    )
