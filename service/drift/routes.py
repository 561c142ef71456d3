"""Drift over HTTP."""

from fastapi import APIRouter, Depends

from service.auth.callers import require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.drift.schemas import DriftAnswer
from service.drift.service import drift_answer

router = APIRouter(prefix="/v1/drift", tags=["drift"])


@router.get("", dependencies=[Depends(require(Action.READ_ROUNDS))])
def read_drift(context: ContextOf) -> DriftAnswer:
    """Say what moved, per store and camera, since the serving model's training set was frozen.

    A worker looks at a camera each time ten more captures of it have come. `make bench-drift` measures how often that
    raises a false alarm.
    """
    with context.database.read() as session:
        return drift_answer(session, context)
