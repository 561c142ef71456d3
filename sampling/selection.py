"""One round of the sampler: pool in, batch out, replayable bit for bit.

1. Near-duplicate gate over the whole pool and against the labelled captures.
2. Random control arm, drawn before anything else is chosen. Its number of captures is fixed beforehand,
   ``m = round(random_share × budget / mean cost of the gated pool)``, and m captures are drawn uniformly without
   replacement, so that every gated capture has the same propensity m / n, whatever it costs. The arm's cost is
   therefore its share of the budget on average, not exactly; a share under half a mean capture draws none.
3. Event arm: ``event_share`` of the budget for captures that show a planogram reset nobody has labelled yet, chosen
   as in the value arm. What it does not use, for want of such captures, is the value arm's; a share under half a mean
   capture of them picks none, one above it at least one.
4. Value arm with what is left of the budget: a shortlist worth ``shortlist_factor`` times the rest, by value per cost,
   then greedily by value × distance / cost (``sampling.greedy``), picks of the other arms counting as labelled. The
   value is ``sampling.values.capture_value``, by default times (1 + probability that a verdict flips).
   Cold start: where all values are equal nothing is known about what a box teaches, so neither value nor cost ranks,
   the whole gated pool is the shortlist, and the choice is plain k-centre.

Costs are counted in the budget's unit; a capture without predicted boxes counts as one box, since looking is work too.
Captures that no longer fit are passed over. If the budget is below the cheapest capture the round picks one all the
same.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sampling.greedy import Step, distances_to, greedy
from sampling.near_duplicates import DEFAULT_SIMILARITY, NearDuplicate, drop_near_duplicates
from sampling.reasons import RANDOM, RESET, value_reason
from sampling.signatures import Floats, Pool, Rows, Vectors
from sampling.values import rank_normalised, weighed_by_flips

Arm = Literal["value", "random", "event"]

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
    event_share: float = Field(
        0.1, ge=0, le=1, description="share of the budget for bays whose planogram was reset since they were labelled"
    )
    verdict_flips: bool = Field(
        True, description="whether a capture is worth more, up to twice as much, the likelier one of its verdicts flips"
    )
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
        terms: ``uncertainty`` (capture value A), ``flip`` (probability that a verdict flips), ``value_rank`` (of both
            together, 0..1 within the gated pool), ``boxes``, ``seconds``; for picks that are not random also
            ``diversity`` (cosine distance when picked) and ``gain``.
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
    if not config.verdict_flips:
        pool = replace(pool, flips=np.zeros_like(pool.flips))
    values = weighed_by_flips(pool.capture_values, pool.flips)
    weighed = replace(pool, capture_values=values)
    gated = drop_near_duplicates(weighed, labelled_vectors, config.near_duplicate_similarity)
    costs = np.maximum(pool.boxes, 1).astype(np.float64) if config.boxes is not None else pool.seconds
    drawn = _draw_random(gated.kept, costs, config, digest)
    ranks = np.zeros(len(pool))
    ranks[gated.kept] = rank_normalised(values[gated.kept])
    labelled = [labelled_vectors[name] for name in sorted(labelled_vectors)]
    choice = _Choice(pool.vectors, values, costs, config.shortlist_factor)
    events = _choose_events(choice, pool.resets, gated.kept, drawn, labelled, config)
    taken = np.concatenate([drawn, [step.row for step in events]]).astype(np.int64)
    steps = _choose_by_value(choice, gated.kept, taken, labelled, config)
    known = bool(labelled) or len(taken) > 0
    arms: dict[Arm, list[Pick]] = {
        "value": [_value_pick(pool, step, ranks[step.row], known or place > 0) for place, step in enumerate(steps)],
        "random": [_random_pick(pool, int(row), ranks[row], len(drawn) / len(gated.kept)) for row in drawn],
        "event": [_event_pick(pool, step, ranks[step.row]) for step in events],
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


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """Greedy choice among the pool's captures, by row."""

    vectors: Vectors
    values: Floats
    costs: Floats
    shortlist_factor: float

    def of(self, rows: Rows, taken: Rows, labelled: list[Vectors], budget: float, at_least_one: bool) -> list[Step]:
        """Choose among ``rows``; what is ``labelled`` or ``taken`` already need not be seen again."""
        rows = rows[fits] if (fits := self.costs[rows] <= budget).any() else rows
        if not len(rows):
            return []
        values, costs = self.values[rows], self.costs[rows]
        if values.min() == values.max():
            values = costs  # value / cost is 1 for all: plain k-centre
        else:
            shortlist = _shortlist(values, costs, self.shortlist_factor * budget)
            rows, values, costs = rows[shortlist], values[shortlist], costs[shortlist]
        vectors = self.vectors[rows]
        distances = distances_to(np.array([*labelled, *self.vectors[taken]], np.float32), vectors)
        steps = greedy(values, costs, vectors, distances, budget, at_least_one)
        return [replace(step, row=int(rows[step.row])) for step in steps]


