"""Planograms over HTTP."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy.orm import Session

from retail.planograms import Planogram, Position
from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.catalogue.doing import checked_gtin
from service.catalogue.loading import read_catalogue
from service.catalogue.queries import hold_catalogue
from service.catalogue.resolving import product_of
from service.dependencies import ContextOf
from service.planograms.queries import add_planogram, as_positions, lock_bay, newest_positions, store_of_bay
from service.planograms.schemas import (
    PlanogramAnswer,
    PlanogramRequest,
    PositionAnswer,
    PositionRequest,
    PutPlanogramAnswer,
)
from service.problems import Problem, not_found
from service.records import PositionRecord
from service.stores.schemas import Id

router = APIRouter(prefix="/v1/bays/{bay_id}/planogram", tags=["planograms"])
Changer = Annotated[Caller, Depends(require(Action.CHANGE_CATALOGUE))]
Reader = Annotated[Caller, Depends(require(Action.READ_STORES))]


@router.put("")
def put_planogram(
    context: ContextOf, caller: Changer, bay_id: Id, request: PlanogramRequest, response: Response
) -> PutPlanogramAnswer:
    """Say how a bay is meant to look; the layout that it has already changes nothing, its version included."""
    with context.database.write() as session:
        hold_catalogue(session)
        _check_bay(session, caller, bay_id)
        lock_bay(session, bay_id)
        known = newest_positions(session, bay_id)
        wanted = _planogram(session, bay_id, request.positions, known, context.clock().date())
        changed = wanted.positions != as_positions(known) or len(known) != len(wanted.positions)
        if changed:
            add_planogram(session, wanted)
        answer = _answer(bay_id, newest_positions(session, bay_id))
    response.status_code = 201 if changed else 200
    return PutPlanogramAnswer(**answer.model_dump(), changed=changed)


@router.get("")
def read_planogram(context: ContextOf, caller: Reader, bay_id: Id) -> PlanogramAnswer:
    """Show how a bay is meant to look."""
    with context.database.read() as session:
        _check_bay(session, caller, bay_id)
        known = newest_positions(session, bay_id)
        if not known:
            raise not_found("planogram", bay_id, field="bay_id", remedy=f"PUT /v1/bays/{bay_id}/planogram adds one.")
        return _answer(bay_id, known)


def _check_bay(session: Session, caller: Caller, bay_id: str) -> None:
    store_id = store_of_bay(session, bay_id)
    if store_id is None:
        remedy = f"Register it with PUT /v1/stores/{{store_id}}/bays/{bay_id}."
        raise not_found("bay", bay_id, field="bay_id", remedy=remedy)
    caller.check_reach(store_id)


def _planogram(
    session: Session, bay_id: str, asked: Sequence[PositionRequest], known: Sequence[PositionRecord], today: date
) -> Planogram:
    gtins = [checked_gtin(one.gtin, f"positions[{place}].gtin") for place, one in enumerate(asked)]
    catalogue = read_catalogue(session, gtins)
    positions = [
        Position(one.shelf, one.slot, product_of(catalogue, gtin, f"positions[{place}].gtin", today), one.facings)
        for place, (one, gtin) in enumerate(zip(asked, gtins, strict=True))
    ]
    version = known[0].version + 1 if known else 1
    try:
        return Planogram(bay_id, version, tuple(sorted(positions, key=lambda one: (one.shelf, one.slot))))
    except ValueError as error:
        remedy = "Give each slot of a shelf once."
        raise Problem(422, "invalid-planogram", f"{error}.", field="positions", remedy=remedy) from error


def _answer(bay_id: str, records: Sequence[PositionRecord]) -> PlanogramAnswer:
    return PlanogramAnswer(
        bay_id=bay_id,
        version=records[0].version,
        positions=[PositionAnswer.model_validate(record) for record in records],
    )
