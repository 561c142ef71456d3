"""Which position each facing stands for.

All facings are given to positions at once (Jonker and Volgenant's assignment, as scipy solves it): a position takes as
many as are planned, and some more at a price, so that of two siblings that look alike each gets its own. On every shelf
the order then tells which of them stand in their place.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from vision.bays.alignment import NO_SLOT
from vision.bays.order import groups, in_order
from vision.bays.posteriors import posteriors_of
from vision.bays.slots import Slots
from vision.bays.standing import Standing
from vision.perspective import Numbers

_SPREAD = 0.5  # pitches: how far from its slot what was not moved may stand
_MORE_THAN_PLANNED = 2.0  # price of one facing more than planned
_AWAY = 0.3  # price of each pitch away from the slot
_FARTHEST = 5.0  # pitches, from which another shelf is as far
_MORE = 3  # facings more than planned that a position takes
_MORE_STILL = 10.0  # how much likelier a facing must be to show a product of which there are more still
_OUTSIDE = 0.4  # pitches from its slot, from which a facing has left it

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """What n facings stand for, beside m planned products and k slots.

    Attributes:
        posteriors: (n, m) probability of each product.
        others: (n,) of none of them.
        near: (n, k) how well each stands in each slot, 0..1; 0 on other shelves.
        slots: (n,) the slot whose product it is, NO_SLOT for none.
        in_place: (n,) whether it stands there, in order.
    """

    posteriors: Numbers
    others: Numbers
    near: Numbers
    slots: NDArray[np.int64]
    in_place: Flags


def place(standing: Standing, slots: Slots, measured: bool) -> Placed:
    """Give facings to slots.

    Args:
        standing: the bay's facings.
        slots: of its planogram.
        measured: whether it is known, not just assumed, where along the bay they stand.
    """
    away = _away(standing, slots)
    near = np.exp(-0.5 * (away / _SPREAD) ** 2)
    posteriors, others = posteriors_of(standing, slots, near, measured)
    given = _given(posteriors, others, slots, away)
    on_its_shelf = (given != NO_SLOT) & (standing.shelves == slots.shelves[given])
    left = (away > _OUTSIDE) & measured
    return Placed(posteriors, others, near, given, _ordered(standing, slots, given, on_its_shelf, left))


def _away(standing: Standing, slots: Slots) -> Numbers:
    """Return by how many pitches each facing stands beside each slot (n, k); infinite on another shelf."""
    middles = standing.x[:, None]
    beyond = np.maximum(slots.lefts + slots.pitches / 2 - middles, middles - slots.rights + slots.pitches / 2)
    away: Numbers = np.maximum(beyond, 0) / slots.pitches
    return np.where(standing.shelves[:, None] == slots.shelves, away, np.inf)


def _given(posteriors: Numbers, others: Numbers, slots: Slots, away: Numbers) -> NDArray[np.int64]:
    """Return the slot of each facing, NO_SLOT where none of the products is likely enough."""
    count = len(posteriors)
    prices = -np.log(posteriors[:, slots.columns] + 1e-12) + _AWAY * np.minimum(away, _FARTHEST)
    planned = np.repeat(np.arange(len(slots.columns)), slots.facings)
    more = np.repeat(np.arange(len(slots.columns)), _MORE)
    none = np.full((count, count), 1e6)
    likeliest = posteriors.max(1, initial=0) / _MORE_STILL
    np.fill_diagonal(none, -np.log(np.maximum(others, likeliest) + 1e-12))
    table = np.hstack([prices[:, planned], prices[:, more] + _MORE_THAN_PLANNED, none])
    rows, columns = scipy.optimize.linear_sum_assignment(table)
    of_column = np.concatenate([planned, more, np.full(count, NO_SLOT)])
    given = np.full(count, NO_SLOT)
    given[rows] = of_column[columns]
    return np.where(given == NO_SLOT, _surplus(posteriors, slots, away), given)


def _surplus(posteriors: Numbers, slots: Slots, away: Numbers) -> NDArray[np.int64]:
    """Return the nearest slot of what shows a planned product although all its slots are taken."""
    best = posteriors.argmax(1)
    distances = np.where(slots.columns == best[:, None], np.minimum(away, 1e6), np.inf)
    return np.where(posteriors.max(1) > 0.5, distances.argmin(1), NO_SLOT)


def _ordered(standing: Standing, slots: Slots, given: NDArray[np.int64], on_its_shelf: Flags, left: Flags) -> Flags:
    """Return which facings stand on their shelf and follow each other as planned."""
    kept = np.zeros(len(given), bool)
    ranks = np.argsort(np.argsort(slots.lefts, kind="stable"), kind="stable")
    for number in np.unique(slots.shelves).tolist():
        here = np.flatnonzero(on_its_shelf & (standing.shelves == number))
        together = [here[group] for group in groups(given[here], standing.x[here], standing.widths[here])]
        of_group = np.array([given[group[0]] for group in together], np.int64)
        outside = np.array([left[group, given[group]].mean() > 0.5 for group in together], bool)
        for group, keep in zip(together, in_order(ranks[of_group], outside).tolist(), strict=True):
            kept[group] = keep
    return kept
