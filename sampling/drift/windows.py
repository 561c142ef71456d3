"""Which captures of a camera are compared: how many, over how many days."""

import numpy as np

from sampling.drift.history import Rows

MOST_BEFORE, MOST_NOW = 240, 100  # captures of the reference, of the window
FEWEST_DAYS = 3  # of a window: one odd day is no drift
FIRST, FIRST_DAYS = 200, 20  # captures and days of a reference at the least where there is no snapshot


def first(days: Rows) -> int:
    """Return how many captures at the beginning are the reference: two hundred, or those of twenty days if more.

    Args:
        days: (n,) of all captures, oldest first.
    """
    distinct, starts = np.unique(days, return_index=True)
    of_days = len(days) if len(distinct) <= FIRST_DAYS else int(starts[FIRST_DAYS])
    return min(len(days), max(FIRST, of_days))


def newest(days: Rows) -> Rows:
    """Return the rows of the window: the newest hundred captures, or a hundred spread over the newest three days.

    Args:
        days: (n,) of captures that came after the reference, oldest first.
    """
    window = np.arange(max(0, len(days) - MOST_NOW), len(days))
    distinct = np.unique(days)
    if len(np.unique(days[window])) < min(FEWEST_DAYS, len(distinct)):
        rows = np.flatnonzero(days >= distinct[-FEWEST_DAYS:][0])
        window = rows[spread(days[rows], MOST_NOW)]
    return window


def spread(days: Rows, most: int) -> Rows:
    """Return rows of at most so many captures: days with many are cut, evenly over their course, to a common size."""
    if len(days) <= most:
        return np.arange(len(days))
    distinct, first, sizes = np.unique(days, return_index=True, return_counts=True)
    if len(distinct) > most:
        return first[np.linspace(0, len(distinct) - 1, most).round().astype(np.int64)]
    allowed = np.minimum(sizes, _common_size(sizes, most))
    rows = [
        start + np.linspace(0, size - 1, kept).round().astype(np.int64)
        for start, size, kept in zip(first.tolist(), sizes.tolist(), allowed.tolist(), strict=True)
    ]
    return np.concatenate(rows)


def _common_size(sizes: Rows, most: int) -> int:
    return max(size for size in range(1, int(sizes.max()) + 1) if np.minimum(sizes, size).sum() <= most)
