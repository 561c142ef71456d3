"""The support arm: no stratum stays without the few labels that it takes to say anything about it."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sampling.signatures import Floats, Pool, Rows


@dataclass(frozen=True, slots=True)
class Thin:
    """A stratum with too few labelled captures: how many it has, and how many would be enough."""

    labelled: int
    enough: float


@dataclass(frozen=True, slots=True)
class Supported:
    """A row that was chosen for its stratum, and how many captures of that were labelled or picked by then."""

    row: int
    stratum: str
    labelled: int


def thin_strata(
    pool: Pool, labelled: Mapping[str, int], taken: Rows, enough: int, drifted: Mapping[str, float] | None
) -> dict[str, Thin]:
    """Return the strata of the pool with too few labelled captures.

    Args:
        pool: whose strata.
        labelled: captures per stratum that are labelled.
        taken: rows of the pool that are about to be.
        enough: captures from which on a stratum has enough; where it drifted, times its factor, since what was labelled
            before tells less.
        drifted: factor by stratum, at least 1.
    """
    also = np.bincount(pool.strata[taken], minlength=len(pool.strata_names))
    strata = {
        name: Thin(labelled.get(name, 0) + int(more), enough * max(1.0, (drifted or {}).get(name, 1.0)))
        for name, more in zip(pool.strata_names, also, strict=True)
    }
    return {name: thin for name, thin in strata.items() if thin.labelled < thin.enough}


def supporting(pool: Pool, rows: Rows, costs: Floats, thin: Mapping[str, Thin], budget: float) -> list[Supported]:
    """Choose for the stratum with the fewest captures the best of its rows that fits, then look again which that is.

    Args:
        pool: n captures.
        rows: to choose from, all of thin strata, the best first.
        costs: (n,) in the budget's unit.
        thin: strata to choose for; ties go to the lower name.
        budget: most that the choices may cost together.
    """
    best = _by_stratum(pool, rows)
    waiting = [(thin[name].labelled, name) for name in best]
    heapq.heapify(waiting)
    chosen: list[Supported] = []
    while waiting:
        count, name = heapq.heappop(waiting)
        row = next((row for row in best[name] if costs[row] <= budget), None)
        if row is None:
            continue
        chosen.append(Supported(int(row), name, count))
        budget -= float(costs[row])
        if count + 1 < thin[name].enough:
            heapq.heappush(waiting, (count + 1, name))
    return chosen


def _by_stratum(pool: Pool, rows: Rows) -> dict[str, Iterator[int]]:
    of_rows = pool.strata[rows]
    return {pool.strata_names[code]: iter(rows[of_rows == code]) for code in np.unique(of_rows).tolist()}
