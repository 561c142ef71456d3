"""Lets contestants take turns, so that whatever else the machine does meets all of them."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np
from rich.progress import Progress

from benchmarks.serve.load import Load
from benchmarks.serve.photos import PhotoSet

Run = Callable[[PhotoSet], Load]


@dataclass(frozen=True, slots=True)
class Cell:
    """One contestant on one set of photos, and what was measured each time it had its turn."""

    name: str
    photos: PhotoSet
    run: Run
    loads: list[Load] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Photos answered per second, the median of all turns."""
        return median(load.rate for load in self.loads)

    @property
    def spread(self) -> float:
        """How much longer the slow answers of a turn take: p95 over p50, the median of all turns."""
        return median(load.milliseconds(95) / load.milliseconds(50) for load in self.loads)

    def row(self) -> dict[str, Any]:
        """Sum the turns up for the report."""
        no_statuses: Counter[str] = Counter()
        rates = [load.rate for load in self.loads]
        times = {f"p{p}_ms": round(median(load.milliseconds(p) for load in self.loads), 1) for p in (50, 95, 99)}
        return {
            "contestant": self.name,
            "photos": self.photos.name,
            "per_second": round(self.rate, 2),
            "lowest": round(min(rates), 2),
            "highest": round(max(rates), 2),
            **times,
            "statuses": dict(sum((Counter(load.statuses) for load in self.loads), no_statuses)),
        }


def take_turns(cells: Sequence[Cell], repeats: int, rng: np.random.Generator) -> None:
    """Run every cell once per repeat, in a new order each time."""
    with Progress(transient=True) as progress:
        bar = progress.add_task("", total=repeats * len(cells))
        for _ in range(repeats):
            for cell in (cells[i] for i in rng.permutation(len(cells))):
                progress.update(bar, description=f"{cell.name}, {cell.photos.name}")
                cell.loads.append(cell.run(cell.photos))
                progress.advance(bar)