def _choose_events(
    choice: _Choice, resets: NDArray[np.bool_], kept: Rows, drawn: Rows, labelled: list[Vectors], config: RoundConfig
) -> list[Step]:
    left = config.budget - float(choice.costs[drawn].sum())
    rows = np.setdiff1d(kept[resets[kept]], drawn)
    rows = rows[choice.costs[rows] <= left]
    budget = min(config.event_share, 1 - config.random_share) * config.budget
    if not len(rows) or budget < choice.costs[rows].mean() / 2:
        return []
    return choice.of(rows, drawn, labelled, min(budget, left), at_least_one=True)


def _choose_by_value(
    choice: _Choice, kept: Rows, taken: Rows, labelled: list[Vectors], config: RoundConfig
) -> list[Step]:
    if config.random_share == 1:
        return []
    budget = config.budget - float(choice.costs[taken].sum())
    return choice.of(np.setdiff1d(kept, taken), taken, labelled, budget, at_least_one=not len(taken))


def _shortlist(values: Floats, costs: Floats, worth: float) -> Rows:
    """Rows by value per cost until they are worth ``worth``, at least one, in ascending order."""
    order = np.lexsort((np.arange(len(values)), -values / costs))
    reached = int(np.searchsorted(np.cumsum(costs[order]), worth)) + 1
    return np.sort(order[:reached])


def _terms(pool: Pool, row: int, rank: float) -> dict[str, float]:
    return {
        "uncertainty": float(pool.capture_values[row]),
        "flip": float(pool.flips[row]),
        "value_rank": float(rank),
        "boxes": float(pool.boxes[row]),
        "seconds": float(pool.seconds[row]),
    }


def _value_pick(pool: Pool, step: Step, rank: float, anything_labelled: bool) -> Pick:
    terms = _terms(pool, step.row, rank) | {"diversity": step.distance, "gain": step.gain}
    doubted, flip = int(pool.doubted[step.row]), terms["flip"]
    reason = value_reason(doubted, flip, rank, step.distance, step.unlike, anything_labelled)
    return Pick(pool.ids[step.row], "value", 0, None, terms, reason)


def _event_pick(pool: Pool, step: Step, rank: float) -> Pick:
    terms = _terms(pool, step.row, rank) | {"diversity": step.distance, "gain": step.gain}
    return Pick(pool.ids[step.row], "event", 0, None, terms, RESET)


def _random_pick(pool: Pool, row: int, rank: float, propensity: float) -> Pick:
    return Pick(pool.ids[row], "random", 0, propensity, _terms(pool, row, rank), RANDOM)


def _interleaved(arms: dict[Arm, list[Pick]]) -> tuple[Pick, ...]:
    spread = [((place + 0.5) / len(picks), pick) for picks in arms.values() for place, pick in enumerate(picks)]
    ordered = [pick for _, pick in sorted(spread, key=lambda entry: entry[0])]
    return tuple(
        Pick(p.capture_id, p.arm, rank, p.propensity, p.terms, p.reason) for rank, p in enumerate(ordered, start=1)
    )
