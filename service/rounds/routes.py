"""Rounds over HTTP."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from sampling.rounds import RoundConfig
from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.context import Context
from service.dependencies import ContextOf
from service.ids import RecordId
from service.records import PickRecord, RoundRecord, TaskRecord
from service.rounds.explain_queries import Batch, batches_of
from service.rounds.queries import get_round, list_picks, list_rounds
from service.rounds.replaying import replay_round
from service.rounds.schemas import PickAnswer, ReplayAnswer, RoundAnswer, RoundDetails, RoundSummary
from service.rounds.service import run_round

router = APIRouter(prefix="/v1/rounds", tags=["rounds"])
Starter = Annotated[Caller, Depends(require(Action.START_ROUNDS))]


@router.post("", status_code=201)
def create_round(context: ContextOf, caller: Starter, config: RoundConfig) -> RoundDetails:
    """Pick, out of everything nobody has labelled, what a person should label next; each pick says why.

    After another model became champion, captures are picked from again once the worker has looked at them with it; the
    round's notes say how many still wait, and what else it had to do without.
    """
    return _details(context, run_round(context, config, caller.name))


@router.get("", dependencies=[Depends(require(Action.READ_ROUNDS))])
def read_rounds(context: ContextOf, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[RoundSummary]:
    """List rounds, newest first."""
    with context.database.read() as session:
        records = list_rounds(session, limit)
        batches = batches_of(session, [record.id for record in records])
    return [_summary(record, batches[record.id]) for record in records]


@router.get("/{round_id}", dependencies=[Depends(require(Action.READ_ROUNDS))])
def read_round(context: ContextOf, round_id: RecordId) -> RoundDetails:
    """Show a round with its picks and what became of their tasks."""
    return _details(context, round_id)


@router.post("/{round_id}/replay", dependencies=[Depends(require(Action.READ_ROUNDS))])
def replay(context: ContextOf, round_id: RecordId) -> ReplayAnswer:
    """Pick again from the pool as it was, and say whether the picks are the same; changes nothing.

    A round keeps what it started from, but of the pool and of the labelled captures only digests: where signatures were
    renewed since, or captures were being stored while the round began, the answer is `pool_unchanged: false`. What an
    earlier sampler picked cannot be picked again.
    """
    return replay_round(context, round_id)


def _summary(record: RoundRecord, batch: Batch) -> RoundSummary:
    found = RoundAnswer.model_validate(record).model_dump()
    return RoundSummary(**found, arms=batch.arms, tasks=batch.tasks, boxes=batch.boxes)


def _details(context: Context, round_id: str) -> RoundDetails:
    with context.database.read() as session:
        record = get_round(session, round_id)
        picks = [_pick(pick, task) for pick, task in list_picks(session, round_id)]
    return RoundDetails(
        **RoundAnswer.model_validate(record).model_dump(),
        picks=picks,
        arms=Counter(pick.arm for pick in picks),
        tasks=Counter(pick.task_state for pick in picks),
        boxes=sum(pick.predicted_boxes for pick in picks),
        near_duplicates=record.near_duplicates,
        inputs=record.inputs,
    )


def _pick(pick: PickRecord, task: TaskRecord) -> PickAnswer:
    return PickAnswer(
        capture_id=pick.capture_id,
        rank=pick.rank,
        arm=pick.arm,
        propensity=pick.propensity,
        terms=pick.terms,
        reason=pick.reason,
        recipe=pick.recipe,
        predicted_boxes=task.predicted_boxes,
        task_id=task.id,
        task_state=task.state,
    )
