"""One round of the sampler: pool in, batch out, replayable bit for bit.

1. Near-duplicate gate over the whole pool and against the labelled captures.
2. Random control arm, drawn before anything else is chosen. Its number of captures is fixed beforehand,
   ``m = round(random_share × budget / mean cost of the gated pool)``, and m captures are drawn uniformly without
   replacement, so that every gated capture has the same propensity m / n, whatever it costs. The arm's cost is
   therefore its share of the budget on average, not exactly; a share under half a mean capture draws none.
3. Value arm with what is left of the budget: a shortlist worth ``shortlist_factor`` times the rest, by value per cost,
   then greedily by value × distance / cost (``sampling.greedy``), random picks counting as labelled.
   Cold start: where all values are equal nothing is known about what a box teaches, so neither value nor cost ranks,
   the whole gated pool is the shortlist, and the choice is plain k-centre.

Costs are counted in the budget's unit; a capture without predicted boxes counts as one box, since looking is work too.
Captures that no longer fit are passed over. If the budget is below the cheapest capture the round picks one all the
same.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sampling.greedy import Step, distances_to, greedy
from sampling.near_duplicates import DEFAULT_SIMILARITY, NearDuplicate, drop_near_duplicates
from sampling.reasons import RANDOM, value_reason
from sampling.signatures import Floats, Pool, Rows, Vectors
from sampling.values import rank_normalised

Arm = Literal["value", "random"]

# What every database and JSON reader can hold as an integer; also keeps infinity out.
_MOST = 2**31 - 1


class EmptyPool(ValueError):
    """There is no capture to pick from."""


class RoundConfig(BaseModel):
    """How a round picks; the budget is in boxes or in annotator seconds, exactly one of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    boxes: int | None = Field(None, ge=1, le=_MOST, description="budget in predicted boxes")
    seconds: float | None = Field(None, gt=0, le=_MOST, description="budget in modelled annotator seconds")
    random_share: float = Field(0.15, ge=0, le=1, description="share of the budget for the random control arm")
    near_duplicate_similarity: float = Field(DEFAULT_SIMILARITY, gt=0, le=1, description="cosine similarity")
    seed: int = Field(0, ge=0, le=_MOST, description="combined with the pool's digest, so another pool draws afresh")
    shortlist_factor: float = Field(
        4, ge=1, le=_MOST, description="how many budgets' worth of captures the greedy step sees"
    )

    @model_validator(mode="after")
    def _one_budget(self) -> "RoundConfig":
        if (self.boxes is None) == (self.seconds is None):
            raise ValueError("give the budget as boxes or as seconds, exactly one of them")
        return self

    @property
    def budget(self) -> float:
        """The budget in its own unit."""
        return float(self.boxes if self.boxes is not None else self.seconds or 0)


@dataclass(frozen=True, slots=True)
class Pick:
    """One capture to label.

    Attributes:
        rank: order of labelling within the round, from 1; the arms are interleaved, so that a batch labelled
            in part keeps their shares.
        propensity: chance of every gated capture to be drawn, for random picks only.
        terms: ``uncertainty`` (capture value A), ``uncertainty_rank`` (0..1 within the gated pool), ``boxes``,
            ``seconds``; for value picks also ``diversity`` (cosine distance when picked) and ``gain``.
        reason: one sentence for annotators.
    """

    capture_id: str
    arm: Arm
    rank: int
    propensity: float | None
    terms: dict[str, float]
    reason: str


@dataclass(frozen=True, slots=True)
class RoundResult:
    """A round's batch in order of labelling, with all that a replay needs to prove that it is the same round."""

    picks: tuple[Pick, ...]
    near_duplicates: tuple[NearDuplicate, ...]
    pool_digest: str
    config: RoundConfig


