"""Retrainings over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.ids import RecordId
from service.models.queries import model_of_retraining
from service.retrainings.planning import plan_retraining
from service.retrainings.queries import get_retraining, list_retrainings
from service.retrainings.schemas import RetrainingAnswer, RetrainingDetails, RetrainingPlan, RetrainingRequest
from service.retrainings.service import cancel_retraining, start_retraining

router = APIRouter(prefix="/v1/retrainings", tags=["retrainings"])
Trainer = Annotated[Caller, Depends(require(Action.START_RETRAININGS))]


@router.post("", status_code=202)
def create_retraining(context: ContextOf, caller: Trainer, request: RetrainingRequest) -> RetrainingAnswer:
    """Order a retraining; a worker takes it up, and GET /v1/retrainings/{id} tells how far it is."""
    return RetrainingAnswer.model_validate(start_retraining(context, request, caller.name))


@router.post("/plan")
def plan(context: ContextOf, _caller: Trainer, request: RetrainingRequest) -> RetrainingPlan:
    """Say what a retraining would train on and how long it would take; nothing is ordered."""
    return plan_retraining(context, request)


@router.get("", dependencies=[Depends(require(Action.READ_RETRAININGS))])
def read_retrainings(context: ContextOf, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[RetrainingAnswer]:
    """List retrainings, newest first."""
    with context.database.read() as session:
        return [RetrainingAnswer.model_validate(record) for record in list_retrainings(session, limit)]


@router.get("/{retraining_id}", dependencies=[Depends(require(Action.READ_RETRAININGS))])
def read_retraining(context: ContextOf, retraining_id: RecordId) -> RetrainingDetails:
    """Show a retraining: how far it is, what it trained on, and the checks its candidate passed or not."""
    with context.database.read() as session:
        record = get_retraining(session, retraining_id)
        model = model_of_retraining(session, retraining_id)
        answer = RetrainingAnswer.model_validate(record)
    return RetrainingDetails(**answer.model_dump(), gate=None if model is None else model.gate)


@router.post("/{retraining_id}/cancel", dependencies=[Depends(require(Action.START_RETRAININGS))])
def cancel(context: ContextOf, retraining_id: RecordId) -> RetrainingAnswer:
    """Call a retraining off: the champion stays, and the worker stops at the end of the present epoch or step."""
    return RetrainingAnswer.model_validate(cancel_retraining(context, retraining_id))
