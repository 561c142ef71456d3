"""What stands out of order on a shelf.

A shelf keeps its planogram if its products follow each other as planned: one that is sold out moves none of its
neighbours. Where two stand the wrong way round, either may be the one that was moved. So of all pairs that stand the
wrong way round, whichever is in most of them has been moved; of several, those that have left their slots; of several
still, those that came the farthest; at last all of them. It is taken out, and so on until the rest is in order.
"""

import numpy as np
from numpy.typing import NDArray

from vision.perspective import Numbers

Rows = NDArray[np.int64]
_APART = 1.6  # widths between the middles of two facings, from which they do not stand together


def in_order(slots: Rows, outside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which groups of facings on a shelf are in order.

    Args:
        slots: (n,) by group, from the left, the number of the slot it belongs in, counted from the left.
        outside: (n,) whether it stands outside of it.
    """
    kept, ranks = np.ones(len(slots), bool), np.arange(len(slots))
    while True:
        wrong = (slots[:, None] > slots) & (ranks[:, None] < ranks) & kept[:, None] & kept
        counts = (wrong | wrong.T).sum(1)
        if not counts.any():
            return kept
        moved = counts == counts.max()
        moved = moved & outside if (moved & outside).any() else moved
        far = np.abs(_rank(slots, kept) - _rank(ranks, kept))
        kept &= ~(moved & (far == far[moved].max()))


def groups(slots: Rows, x: Numbers, widths: Numbers) -> list[Rows]:
    """Return the facings (n,) of one slot that stand together, from the left.

    What is merely seen between them, a pack behind or a box drawn too narrow, does not part them.
    """
    order = np.argsort(x, kind="stable")
    found: list[list[int]] = []
    newest: dict[int, list[int]] = {}
    for facing in order.tolist():
        slot = int(slots[facing])
        group = newest.get(slot)
        parted = group is None or (group is not found[-1] and x[facing] - x[group[-1]] > _APART * widths[group].max())
        if group is None or parted:
            newest[slot] = group = []
            found.append(group)
        group.append(facing)
    return sorted((np.array(group) for group in found), key=lambda group: float(x[group].mean()))


def _rank(values: Rows, kept: NDArray[np.bool_]) -> Rows:
    """Return how many of the kept ones come before each."""
    before: Rows = ((values < values[:, None]) & kept).sum(1)
    return before
