"""Pilots over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.guidelines.pilot_queries import get_pilot, list_pilots
from service.guidelines.pilots import decide_pilot, pilot_answer, start_pilot
from service.guidelines.schemas_pilots import DecideRequest, PilotAnswer, PilotRequest
from service.ids import RecordId

router = APIRouter(prefix="/v1/pilots", tags=["guidelines"])
Reader = Annotated[Caller, Depends(require(Action.READ_QUALITY))]
Changer = Annotated[Caller, Depends(require(Action.CHANGE_GUIDELINES))]


@router.post("", status_code=201)
def start(context: ContextOf, caller: Changer, request: PilotRequest) -> PilotAnswer:
    """Start a pilot: a few waiting tasks go to several people each, ahead of others, and nobody is told which."""
    return start_pilot(context, caller, request)


@router.get("")
def read_pilots(
    context: ContextOf, caller: Reader, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[PilotAnswer]:
    """List pilots, the newest first."""
    with context.database.read() as session:
        return [pilot_answer(session, pilot) for pilot in list_pilots(session, limit)]


@router.get("/{id}")
def read_pilot(context: ContextOf, caller: Reader, id: RecordId) -> PilotAnswer:
    """Show a pilot: how far it is, and whether it is a go or a no-go, and why."""
    with context.database.read() as session:
        return pilot_answer(session, get_pilot(session, id))


@router.post("/{id}/decide")
def decide(context: ContextOf, caller: Changer, id: RecordId, request: DecideRequest) -> PilotAnswer:
    """End a pilot. After a no-go its draft is put in force only in spite of it."""
    return decide_pilot(context, id, request.early)
