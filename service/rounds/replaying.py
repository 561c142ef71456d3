"""Running a round again, to show that it was honest."""

from sampling.rounds import RoundConfig
from sampling.selection import select
from service.context import Context
from service.rounds.queries import get_round, list_picks, read_labelled_vectors, read_pool
from service.rounds.schemas import ReplayAnswer
from service.rounds.state import SAMPLER, RoundInputs, digest_of, loop_state

_CHANGED = "The sampler itself was changed since: what an earlier one picked cannot be picked again."
_POOL = (
    "The pool cannot be read as it was: signatures were renewed with another model since, or captures or tasks were "
    "being stored while the round began."
)
_LABELLED = (
    "The pool is the same, but what was labelled then cannot be read as it was: signatures of labelled captures were "
    "renewed with another model since, or tasks were being stored while the round began."
)


def replay_round(context: Context, round_id: str) -> ReplayAnswer:
    """Pick again from the pool as it was, with what the round started from, and compare.

    Raises:
        Problem: round-not-found.
    """
    with context.database.read() as session:
        found = get_round(session, round_id)
        if found.inputs is None or found.inputs.get("sampler") != SAMPLER:
            return ReplayAnswer(identical=False, pool_unchanged=False, explanation=_CHANGED)
        inputs, begun = RoundInputs.model_validate(found.inputs), found.created_at
        pool = read_pool(session, found.model_version, begun, before=begun, seconds=inputs.cost.seconds)
        labelled = read_labelled_vectors(session, found.model_version, before=begun)
        stored = [(pick.capture_id, pick.arm, pick.rank, pick.propensity) for pick, _ in list_picks(session, round_id)]
    if pool.digest() != found.pool_digest:
        return ReplayAnswer(identical=False, pool_unchanged=False, explanation=_POOL)
    if digest_of(labelled) != inputs.labelled:
        return ReplayAnswer(identical=False, pool_unchanged=True, explanation=_LABELLED)
    state = loop_state(context, inputs, labelled, found.model_version)
    result = select(pool, state, RoundConfig.model_validate(found.config))
    again = [(pick.capture_id, str(pick.arm), pick.rank, pick.propensity) for pick in result.picks]
    same = again == stored
    explanation = f"{len(again)} picks again, the same as in the round."
    if not same:
        explanation = (
            f"{len(again)} picks again, but not the same as in the round: looks of these captures were renewed since, "
            "or this machine rounds differently."
        )
    return ReplayAnswer(identical=same, pool_unchanged=True, explanation=explanation)
