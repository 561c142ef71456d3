"""Days in other orders: what the difference between now and before would be if nothing but chance made it."""

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from sampling.drift.history import History, Rows

Marks = NDArray[np.float32]  # (b, d): 1 for days that belong to it in the b-th order, else 0
_NEWEST = (20, 40)  # captures at the end of the window that are also looked at alone: a change is seen sooner


@dataclass(frozen=True, slots=True, eq=False)
class Shuffled:
    """Which of d days are `before` and which are `now`, as it was (first row) and in shuffled orders.

    Attributes:
        before: (b, d) marks of the reference.
        now: for each stretch at the window's end, the longest first, (b, d) marks of it.
    """

    before: Marks
    now: tuple[Marks, ...]


def orders(history: History) -> int:
    """Return in how many ways the days can be divided into reference and window: no p-value is below one over it."""
    before, now = _before_and_now(history)
    return comb(before + now, now)


def shuffle(history: History, count: int, rng: np.random.Generator) -> Shuffled:
    """Shuffle days `count` times, captures staying with their day."""
    before, now = _before_and_now(history)
    place = np.tile(np.arange(before + now), (count + 1, 1))
    place[1:] = rng.permuted(place[1:], axis=1)  # in time, that each day takes
    starts = [before + now - days for days in _stretches(history, before, now)]
    return Shuffled((place < before).astype(np.float32), tuple((place >= s).astype(np.float32) for s in starts))


def day_numbers(history: History) -> Rows:
    """Return (n,) the number of each capture's day, from 0, in order."""
    _, day = np.unique(history.days, return_inverse=True)
    return day


def _stretches(history: History, before: int, now: int) -> list[int]:
    """Return how many of the last days each stretch holds: all of the window, and the fewest with so many captures."""
    sizes = np.bincount(day_numbers(history))[::-1].cumsum()[:now]
    shorter = {max(2, int(np.searchsorted(sizes, most)) + 1) for most in _NEWEST}
    return sorted({now} | {days for days in shorter if days < now}, reverse=True)


def _before_and_now(history: History) -> tuple[int, int]:
    return len(np.unique(history.days[: history.start])), len(np.unique(history.days[history.start :]))
