"""Triggers over HTTP."""

from fastapi import APIRouter, Depends

from service.auth.callers import require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.triggers.schemas import TriggersAnswer
from service.triggers.service import triggers_answer

router = APIRouter(prefix="/v1/triggers", tags=["retrainings"])


@router.get("", dependencies=[Depends(require(Action.READ_RETRAININGS))])
def read_triggers(context: ContextOf) -> TriggersAnswer:
    """Show what orders a retraining without a person, and how far each is from it; those that are off count, too."""
    with context.database.read() as session:
        return triggers_answer(session, context)