def select(pool: Pool, labelled_vectors: Mapping[str, Vectors], config: RoundConfig) -> RoundResult:
    """Pick the captures to label next, as the module describes.

    Args:
        pool: the captures nobody has labelled.
        labelled_vectors: unit image vector, shape (k,), of each labelled capture by its id; may be empty.
        config: budget, shares and seed.

    Raises:
        EmptyPool: if the pool has no capture. One that holds nothing but near-duplicates gives a round without picks.
    """
    if not len(pool):
        raise EmptyPool("the pool is empty: every capture is labelled, queued, or a near-duplicate of one that is")
    digest = pool.digest()
    gated = drop_near_duplicates(pool, labelled_vectors, config.near_duplicate_similarity)
    costs = np.maximum(pool.boxes, 1).astype(np.float64) if config.boxes is not None else pool.seconds
    drawn = _draw_random(gated.kept, costs, config, digest)
    ranks = np.zeros(len(pool))
    ranks[gated.kept] = rank_normalised(pool.capture_values[gated.kept])
    labelled = [labelled_vectors[name] for name in sorted(labelled_vectors)]
    steps = _choose_by_value(pool, gated.kept, drawn, labelled, costs, config)
    known = bool(labelled) or len(drawn) > 0
    arms: dict[Arm, list[Pick]] = {
        "value": [_value_pick(pool, step, ranks[step.row], known or place > 0) for place, step in enumerate(steps)],
        "random": [_random_pick(pool, int(row), ranks[row], len(drawn) / len(gated.kept)) for row in drawn],
    }
    return RoundResult(_interleaved(arms), gated.dropped, digest, config)


def _draw_random(kept: Rows, costs: Floats, config: RoundConfig, digest: str) -> Rows:
    if not len(kept):
        return kept
    count = math.floor(config.random_share * config.budget / float(costs[kept].mean()) + 0.5)
    if config.random_share == 1:
        count = max(count, 1)
    rng = np.random.default_rng([config.seed, int(digest, 16)])
    return rng.choice(kept, size=min(count, len(kept)), replace=False)


def _choose_by_value(
    pool: Pool, kept: Rows, drawn: Rows, labelled: list[Vectors], costs: Floats, config: RoundConfig
) -> list[Step]:
    budget = config.budget - float(costs[drawn].sum())
    rows = np.setdiff1d(kept, drawn)
    rows = rows[fits] if (fits := costs[rows] <= budget).any() else rows
    if config.random_share == 1 or not len(rows):
        return []
    values = pool.capture_values[rows]
    if values.min() == values.max():
        values = costs[rows]  # value / cost is 1 for all: plain k-centre
    else:
        shortlist = _shortlist(values, costs[rows], config.shortlist_factor * budget)
        rows, values = rows[shortlist], values[shortlist]
    vectors = pool.vectors[rows]
    distances = distances_to(np.array([*labelled, *pool.vectors[drawn]], np.float32), vectors)
    steps = greedy(values, costs[rows], vectors, distances, budget, at_least_one=not len(drawn))
    return [Step(int(rows[step.row]), step.gain, step.distance, step.unlike) for step in steps]


def _shortlist(values: Floats, costs: Floats, worth: float) -> Rows:
    """Rows by value per cost until they are worth ``worth``, at least one, in ascending order."""
    order = np.lexsort((np.arange(len(values)), -values / costs))
    reached = int(np.searchsorted(np.cumsum(costs[order]), worth)) + 1
    return np.sort(order[:reached])


def _terms(pool: Pool, row: int, rank: float) -> dict[str, float]:
    return {
        "uncertainty": float(pool.capture_values[row]),
        "uncertainty_rank": float(rank),
        "boxes": float(pool.boxes[row]),
        "seconds": float(pool.seconds[row]),
    }


def _value_pick(pool: Pool, step: Step, rank: float, anything_labelled: bool) -> Pick:
    terms = _terms(pool, step.row, rank) | {"diversity": step.distance, "gain": step.gain}
    reason = value_reason(int(pool.doubted[step.row]), rank, step.distance, step.unlike, anything_labelled)
    return Pick(pool.ids[step.row], "value", 0, None, terms, reason)


def _random_pick(pool: Pool, row: int, rank: float, propensity: float) -> Pick:
    return Pick(pool.ids[row], "random", 0, propensity, _terms(pool, row, rank), RANDOM)


def _interleaved(arms: dict[Arm, list[Pick]]) -> tuple[Pick, ...]:
    spread = [((place + 0.5) / len(picks), pick) for picks in arms.values() for place, pick in enumerate(picks)]
    ordered = [pick for _, pick in sorted(spread, key=lambda entry: entry[0])]
    return tuple(
        Pick(p.capture_id, p.arm, rank, p.propensity, p.terms, p.reason) for rank, p in enumerate(ordered, start=1)
    )
