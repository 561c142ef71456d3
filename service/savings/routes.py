"""Savings over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from sampling.choice.recipes import PRIOR, RECIPES
from sampling.evidence.hedge import shares
from service.auth.callers import require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.ids import RecordId
from service.records import SavingRecord
from service.rounds.queries import get_round
from service.savings.queries import list_savings, progress_of, recipe_weights
from service.savings.schemas import RecipeAnswer, SavingAnswer, SavingsAnswer
from service.savings.telling import still_waiting, told

router = APIRouter(prefix="/v1", tags=["rounds"], dependencies=[Depends(require(Action.READ_ROUNDS))])


@router.get("/rounds/{round_id}/saving")
def read_saving(context: ContextOf, round_id: RecordId) -> SavingAnswer:
    """Show what a round's picks were worth against random ones, and what they saved.

    Two heads on the embedder's vectors are fitted, to picked and to random labels of equal boxes, and judged on the
    half of the random arm that teaches neither. The worker measures when half of the round's tasks are done, and again
    as more of them are.
    """
    with context.database.read() as session:
        get_round(session, round_id)
        record = session.get(SavingRecord, round_id)
        return told(record) if record is not None else still_waiting(round_id, progress_of(session, round_id))


@router.get("/savings")
def read_savings(context: ContextOf, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> SavingsAnswer:
    """Show what was saved over time, and how far each recipe is trusted because of it."""
    with context.database.read() as session:
        records, weights = list_savings(session, limit), recipe_weights(session)
    given = shares(weights)
    recipes = [
        RecipeAnswer(name=name, about=recipe.about, prior=PRIOR[name], weight=weights[name], share=given[name])
        for name, recipe in RECIPES.items()
    ]
    return SavingsAnswer(recipes=recipes, rounds=[told(record) for record in records])
