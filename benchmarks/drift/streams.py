"""What a camera sends, day after day: one visit a day, five or six bays of it in any order, in the light of the day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.drift.photos import BAYS, SCALARS, VISITS, Bank
from retail.conditions import Lighting
from sampling.drift.deciding import EVERY, FEWEST_NOW, Decision, decide
from sampling.drift.history import History
from sampling.drift.signals import Signal
from sampling.drift.windows import FIRST, MOST_NOW

REFERENCE = FIRST
_FEWEST_BAYS = 5
_LIGHTS = tuple(Lighting)

Lights = Sequence[Lighting]  # of each day


@dataclass(frozen=True, slots=True, eq=False)
class Captures:
    """What one camera sent, oldest first: for each capture its day, its bay and its light, as rows of the bank."""

    bank: Bank
    days: NDArray[np.int64]
    visits: NDArray[np.int64]
    bays: NDArray[np.int64]
    lights: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.days)

    def history(self, reference: int, until: int) -> History:
        """Return the reference and the newest captures at the time when so many had come."""
        since = max(reference, until - MOST_NOW)
        rows = np.concatenate([np.arange(reference), np.arange(since, until)])
        at = self.visits[rows], self.bays[rows], self.lights[rows]
        seen = dict(zip(SCALARS, self.bank.scalars[at].T, strict=True))
        scalars = {Signal(name): seen[name] for name in SCALARS if name not in ("gaps", "facings")}
        with np.errstate(invalid="ignore"):
            scalars[Signal.GAPS] = seen["gaps"] / (seen["gaps"] + seen["facings"])
        scalars[Signal.UNKNOWN] = np.full(len(rows), np.nan)  # nothing is named here
        ids = tuple(str(row) for row in rows)
        return History(ids, self.days[rows], self.bays[rows], scalars, self.bank.vectors[at], reference)


def send(bank: Bank, rng: Generator, lights: Lights, odds: Sequence[Sequence[float]] = ()) -> Captures:
    """Send what a camera's visits show, its visits in an order that chance decides.

    Args:
        bank: the camera's photos.
        rng: chance.
        lights: of each day.
        odds: how likely each bay is part of the visit, by day; all are equally likely by default.
    """
    rows = []
    for day, visit in enumerate(rng.permutation(VISITS).tolist()):
        chance = np.asarray(odds[day] if odds else np.ones(BAYS), np.float64)
        count = min(int(rng.integers(_FEWEST_BAYS, BAYS + 1)), int((chance > 0).sum()))
        bays = rng.choice(BAYS, size=count, replace=False, p=chance / chance.sum())
        rows += [(day, visit, bay, _LIGHTS.index(lights[day])) for bay in bays.tolist()]
    days, visits, bays, lit = np.array(rows, np.int64).T
    return Captures(bank, days, visits, bays, lit)


def watch(captures: Captures, start: int, end: int) -> Iterator[tuple[int, Decision]]:
    """Look at a camera as the service does, each time ten more captures have come; yield how many and the decision."""
    for until in range(start + EVERY, end + 1, EVERY):
        if until >= REFERENCE + FEWEST_NOW:
            yield until, decide(captures.history(REFERENCE, until))
