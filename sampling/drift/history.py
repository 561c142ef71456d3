"""What a camera saw, in order: the captures that drift is looked for in."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampling.drift.signals import SCALARS, Signal

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """n captures of one camera, or of one store, oldest first: the reference, then the window of the newest.

    Attributes:
        ids: of the captures.
        days: (n,) number of the day on which each was taken. Captures of one day share light and stock, so they are
            no independent witnesses: everything is decided by days.
        places: (n,) number of what each shows: its bay, and its camera where there are several.
        scalars: (n,) float64 for each signal but LOOK; NaN where it was not measured.
        vectors: (n, k) float32 image vectors; rows of NaN where they cannot be compared with the others.
        start: row at which the window begins; those before it are the reference.

    Raises:
        ValueError: naming the array that does not have n rows, or a start outside 0..n.
    """

    ids: tuple[str, ...]
    days: Rows
    places: Rows
    scalars: Mapping[Signal, NDArray[np.float64]]
    vectors: NDArray[np.float32]
    start: int

    def __post_init__(self) -> None:
        n = len(self.ids)
        lengths = {"days": len(self.days), "places": len(self.places), "vectors": len(self.vectors)}
        lengths |= {str(signal): len(self.scalars[signal]) for signal in SCALARS}
        for name, length in lengths.items():
            if length != n:
                raise ValueError(f"{name} has {length} rows, expected {n}: one for each capture")
        if not 0 <= self.start <= n:
            raise ValueError(f"start is {self.start}, expected 0..{n}")

    def __len__(self) -> int:
        return len(self.ids)

    def keep(self, rows: Rows) -> "History":
        """Return some of the captures, in ascending order of their rows."""
        return History(
            ids=tuple(self.ids[row] for row in rows.tolist()),
            days=self.days[rows],
            places=self.places[rows],
            scalars={signal: values[rows] for signal, values in self.scalars.items()},
            vectors=self.vectors[rows],
            start=int((rows < self.start).sum()),
        )

    def of_whole_days(self) -> "History":
        """Leave out the newer part of a day in the course of which the window begins: a day is before or now."""
        newer = np.arange(len(self)) >= self.start
        return self.keep(np.flatnonzero(~newer | ~np.isin(self.days, self.days[: self.start])))

    def from_row(self, first: int) -> "History":
        """Return the reference and what the window shows from a row on."""
        rows = np.arange(len(self))
        return self.keep(rows[(rows < self.start) | (rows >= first)])

    def at_places_in_both(self) -> "History":
        """Leave out captures of what only the reference, or only the window, shows: nothing can be compared there."""
        before, now = self.places[: self.start], self.places[self.start :]
        return self.keep(np.flatnonzero(np.isin(self.places, np.intersect1d(before, now))))
