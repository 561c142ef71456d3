"""From trials to rows and headline."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from benchmarks.drift.trials import CalmTrial, ChangeTrial, Unchanged

Trial = TypeVar("Trial")
Key = TypeVar("Key")

_SOON = 50  # captures
_DRAWS = 2000
_SEED = 6


def summary(unchanged: Sequence[CalmTrial], changed: Sequence[ChangeTrial]) -> dict[str, float | None]:
    """Return the headline.

    False alarms are those of all windows but of spells. Of the changes it is the one that any camera was slowest to
    see.
    """
    calm = [trial for trial in unchanged if trial.kind is not Unchanged.SPELLS]
    low, high = _interval(calm)
    soon = [trial.captures is not None and trial.captures <= _SOON for trial in changed]
    return {
        "false_alarm_rate": _rate(calm),
        "false_alarm_rate_low": low,
        "false_alarm_rate_high": high,
        "captures_to_detect_worst": _captures(changed, 1.0),
        "detected_within_50": float(np.mean(soon)),
    }


def unchanged_rows(trials: Sequence[CalmTrial]) -> Iterator[dict[str, Any]]:
    """Yield false alarms by what stays as it is, by camera, by light, and by window."""
    yield from _rates("nothing changes", trials, lambda trial: trial.kind)
    calm = [trial for trial in trials if trial.kind is not Unchanged.SPELLS]
    yield from _rates("camera", calm, lambda trial: trial.camera)
    yield from _rates("light", calm, lambda trial: trial.light)
    yield from _rates("window", calm, lambda trial: trial.window)


def _rates(title: str, trials: Sequence[CalmTrial], key: Callable[[CalmTrial], Any]) -> Iterator[dict[str, Any]]:
    for name, some in _by(trials, key).items():
        low, high = _interval(some)
        rate = {"false_alarms": _rate(some), "low": low, "high": high}
        undecided = float(np.mean([trial.undecided for trial in some]))
        yield {"windows of": f"{title}: {name}", "windows": len(some), **rate, "undecided": undecided}


def change_rows(trials: Sequence[ChangeTrial]) -> Iterator[dict[str, Any]]:
    """Yield how many captures each change took, and which signal showed it most often."""
    for (before, now), some in _by(trials, _pair).items():
        signals = [trial.signal for trial in some if trial.signal]
        yield {
            "before": before,
            "now": now,
            "changes": len(some),
            "captures_p50": _captures(some, 0.5),
            "captures_worst": _captures(some, 1.0),
            "within_50": float(np.mean([trial.captures is not None and trial.captures <= _SOON for trial in some])),
            "seen_by": max(sorted(set(signals)), key=signals.count, default=""),
        }


def _captures(trials: Sequence[ChangeTrial], share: float) -> float | None:
    """Return after how many captures this share of cameras have seen a change; None if they never did."""
    taken = sorted(np.inf if trial.captures is None else float(trial.captures) for trial in trials)
    found = taken[int(np.ceil(share * len(taken))) - 1]
    return found if np.isfinite(found) else None


def _rate(trials: Sequence[CalmTrial]) -> float:
    return float(np.mean([trial.alarm for trial in trials]))


def _interval(trials: Sequence[CalmTrial]) -> tuple[float, float]:
    """Return the 95 % interval over stores and lights drawn with replacement: streams of either share their photos."""
    alarms = [[trial.alarm for trial in some] for some in _by(trials, lambda one: (one.store, one.light)).values()]
    sums, sizes = np.array([sum(some) for some in alarms]), np.array([len(some) for some in alarms])
    drawn = np.random.default_rng(_SEED).integers(len(alarms), size=(_DRAWS, len(alarms)))
    rates = sums[drawn].sum(1) / sizes[drawn].sum(1)
    low, high = np.quantile(rates, [0.025, 0.975]).tolist()
    return low, high


def _pair(trial: ChangeTrial) -> tuple[str, str]:
    return str(trial.before), str(trial.now)


def _by(trials: Sequence[Trial], key: Callable[[Trial], Key]) -> dict[Key, list[Trial]]:
    groups: dict[Key, list[Trial]] = defaultdict(list)
    for trial in trials:
        groups[key(trial)].append(trial)
    return dict(groups)
