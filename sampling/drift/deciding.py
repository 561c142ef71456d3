"""Whether anything moved: one decision over all signals, at a rate of false alarms that does not grow with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampling.drift.distances import Compared, centred
from sampling.drift.history import History
from sampling.drift.shuffling import day_numbers, orders, shuffle
from sampling.drift.signals import SCALARS, Signal, evened

# Of one look. A hundred captures are looked at ten times, in windows that overlap: `make bench-drift` measures how many
# false alarms these make together.
LEVEL = 0.003
FEWEST_BEFORE, FEWEST_NOW = 40, 20
EVERY = 10  # captures between two looks
_FIRST_SHUFFLES, _SHUFFLES = 99, 999
_CLEARLY_CALM = 0.1
_SEED = 20
_ROUNDING = 1e-5


@dataclass(frozen=True, slots=True)
class Moved:
    """What one signal did.

    Attributes:
        p: how often chance alone makes any signal stand out as much as this one: adjusted for all of them.
        distance: Kolmogorov-Smirnov distance 0..1, or maximum mean discrepancy 0..√2, between now and before.
    """

    signal: Signal
    p: float
    distance: float


@dataclass(frozen=True, slots=True)
class Decision:
    """What one look at a camera found.

    Attributes:
        drifted: whether its newest captures differ from those before by more than chance.
        p: probability that chance alone makes the largest difference as large as it is.
        signals: each signal that could be compared, the most striking first.
        undecided: why nothing could be decided; empty if it could.
    """

    drifted: bool
    p: float
    signals: tuple[Moved, ...]
    undecided: str = ""

    @property
    def moved(self) -> tuple[Moved, ...]:
        """Signals that moved by more than chance."""
        return tuple(moved for moved in self.signals if self.drifted and moved.p <= LEVEL)


def decide(history: History) -> Decision:
    """Compare a camera's newest captures with its reference.

    Days are shuffled as a whole, and each signal's distance is measured in standard deviations of what shuffled days
    show; the largest over all signals counts (maxT; Westfall and Young, Resampling-Based Multiple Testing, 1993).
    So dependence between signals costs nothing, and a signal more makes no false alarm more. Calm cameras are told by
    a tenth of the shuffles.
    """
    history = comparable(history)
    if why := _undecided(history):
        return Decision(False, 1.0, (), why)
    signals = tuple(signal for signal in SCALARS if _is_measured(history, history.scalars[signal][:, None]))
    names = (*signals, Signal.LOOK) if _is_measured(history, history.vectors) else signals
    if not names:
        return Decision(False, 1.0, (), "nothing was measured both before and now that can be compared")
    scalars = [evened(signal, history.scalars[signal]) for signal in signals]
    values = centred(np.column_stack([*scalars, history.vectors]).astype(np.float64), history.places)
    compared = Compared.of(values[:, : len(signals)], values[:, len(signals) :], day_numbers(history))
    decision = _decision(history, names, compared, _FIRST_SHUFFLES)
    return decision if decision.p > _CLEARLY_CALM else _decision(history, names, compared, _SHUFFLES)


def comparable(history: History) -> History:
    """Leave out what cannot be compared: bays seen only before or only now, and half days."""
    return history.of_whole_days().at_places_in_both()


def _undecided(history: History) -> str:
    before, now = history.start, len(history) - history.start
    if before < FEWEST_BEFORE:
        return f"only {before} captures before show the same bays as the newest; {FEWEST_BEFORE} are needed"
    if now < FEWEST_NOW:
        return f"only {now} new captures of bays seen before; {FEWEST_NOW} are needed"
    if orders(history) < 1 / LEVEL:
        return "too few days: captures of one day share their light, so a few days could differ by chance alone"
    return ""


def _decision(history: History, signals: Sequence[Signal], compared: Compared, shuffles: int) -> Decision:
    distances = compared.distances(shuffle(history, shuffles, np.random.default_rng(_SEED)))[..., : len(signals)]
    spread = distances.std(0)
    striking = (distances - distances.mean(0)) / np.where(spread > 0, spread, np.inf)
    by_signal, stretch = striking[0].max(0), striking[0].argmax(0)  # of the stretch that shows it best
    chance = striking.reshape(len(striking), -1).max(1)
    p = (chance[:, None] >= by_signal - _ROUNDING).mean(0)
    found = [
        Moved(signals[s], float(p[s]), float(distances[0, stretch[s], s]))
        for s in np.argsort(-by_signal, kind="stable").tolist()
        if spread[:, s].any()
    ]
    least = min((moved.p for moved in found), default=1.0)
    return Decision(least <= LEVEL, least, tuple(found))


def _is_measured(history: History, values: NDArray[np.floating[Any]]) -> bool:
    """Tell whether enough rows of values (n, k) are known before and now, and whether they differ at all."""
    known = np.isfinite(values).all(1)
    before, now = known[: history.start].sum(), known[history.start :].sum()
    return bool(before >= FEWEST_BEFORE and now >= FEWEST_NOW and np.ptp(values[known], axis=0).any())
