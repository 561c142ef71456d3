"""Eight times as many clients as the service was measured with: it may refuse, but not break or slow down."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.report import Target
from benchmarks.serve.client import keep_busy
from benchmarks.serve.load import Load
from benchmarks.serve.ours import Ours
from benchmarks.serve.photos import PhotoSet

CLIENTS = 64
REPEATS = 2
_LONGEST_WARM_UP = 40.0  # seconds

TARGETS = {
    "overload_errors": Target(at_most=0),
    "overload_rate_kept": Target(at_least=0.9),
    "overload_p99_over_p50": Target(at_most=3),
    "overload_memory_growth": Target(at_most=1.1),
}


@dataclass(frozen=True, slots=True)
class Overload:
    """What was measured under overload.

    Attributes:
        loads: of each time.
        megabytes: memory of the service before the first and after each, when its queue was empty again.
    """

    loads: Sequence[Load]
    megabytes: Sequence[float]

    def headline(self, usual_rate: float) -> dict[str, float | None]:
        """Return the claims; the worst time counts. Ratios are None where nothing was answered."""
        answered = all(load.rate > 0 for load in self.loads)
        rate_kept = min(load.rate for load in self.loads) / usual_rate if usual_rate else None
        slowest = max(load.milliseconds(99) / load.milliseconds(50) for load in self.loads)
        return {
            "overload_errors": float(sum(load.errors for load in self.loads)),
            "overload_rate_kept": rate_kept,
            "overload_p99_over_p50": slowest if answered else None,
            # The first overload may make buffers that are kept; another one must not add to them.
            "overload_memory_growth": self.megabytes[-1] / self.megabytes[1],
        }

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each time."""
        return [
            {
                "overload": number + 1,
                "clients": CLIENTS,
                "per_second": round(load.rate, 2),
                **{f"p{p}_ms": round(load.milliseconds(p), 1) for p in (50, 95, 99)},
                "statuses": load.statuses,
                "mb_before": round(self.megabytes[number], 1),
                "mb_after": round(self.megabytes[number + 1], 1),
            }
            for number, load in enumerate(self.loads)
        ]


def overload(ours: Ours, photos: PhotoSet, seconds: float, usual_rate: float) -> Overload:
    """Keep the service overloaded for some seconds, twice.

    The window opens when the first queue has been worked off: until then photos wait shorter than they will.
    """
    warm_up = min(_LONGEST_WARM_UP, 1.2 * CLIENTS / max(usual_rate, 1e-9))
    loads, megabytes = [], [ours.server.megabytes()]
    for _ in range(REPEATS):
        loads.append(keep_busy(ours.door, photos, CLIENTS, seconds, warm_up))
        megabytes.append(ours.server.megabytes())
    return Overload(loads, megabytes)
