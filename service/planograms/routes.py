"""Planograms over HTTP: JSON in and out, versions and what is otherwise between them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.orm import Session

from retail.gtin import Gtin
from retail.planograms import PlannedShelf, Position
from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.catalogue.doing import checked_gtin
from service.catalogue.loading import read_catalogue
from service.catalogue.resolving import product_of
from service.catalogue.routes import Changer, DryRun
from service.dependencies import ContextOf
from service.planograms.answers import diff_answer, layout_members, version_answer, whole
from service.planograms.following import planogram_not_found
from service.planograms.putting import Wanted, checked_validity, put
from service.planograms.queries import find_version, followers, list_planograms, list_versions, positions_of
from service.planograms.schemas import (
    DiffAnswer,
    ListedPlanogram,
    PlanogramAnswer,
    PlanogramRequest,
    PlanogramsAnswer,
    PositionRequest,
    PutAnswer,
)
from service.problems import Problem, not_found
from service.records import PlanogramVersionRecord
from service.stores.schemas import Id
from service.texts import Text

router = APIRouter(prefix="/v1/planograms", tags=["planograms"])
Reader = Annotated[Caller, Depends(require(Action.READ_CATALOGUE))]
VersionNumber = Annotated[int, Query(ge=1, le=2**31 - 1)]


@router.put("/{planogram_id}")
def put_planogram(
    context: ContextOf,
    caller: Changer,
    planogram_id: Id,
    request: PlanogramRequest,
    response: Response,
    dry_run: DryRun = False,
) -> PutAnswer:
    """Say how bays are meant to look; what the newest version for the format and days says already changes nothing.

    Otherwise it becomes a further version. Where bays follow the planogram that is a `planogram_reset` in the
    catalogue's log, and more of their photos are labelled.
    """
    checked = [checked_gtin(one.gtin, f"positions[{place}].gtin") for place, one in enumerate(request.positions)]
    done = put(context, caller, planogram_id, lambda session: _wanted(context, session, request, checked), dry_run)
    response.status_code = 201 if done.changed and not dry_run else 200
    return done


@router.get("")
def read_planograms(
    context: ContextOf,
    caller: Reader,
    after: Annotated[Text, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> PlanogramsAnswer:
    """List planograms in the order of their ids."""
    with context.database.read() as session:
        found = list_planograms(session, after, limit)
        bays = followers(session, found)
    listed = [
        ListedPlanogram(planogram_id=id, version=version, bays=_reached(caller, bays[id]))
        for id, version in found.items()
    ]
    return PlanogramsAnswer(planograms=listed, next=listed[-1].planogram_id if len(listed) == limit else None)


@router.get("/{planogram_id}")
def read_planogram(
    context: ContextOf, caller: Reader, planogram_id: Id, version: VersionNumber | None = None
) -> PlanogramAnswer:
    """Show a version of a planogram, the newest by default."""
    with context.database.read() as session:
        record = wanted_version(session, planogram_id, version)
        return PlanogramAnswer(
            **layout_members(session, record, positions_of(session, planogram_id, record.version)),
            versions=[version_answer(one) for one in list_versions(session, planogram_id)],
            bays=_reached(caller, followers(session, [planogram_id])[planogram_id]),
        )


@router.get("/{planogram_id}/diff", dependencies=[Depends(require(Action.READ_CATALOGUE))])
def read_diff(
    context: ContextOf,
    planogram_id: Id,
    before: Annotated[VersionNumber, Query(alias="from")],
    after: Annotated[VersionNumber | None, Query(alias="to", description="the newest by default")] = None,
) -> DiffAnswer:
    """Say what is otherwise in a version than in another: moved, added, removed, other facings or measures."""
    with context.database.read() as session:
        records = [wanted_version(session, planogram_id, number) for number in (before, after)]
        old, new = ((one, whole(session, one)) for one in records)
        return diff_answer(session, old, new)


def wanted_version(session: Session, planogram_id: str, version: int | None) -> PlanogramVersionRecord:
    """Return a version of a planogram, the newest where none is named.

    Raises:
        Problem: planogram-not-found or planogram-version-not-found.
    """
    versions = list_versions(session, planogram_id)
    if not versions:
        raise planogram_not_found(planogram_id)
    found = versions[0] if version is None else find_version(session, planogram_id, version)
    if found is None:
        remedy = f"The newest is {versions[0].version}."
        raise not_found("planogram version", str(version), field="version", remedy=remedy)
    return found


def _wanted(context: ContextOf, session: Session, request: PlanogramRequest, gtins: list[Gtin]) -> Wanted:
    catalogue, today = read_catalogue(session, gtins), context.clock().date()
    products = [product_of(catalogue, gtin, f"positions[{place}].gtin", today) for place, gtin in enumerate(gtins)]
    return Wanted(
        checked_validity(request.store_format, request.valid_from, request.valid_until),
        tuple(_position(place, one, products[place]) for place, one in enumerate(request.positions)),
        tuple(PlannedShelf(one.number, one.base, one.clear) for one in request.shelves),
        request.width,
    )


def _position(place: int, one: PositionRequest, gtin: Gtin) -> Position:
    try:
        return Position(one.shelf, one.slot, gtin, one.wide, one.high, one.x, one.width)
    except ValueError as error:
        field, remedy = f"positions[{place}].width", "Give both or none."
        raise Problem(422, "invalid-planogram", f"{field}: {error}.", field=field, remedy=remedy) from error


def _reached(caller: Caller, bays: list[tuple[str, str, str]]) -> list[str]:
    return [bay_id for bay_id, store_id, _ in bays if caller.may_reach(store_id)]
