"""Quotas: no stratum takes a batch over, however much doubt it shows."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sampling.signatures import Floats, Rows

# So many times its share of the pool a stratum may have of a batch.
_AT_MOST = 2.0
# So many times what is wanted is looked through first.
_AMPLE = 8


def quotas(
    costs: Floats, strata: NDArray[np.int32], names: Sequence[str], drifted: Mapping[str, float] | None
) -> Floats:
    """Return the largest share of a batch that each stratum may have, 0..1, by its place in ``names``.

    Twice the stratum's share of the pool, more where it drifted by the factor given. The quotas sum to 1 at least.

    Args:
        costs: (n,) of the captures that may be picked; a share is one of costs, as the budget is.
        strata: (n,) their strata, as places in ``names``.
        names: of the strata.
        drifted: quota factor by stratum; those that are missing did not drift.
    """
    spent = np.bincount(strata, costs, minlength=len(names))
    factors = np.array([max(1.0, (drifted or {}).get(name, 1.0)) for name in names])
    shares: Floats = np.minimum(1.0, _AT_MOST * factors * spent / max(spent.sum(), 1e-12))
    return shares


def under_quotas(rows: Rows, costs: Floats, strata: NDArray[np.int32], limits: Floats, worth: float) -> Rows:
    """Return the first of ``rows`` that are worth ``worth``, passing over those of a stratum that has its quota.

    Both are exceeded by no more than the last capture.

    Args:
        rows: (m,) rows of the pool, the best first.
        costs: (n,) of the pool.
        strata: (n,) of the pool.
        limits: largest share of each stratum.
        worth: cost of what is wanted.
    """
    # The best ones are enough, unless a quota keeps many of them out; a million would have to be sorted by stratum.
    enough = int(np.searchsorted(np.cumsum(costs[rows]), _AMPLE * worth)) + 1
    listed = _under_quotas(rows[:enough], costs, strata, limits * worth)
    if enough < len(rows) and costs[listed].sum() < worth:
        listed = _under_quotas(rows, costs, strata, limits * worth)
    return listed[np.cumsum(costs[listed]) - costs[listed] < worth]


def _under_quotas(rows: Rows, costs: Floats, strata: NDArray[np.int32], allowed: Floats) -> Rows:
    order = np.argsort(strata[rows], kind="stable")
    grouped, groups = costs[rows[order]], strata[rows[order]]
    before = np.cumsum(grouped) - grouped
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    before -= np.repeat(before[starts], np.diff(starts, append=len(rows)))  # spent on the stratum before
    open_rows = np.empty(len(rows), bool)
    open_rows[order] = before < allowed[groups]
    kept: Rows = rows[open_rows]
    return kept
