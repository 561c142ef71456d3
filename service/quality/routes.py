"""Quality over HTTP: gold, accuracy, agreement and drifting habits."""

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.ids import RecordId
from service.quality.gold import make_gold, retire_gold
from service.quality.gold_queries import list_gold
from service.quality.reports import agreement, annotators, convention_drifts, own_accuracy
from service.quality.schemas import AgreementAnswer, AnnotatorAnswer, ConventionDrift, GoldAnswer, GoldRequest

router = APIRouter(prefix="/v1", tags=["quality"])
Reader = Annotated[Caller, Depends(require(Action.READ_QUALITY))]
Reviewer = Annotated[Caller, Depends(require(Action.REVIEW))]
Annotator = Annotated[Caller, Depends(require(Action.LABEL))]
Days = Annotated[int, Query(ge=1, le=3650, description="the last so many days")]


@router.post("/gold", status_code=201)
def add_gold(context: ContextOf, caller: Reviewer, request: GoldRequest) -> GoldAnswer:
    """Let a reviewed task be gold: blind copies of it are hidden among the tasks of annotators."""
    with context.database.write() as session:
        gold = make_gold(session, request.task_id, caller.id, caller.store_ids, context.clock())
        return GoldAnswer.model_validate(gold)


@router.get("/gold")
def read_gold(
    context: ContextOf, caller: Reviewer, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[GoldAnswer]:
    """List gold, the newest first."""
    with context.database.read() as session:
        found = list_gold(session, caller.store_ids, limit)
        return [GoldAnswer.model_validate(gold).model_copy(update={"answered": answered}) for gold, answered in found]


@router.delete("/gold/{task_id}")
def remove_gold(context: ContextOf, caller: Reviewer, task_id: RecordId) -> GoldAnswer:
    """Hand out no more blind copies of a gold task; what annotators were marked with stays."""
    with context.database.write() as session:
        return GoldAnswer.model_validate(retire_gold(session, task_id, caller.store_ids, context.clock()))


@router.get("/agreement")
def read_agreement(context: ContextOf, _caller: Reader, days: Days = 90) -> AgreementAnswer:
    """Say how alike annotators label, at each boundary, and which answers they take for each other."""
    with context.database.read() as session:
        return agreement(session, context.clock() - timedelta(days=days))


@router.get("/annotators")
def read_annotators(context: ContextOf, _caller: Reader, days: Days = 90) -> list[AnnotatorAnswer]:
    """Say how right each annotator is on hidden gold, at each boundary, week by week."""
    with context.database.read() as session:
        return annotators(session, _day(context.clock(), days))


@router.get("/annotators/me")
def read_own_accuracy(context: ContextOf, caller: Annotator, days: Days = 90) -> AnnotatorAnswer:
    """Say how right the caller was on hidden gold until yesterday, where 20 answers or more tell."""
    now = context.clock()
    with context.database.read() as session:
        return own_accuracy(session, caller.id, _day(now, days), now.date())


@router.get("/conventions")
def read_conventions(context: ContextOf, _caller: Reader) -> list[ConventionDrift]:
    """Say which habits of drawing and naming changed in the last week, of annotators and of all together."""
    with context.database.read() as session:
        return convention_drifts(session)


def _day(now: datetime, days: int) -> date:
    return (now - timedelta(days=days)).date()
