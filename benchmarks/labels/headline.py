"""What is claimed: the worse of the two sets."""

from collections.abc import Sequence

from benchmarks.labels.measuring import DETECTION, NAMING, Measured
from benchmarks.report import Target
from sampling.simulation.contestants import OURS
from sampling.simulation.findings import Finding
from sampling.simulation.statistics import Interval

TARGETS = {
    "naming_saving_at_95": Target(at_least=0.45),
    "naming_saving_low": Target(at_least=0.0),
    "naming_share_at_95": Target(at_most=0.20),
    "detection_saving_at_95": Target(at_least=0.20),
    "detection_saving_low": Target(at_least=0.0),
}


def headline(measured: Measured) -> dict[str, float | None]:
    """Return the headline; None where a recipe did not reach 95 % with every seed."""
    naming = [_ours(measured.found[name]) for name in NAMING]
    detection = _ours(measured.found[DETECTION])
    savings = [finding.saved for finding in naming]
    return {
        "naming_saving_at_95": _worst([_mean(saved) for saved in savings]),
        "naming_saving_low": _worst([_low(saved) for saved in savings]),
        "naming_share_at_95": _negative(_worst([_negative(finding.share) for finding in naming])),
        "detection_saving_at_95": _mean(detection.saved),
        "detection_saving_low": _low(detection.saved),
    }


def _ours(found: Sequence[Finding]) -> Finding:
    return next(finding for finding in found if finding.recipe == OURS)


def _mean(saved: Interval | None) -> float | None:
    return None if saved is None else saved.mean


def _low(saved: Interval | None) -> float | None:
    return None if saved is None else saved.low


def _worst(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return min(known) if len(known) == len(values) else None


def _negative(value: float | None) -> float | None:
    return None if value is None else -value
