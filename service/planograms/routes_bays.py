"""What a bay is meant to look like, over HTTP."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.catalogue.routes import Changer
from service.dependencies import ContextOf
from service.planograms.answers import layout_members
from service.planograms.following import check_bay, follow
from service.planograms.queries import positions_of, version_in_force
from service.planograms.schemas import BayPlanogramAnswer, FollowAnswer, FollowRequest
from service.problems import Problem
from service.stores.schemas import Id

router = APIRouter(prefix="/v1/bays/{bay_id}/planogram", tags=["planograms"])
Reader = Annotated[Caller, Depends(require(Action.READ_STORES))]


@router.put("")
def follow_planogram(context: ContextOf, caller: Changer, bay_id: Id, request: FollowRequest) -> FollowAnswer:
    """Let a bay follow a planogram from now on; another than before is a `planogram_reset` in the catalogue's log."""
    return follow(context, caller, bay_id, request.planogram_id)


@router.get("")
def read_bay_planogram(
    context: ContextOf,
    caller: Reader,
    bay_id: Id,
    on: Annotated[date | None, Query(description="today by default")] = None,
) -> BayPlanogramAnswer:
    """Show the version of its planogram that counts for a bay on a day.

    That is the newest of those that are valid on that day and made for the store's format; only where there is none,
    the newest of those that are for all formats.
    """
    day = on or context.clock().date()
    with context.database.read() as session:
        check_bay(session, caller, bay_id)
        version = version_in_force(session, bay_id, day)
        if version is None:
            detail = f"Bay {bay_id!r} has no planogram on {day}."
            remedy = f"Put one with PUT /v1/planograms/{{planogram_id}} and PUT /v1/bays/{bay_id}/planogram."
            raise Problem(404, "planogram-not-found", detail, field="bay_id", remedy=remedy)
        positions = positions_of(session, version.planogram_id, version.version)
        return BayPlanogramAnswer(**layout_members(session, version, positions), bay_id=bay_id)
