"""Running a round, and running it again to show that it was honest."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from labeling.costs import ASSUMED_COST
from labeling.leases import TaskState
from sampling.selection import EmptyPool, RoundConfig, RoundResult, select
from sampling.signatures import Pool
from service.context import Context
from service.ids import new_id
from service.problems import Problem
from service.records import PickRecord, RoundRecord, TaskRecord
from service.rounds.queries import get_round, list_picks, read_labelled_vectors, read_pool
from service.rounds.refresh import refresh_signatures
from service.rounds.schemas import ReplayAnswer


def run_round(context: Context, config: RoundConfig, by: str) -> str:
    """Pick captures out of the pool, make a task of each, and return the round's id.

    Raises:
        Problem: pool-empty, nothing-left-to-pick, or round-overtaken where another round took one of the captures.
    """
    model = context.serving.current()
    refresh_signatures(context, model)
    begun = context.clock()  # before the pool is read, so that a replay leaves out what came during the selection
    with context.database.read() as session:
        # In this order: what a round beside this one takes in between is then missing from the pool, too,
        # instead of looking like a near-duplicate of itself.
        labelled = read_labelled_vectors(session, model.version)
        pool = Pool.of(read_pool(session, model.version, begun), ASSUMED_COST.seconds)
    try:
        result = select(pool, labelled, config)
    except EmptyPool as error:
        raise _nothing_to_pick("pool-empty", str(error)) from error
    if not result.picks:
        raise _nothing_to_pick(
            "nothing-left-to-pick", "Every capture of the pool looks like one that is in a task already."
        )
    try:
        with context.database.write() as session:
            return _store(context, session, pool, result, model.version, by, begun)
    except IntegrityError as error:
        raise Problem(
            409,
            "round-overtaken",
            "Another round took one of the same captures a moment ago; nothing of this round was kept.",
            remedy="Start the round again: it will pick from what is left.",
            retry_after=1,
        ) from error


def replay_round(context: Context, round_id: str) -> ReplayAnswer:
    """Pick again from the pool as it was, and compare.

    Raises:
        Problem: round-not-found.
    """
    with context.database.read() as session:
        found = get_round(session, round_id)
        signatures = read_pool(session, found.model_version, found.created_at, before=found.created_at)
        labelled = read_labelled_vectors(session, found.model_version, before=found.created_at)
        stored = [(pick.capture_id, pick.arm, pick.rank, pick.propensity) for pick, _ in list_picks(session, round_id)]
    pool = Pool.of(signatures, ASSUMED_COST.seconds)
    if pool.digest() != found.pool_digest:
        return ReplayAnswer(
            identical=False,
            pool_unchanged=False,
            explanation="The pool cannot be read as it was: signatures were renewed with another model since, "
            "or captures or tasks were being stored while the round began.",
        )
    result = select(pool, labelled, RoundConfig.model_validate(found.config))
    again = [(pick.capture_id, str(pick.arm), pick.rank, pick.propensity) for pick in result.picks]
    same = again == stored
    explanation = f"{len(again)} picks again, the same as in the round."
    if not same:
        explanation = (
            f"{len(again)} picks again, but not the same as in the round: since then signatures of labelled captures "
            "were renewed with another model, or the sampler itself was changed."
        )
    return ReplayAnswer(identical=same, pool_unchanged=True, explanation=explanation)


def _store(
    context: Context, session: Session, pool: Pool, result: RoundResult, model_version: int, by: str, begun: datetime
) -> str:
    now = context.clock()
    record = RoundRecord(
        id=new_id(begun),
        created_at=begun,
        by=by,
        config=result.config.model_dump(mode="json"),
        pool_digest=result.pool_digest,
        pool_size=len(pool),
        model_version=model_version,
        near_duplicates={d.capture_id: {"of": d.of, "similarity": d.similarity} for d in result.near_duplicates},
    )
    session.add(record)
    session.flush()
    for pick in result.picks:
        session.add(
            PickRecord(
                round_id=record.id,
                capture_id=pick.capture_id,
                rank=pick.rank,
                arm=pick.arm,
                propensity=pick.propensity,
                terms=pick.terms,
                reason=pick.reason,
            )
        )
        session.add(
            TaskRecord(
                id=new_id(now),
                round_id=record.id,
                capture_id=pick.capture_id,
                created_at=now,
                state=TaskState.QUEUED,
                rank=pick.rank,
                arm=pick.arm,
                reason=pick.reason,
                predicted_boxes=int(pick.terms["boxes"]),
            )
        )
    return record.id


def _nothing_to_pick(code: str, detail: str) -> Problem:
    remedy = "Send more captures with POST /v1/captures, or label the tasks that wait: GET /v1/tasks?state=queued."
    return Problem(409, code, detail, remedy=remedy)
