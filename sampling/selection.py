"""One round of the sampler: pool in, batch out, replayable bit for bit.

1. Value: each capture's terms (``sampling.terms``), those that need no looks; then the near-duplicate gate over the
   whole pool and against the labelled captures, which keeps the most valuable of those alike.
2. Random control arm, drawn before anything else is chosen. Its number of captures is fixed beforehand,
   ``m = round(random_share × budget / mean cost of the gated pool)``, and m captures are drawn uniformly without
   replacement, so that every gated capture has the same propensity m / n, whatever it costs. The arm's cost is
   therefore its share of the budget on average, not exactly; a share under half a mean capture draws none.
3. Support arm: ``support_share`` of the budget for strata with too few labelled captures (``sampling.choice.support``).
4. Event arm: ``event_share`` of the budget for captures that show a planogram reset nobody has labelled yet, by value
   and distance.
5. Value arm with what is left: the round's recipes (``sampling.choice``), each with its share, under strata quotas;
   picks of the other arms count as labelled. Cold start, where nothing is labelled or all values are equal: what stands
   for most of the pool, whatever its value and cost.

What the arms of steps 3 and 4 do not use, for want of such captures, is the value arm's; a share under half a mean
capture of them picks none, one above it at least one. Costs are counted in the budget's unit. Captures that no longer
fit are passed over. If the budget is below the cheapest capture the round picks one all the same.
"""

import math
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from sampling.choice.choosing import Chooser, Chosen
from sampling.choice.recipes import RECIPES
from sampling.choice.support import Supported, supporting, thin_strata
from sampling.gate.near_duplicates import drop_near_duplicates
from sampling.reasons import RANDOM, RESET, support_reason, value_reason
from sampling.rounds import Arm, EmptyPool, Pick, RoundConfig, RoundResult, interleaved
from sampling.signatures import Floats, Pool, Rows
from sampling.state import LoopState
from sampling.terms.term import Candidates
from sampling.terms.weighing import weigh
from sampling.terms.weights import terms_of
from sampling.values import rank_normalised

_OF_EVENTS, _WHEN_COLD, _OF_THE_REST = RECIPES["distant_value"], RECIPES["covering"], RECIPES["covering_value"]

_COLD = "cold start: nothing is labelled, or all values are equal; what stands for most of the pool comes first"
_NO_SUPPORT = "the support arm is off: labelled captures per stratum were not counted"


def select(pool: Pool, state: LoopState, config: RoundConfig) -> RoundResult:
    """Pick the captures to label next, as the module describes.

    Args:
        pool: the captures nobody has labelled.
        state: what is known of the loop; nothing labelled is a cold start.
        config: budget, shares, weights and seed.

    Raises:
        EmptyPool: if the pool has no capture. One that holds nothing but near-duplicates gives a round without picks.
    """
    if not len(pool):
        raise EmptyPool("the pool is empty: every capture is labelled, queued, or a near-duplicate of one that is")
    # The matrices are many and small: sharing each out among threads takes longer than the product.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(1) as beside:
        return _select(pool, state, config, beside.submit(pool.digest))


def _select(pool: Pool, state: LoopState, config: RoundConfig, digesting: Future[str]) -> RoundResult:
    costs, terms = config.costs(pool), terms_of(config.terms)
    everything = Candidates(pool, np.arange(len(pool)), costs, state)
    weighed = weigh(everything, [term for term in terms if term.weight and not term.reads_looks])
    gated = drop_near_duplicates(replace(pool, values=weighed.values), state.labelled, config.near_duplicate_similarity)
    kept, notes = gated.kept, list(weighed.notes)
    cold = not state.labelled or _all_equal(weighed.values[kept])
    notes += [_COLD] if cold else []
    chooser = Chooser(pool, state, config, terms, kept, weighed.values * weighed.cheapness, cold=cold)
    digest = digesting.result()
    drawn = _draw_random(kept, costs, config, digest)
    chooser.take(drawn)
    supported = _choose_support(chooser, state, config, drawn, notes)
    events = _choose_events(chooser, config)
    known = len(chooser.known) > 0
    chosen = _choose_by_value(chooser, config, cold)
    picks = [
        *(_Draft("random", row, RANDOM, propensity=len(drawn) / len(kept)) for row in drawn.tolist()),
        *(_Draft("support", one.row, support_reason(one.stratum, one.labelled)) for one in supported),
        *(_Draft("event", one.row, RESET, chosen=one) for one in events),
        *(_Draft("value", one.row, "", chosen=one, known=known or place > 0) for place, one in enumerate(chosen)),
    ]
    return RoundResult(
        _finished(chooser, picks, weighed.values, kept, notes),
        gated.dropped,
        digest,
        config,
        tuple(dict.fromkeys(notes)),
    )


