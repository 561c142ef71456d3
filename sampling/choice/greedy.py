"""Greedy choice within a budget, by one of several objectives."""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sampling.choice.recipes import Spread
from sampling.choice.similarity import Matrix
from sampling.signatures import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Shortlist:
    """n captures to choose from, and what they may stand for: m captures, of which these are the first n.

    Attributes:
        values: (m,) what labelling each is worth, 0 or more; of one that stands for others, times their number.
        cheapness: (n,) what gains are multiplied by, such as facings per second; above 0.
        costs: (n,) what each takes of the budget, above 0.
        coverage: (n, m) how well each stands for each, 0..1.
        known: (m,) how well what is labelled or picked already stands for each, 0..1.
        strata: (n,) codes of their strata.
    """

    values: Floats
    cheapness: Floats
    costs: Floats
    coverage: Matrix
    known: NDArray[np.float32]
    strata: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Step:
    """One choice: the row, its gain, how well something known stood for it, and whether that was below the median."""

    row: int
    gain: float
    similarity: float
    unlike: bool


class Objective(Protocol):
    """What a capture adds to those chosen before: never more after another choice than before it (submodular)."""

    def __call__(self, shortlist: Shortlist, row: int, known: NDArray[np.float32]) -> float:
        """Return the gain of choosing ``row`` where what was chosen stands for each capture by ``known``, (m,)."""


def by_value(shortlist: Shortlist, row: int, known: NDArray[np.float32]) -> float:
    """Return the value, whatever was chosen."""
    return float(shortlist.values[row])


def by_distance(shortlist: Shortlist, row: int, known: NDArray[np.float32]) -> float:
    """Return value × distance to what is known.

    With equal values and costs this is greedy k-centre (Gonzalez, Theoretical Computer Science 38, 1985; as CoreSet in
    Sener and Savarese, ICLR 2018).
    """
    return float(shortlist.values[row] * (1.0 - known[row]))


def by_coverage(shortlist: Shortlist, row: int, known: NDArray[np.float32]) -> float:
    """Return how much more of all the value something known would stand for: uncertainty-weighted coverage.

    With the kernel of ``sampling.choice.similarity`` this is herding by uncertainty (Bae et al., ICLR 2025), with equal
    values MaxHerding (ECCV 2024). Its greedy choice is within 1 - 1/e of the best one (Nemhauser et al., Mathematical
    Programming 14, 1978).
    """
    return float((shortlist.values * np.maximum(shortlist.coverage[row] - known, 0)).sum())  # no @: its sums vary


OBJECTIVES: Mapping[Spread, Objective] = {"none": by_value, "distance": by_distance, "coverage": by_coverage}


def greedy(
    shortlist: Shortlist, objective: Objective, budget: float, allowed: Floats | None = None, at_least_one: bool = False
) -> list[Step]:
    """Choose row after row with the largest gain × cheapness until none fits into the budget; ties go to the lower row.

    Gains are computed again only when they come to the top (lazy greedy: Minoux, 1978).

    Args:
        shortlist: what to choose from.
        objective: what a row adds.
        budget: most that the choices may cost together.
        allowed: what each stratum may take of the budget, by its code; exceeded by its last choice at most. None for
            no such limits.
        at_least_one: choose the row of the largest gain, and no other, if none fits into the budget.
    """
    known, left, steps = shortlist.known.copy(), budget, list[Step]()
    open_rows = np.ones(len(shortlist.costs), bool)
    allowed = np.full(shortlist.strata.max(initial=0) + 1, np.inf) if allowed is None else allowed.copy()
    alone = at_least_one and not (shortlist.costs <= budget).any()

    def gain(row: int) -> float:
        return objective(shortlist, row, known) * float(shortlist.cheapness[row])

    def fits(row: int) -> bool:
        return bool(shortlist.costs[row] <= left and allowed[shortlist.strata[row]] > 0)

    waiting = [(-gain(row), row) for row in range(len(open_rows))]
    heapq.heapify(waiting)
    while (best := _pop_best(waiting, gain, (lambda row: True) if alone else fits)) is not None:
        unlike = bool(known[best] <= np.median(known[: len(open_rows)][open_rows]))
        steps.append(Step(best, gain(best), float(known[best]), unlike))
        open_rows[best] = False
        left -= float(shortlist.costs[best])
        allowed[shortlist.strata[best]] -= shortlist.costs[best]
        np.maximum(known, shortlist.coverage[best], out=known)
        if alone:
            break
    return steps


def _pop_best(
    waiting: list[tuple[float, int]], gain: Callable[[int], float], fits: Callable[[int], bool]
) -> int | None:
    """Take the row of the largest gain that still fits off the heap, whose gains may be those of before."""
    while waiting:
        _, row = heapq.heappop(waiting)
        if not fits(row):
            continue  # and never will again
        now = (-gain(row), row)
        if not waiting or now <= waiting[0]:
            return row
        heapq.heappush(waiting, now)
    return None
