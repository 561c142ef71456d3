"""Running a round."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sampling.gate.near_duplicates import NearDuplicates
from sampling.rounds import ADAPTIVE, EmptyPool, Pick, RoundConfig, RoundResult
from sampling.selection import select
from sampling.signatures import Pool, Vectors
from service.context import Context
from service.drift.service import drifted_strata
from service.ids import new_id
from service.problems import Problem
from service.records import PickRecord, RoundRecord
from service.rounds.queries import read_labelled_vectors, read_pool
from service.rounds.signature_queries import count_unsigned
from service.rounds.state import RoundInputs, loop_state, read_inputs
from service.savings.queries import recipe_shares
from service.tasks.making import make_tasks

MOST_NAMED = 1000  # near-duplicates


@dataclass(frozen=True, slots=True, eq=False)
class _Start:
    """What a round starts from; ``waiting`` captures are not in the pool, another model left their signature."""

    begun: datetime
    model_version: int
    config: RoundConfig
    pool: Pool
    labelled: dict[str, Vectors]
    inputs: RoundInputs
    waiting: int


def run_round(context: Context, config: RoundConfig, by: str) -> str:
    """Pick captures out of the pool, make a task of each, and return the round's id.

    Raises:
        Problem: pool-empty, pool-being-renewed, nothing-left-to-pick, or round-overtaken where another round took one
            of the captures.
    """
    start = _start(context, config)
    try:
        result = select(
            start.pool, loop_state(context, start.inputs, start.labelled, start.model_version), start.config
        )
    except EmptyPool as error:
        raise _empty(start, str(error)) from error
    if not result.picks:
        raise _nothing_to_pick(
            "nothing-left-to-pick", "Every capture of the pool looks like one that is in a task already."
        )
    try:
        with context.database.write() as session:
            return _store(session, start, result, by, context.settings.tasks.tile_boxes, context.clock())
    except IntegrityError as error:
        raise Problem(
            409,
            "round-overtaken",
            "Another round took one of the same captures a moment ago; nothing of this round was kept.",
            remedy="Start the round again: it will pick from what is left.",
            retry_after=1,
        ) from error


def _start(context: Context, config: RoundConfig) -> _Start:
    model_version = context.serving.current().version
    begun = context.clock()  # before the pool is read, so that a replay leaves out what came during the selection
    with context.database.read() as session:
        # In this order: what a round beside this one takes in between is then missing from the pool, too,
        # instead of looking like a near-duplicate of itself.
        labelled = read_labelled_vectors(session, model_version)
        drifted = drifted_strata(session, context.settings.drift.quota_factor)
        inputs = read_inputs(session, model_version, labelled, drifted, begun)
        pool = read_pool(session, model_version, begun, seconds=inputs.cost.seconds)
        if config.recipe == ADAPTIVE and config.recipe_shares is None:
            config = config.model_copy(update={"recipe_shares": recipe_shares(session)})
        return _Start(begun, model_version, config, pool, labelled, inputs, count_unsigned(session, model_version))


def _store(session: Session, start: _Start, result: RoundResult, by: str, tile_boxes: int | None, now: datetime) -> str:
    record = RoundRecord(
        id=new_id(start.begun),
        created_at=start.begun,
        by=by,
        config=result.config.model_dump(mode="json"),
        pool_digest=result.pool_digest,
        pool_size=len(start.pool),
        model_version=start.model_version,
        near_duplicates=_named(result.near_duplicates),
        notes=[*_notes(start, result), *result.notes],
        inputs=start.inputs.model_dump(mode="json"),
    )
    session.add(record)
    session.flush()
    session.add_all(_pick_record(record.id, pick) for pick in result.picks)
    make_tasks(session, record.id, result.picks, tile_boxes, now)
    return record.id


def _pick_record(round_id: str, pick: Pick) -> PickRecord:
    return PickRecord(
        round_id=round_id,
        capture_id=pick.capture_id,
        rank=pick.rank,
        arm=pick.arm,
        recipe=pick.recipe,
        propensity=pick.propensity,
        terms=pick.terms,
        reason=pick.reason,
    )


def _named(near_duplicates: NearDuplicates) -> dict[str, Any]:
    """Return the most alike ones, as they are kept: of a pool of a million there are hundreds of thousands."""
    alike = near_duplicates.most_alike(MOST_NAMED)
    return {one.capture_id: {"of": one.of, "similarity": one.similarity} for one in alike}


def _notes(start: _Start, result: RoundResult) -> list[str]:
    lead_times = start.inputs.lead_times
    cost = f"fitted to {lead_times} lead times" if lead_times else "assumed, until there are enough lead times"
    notes = [
        f"annotator seconds are {cost}: {start.inputs.cost.per_task:.1f} and {start.inputs.cost.per_box:.2f} a box"
    ]
    if len(result.near_duplicates) > MOST_NAMED:
        notes.append(f"{len(result.near_duplicates)} near-duplicates were passed over; {MOST_NAMED} of them are named")
    if start.waiting:
        notes.append(
            f"{start.waiting} captures wait until a worker has looked at them with model {start.model_version}"
        )
    return notes


def _empty(start: _Start, detail: str) -> Problem:
    if not start.waiting:
        return _nothing_to_pick("pool-empty", detail)
    return Problem(
        409,
        "pool-being-renewed",
        f"All {start.waiting} captures of the pool wait until a worker has looked at them with model "
        f"{start.model_version}.",
        remedy="Wait until the worker has looked at them again (GET /v1/models counts them); start one with "
        "'shelfloop worker' if none runs.",
        retry_after=60,
    )


def _nothing_to_pick(code: str, detail: str) -> Problem:
    remedy = "Send more captures with POST /v1/captures, or label the tasks that wait: GET /v1/tasks?state=queued."
    return Problem(409, code, detail, remedy=remedy)