@dataclass(frozen=True, slots=True)
class _Draft:
    """A pick before its terms are known."""

    arm: Arm
    row: int
    reason: str
    propensity: float | None = None
    chosen: Chosen | None = None
    known: bool = True


def _draw_random(kept: Rows, costs: Floats, config: RoundConfig, digest: str) -> Rows:
    if not len(kept):
        return kept
    count = math.floor(config.random_share * config.budget / float(costs[kept].mean()) + 0.5)
    if config.random_share == 1:
        count = max(count, 1)
    rng = np.random.default_rng([config.seed, int(digest, 16)])
    return rng.choice(kept, size=min(count, len(kept)), replace=False)


def _choose_support(
    chooser: Chooser, state: LoopState, config: RoundConfig, drawn: Rows, notes: list[str]
) -> list[Supported]:
    if state.labelled_strata is None:
        notes.append(_NO_SUPPORT)
        return []
    pool, rows = chooser.pool, chooser.left()
    thin = thin_strata(pool, state.labelled_strata, drawn, config.support_captures, state.drifted)
    rows = rows[np.isin(pool.strata[rows], [pool.strata_names.index(name) for name in thin])]
    share = min(config.support_share, 1 - config.random_share)
    found = supporting(pool, rows, chooser.costs, thin, _part(chooser, config, rows, share))
    chooser.take([one.row for one in found])
    return found


def _choose_events(chooser: Chooser, config: RoundConfig) -> list[Chosen]:
    rows = chooser.left()
    rows = rows[chooser.pool.resets[rows]]
    share = min(config.event_share, 1 - config.random_share)
    return chooser.choose(_OF_EVENTS, rows, _part(chooser, config, rows, share))


def _part(chooser: Chooser, config: RoundConfig, rows: Rows, share: float) -> float:
    """Return what an arm may spend on these rows: its share, if that is worth half a mean one of them or more."""
    left, budget = config.budget - chooser.spent, share * config.budget
    costs = chooser.costs[rows]
    costs = costs[costs <= left]
    if not len(costs) or budget < costs.mean() / 2:
        return 0.0
    return min(max(budget, float(costs.min())), left)


def _choose_by_value(chooser: Chooser, config: RoundConfig, cold: bool) -> list[Chosen]:
    """Spend the rest; recipes in ascending order of their shares, so that what a small one leaves is not lost."""
    if config.random_share == 1:
        return []
    before, budget, due = chooser.spent, config.budget - chooser.spent, 0.0
    allowed, chosen = None if cold else chooser.allowed(budget), list[Chosen]()
    shares = {_WHEN_COLD.name: 1.0} if cold else config.shares
    for name, share in sorted(shares.items(), key=lambda entry: (entry[1], entry[0])):
        due += share * budget
        chosen += chooser.choose(RECIPES[name], chooser.left(), before + due - chooser.spent, allowed)
    rest = config.budget - chooser.spent
    return chosen + chooser.choose(_OF_THE_REST, chooser.left(), rest, at_least_one=not chooser.spent)


def _all_equal(values: Floats) -> bool:
    return not len(values) or bool(values.min() == values.max())


def _finished(chooser: Chooser, drafts: list[_Draft], values: Floats, kept: Rows, notes: list[str]) -> tuple[Pick, ...]:
    """Weigh the picks by all terms, explain them and put them in order; what terms lacked goes to the notes."""
    pool, rows = chooser.pool, np.array([draft.row for draft in drafts], np.int64)
    weighed, ranks = chooser.weigh(rows), rank_normalised(values[rows], values[kept])
    notes += weighed.notes
    arms: dict[Arm, list[Pick]] = {"value": [], "random": [], "support": [], "event": []}
    for place, draft in enumerate(drafts):
        row, chosen = draft.row, draft.chosen
        terms = {name: float(numbers[place]) for name, numbers in weighed.factors.items()}
        terms |= {"value": float(weighed.values[place]), "value_rank": float(ranks[place])}
        terms |= {"boxes": float(pool.boxes[row]), "seconds": float(pool.seconds[row])}
        terms |= {} if chosen is None else chosen.terms
        reason, recipe = draft.reason, None
        if draft.arm == "value" and chosen is not None:
            recipe = chosen.recipe
            doubted, flip = int(pool.doubted[row]), float(pool.flips[row])
            reason = value_reason(doubted, flip, terms, chosen.unlike, draft.known, RECIPES[chosen.recipe].by_value)
        arms[draft.arm].append(Pick(pool.ids[row], draft.arm, 0, draft.propensity, terms, reason, recipe))
    return interleaved(list(arms.values()))
