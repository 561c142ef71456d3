"""Which slot each stack on a shelf stands in, as far as their order tells.

A product may have several slots on a shelf. The stacks from the left and the columns of the planogram from the left are
aligned as two sequences: the longest one that both share (Wagner and Fischer, 1974).
"""

from collections.abc import Sequence

import numpy as np

from vision.bays.order import Rows, in_order

NO_SLOT = -1


def aligned(stacks: Sequence[int], slots: Sequence[int], wide: Sequence[int]) -> Rows:
    """Return the slot (n,) of each stack, its place in `slots`; NO_SLOT for what is out of order or not planned.

    Args:
        stacks: n products, from the left.
        slots: k products, from the left.
        wide: (k,) how many stacks each slot has.
    """
    if not len(stacks) or not len(slots):
        return np.full(len(stacks), NO_SLOT)
    of_column = np.repeat(np.arange(len(slots)), wide)
    found = _longest_shared(np.array(stacks), np.array(slots)[of_column], of_column)
    only = {product: place for place, product in enumerate(slots) if list(slots).count(product) == 1}
    # What stands the wrong way round with a neighbour is not to be trusted, even if one of the two were kept.
    belongs = np.array([only.get(p, place) for p, place in zip(stacks, found.tolist(), strict=True)])
    rows = np.flatnonzero(belongs != NO_SLOT)
    rows = rows[np.append(True, np.diff(belongs[rows]) != 0)] if len(rows) else rows  # one of each run
    kept = in_order(belongs[rows], np.zeros(len(rows), bool))
    moved = set(belongs[rows[~kept]].tolist())
    return np.array([NO_SLOT if place in moved else place for place in found.tolist()], np.int64)


def _longest_shared(stacks: Rows, columns: Rows, of_column: Rows) -> Rows:
    same = stacks[:, None] == columns
    lengths = np.zeros((len(stacks) + 1, len(columns) + 1), np.int64)
    for row in range(len(stacks)):
        lengths[row + 1, 1:] = np.maximum.accumulate(np.maximum(lengths[row, 1:], lengths[row, :-1] + same[row]))
    found = np.full(len(stacks), NO_SLOT)
    row, column = len(stacks), len(columns)
    while row and column:
        if lengths[row, column] == lengths[row - 1, column]:
            row -= 1
        elif lengths[row, column] == lengths[row, column - 1]:
            column -= 1
        else:
            row, column = row - 1, column - 1
            found[row] = of_column[column]
    return found
