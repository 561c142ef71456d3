"""The gate: a candidate may serve only if it is no worse than the champion wherever that can be told."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field

from training.evaluation import EvaluationReport, Score

_THIN = "insufficient evidence, read it with care"


class Tolerance(BaseModel):
    """How much worse a candidate may be.

    Attributes:
        overall: AP that the whole may lose; none by default.
        kind: AP that facings, shelves, tags or gaps may lose each.
        cell: AP that a condition, a class or the tail of thin classes may lose; it is noisier.
        calibration: rise of the expected calibration error.
        latency: candidate's time a photo over the champion's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    overall: float = Field(default=0.0, ge=0, le=1)
    kind: float = Field(default=0.02, ge=0, le=1)
    cell: float = Field(default=0.05, ge=0, le=1)
    calibration: float = Field(default=0.05, ge=0, le=1)
    latency: float = Field(default=1.1, gt=0)


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison; `limit` is the worst value of the candidate that passes."""

    name: str
    champion: float | None
    candidate: float | None
    limit: float | None
    passed: bool
    reason: str


@dataclass(frozen=True, slots=True)
class GateResult:
    """All checks, and whether every one passed."""

    passed: bool
    checks: tuple[Check, ...]


class NotComparable(ValueError):
    """Reports that were measured on different captures."""


def judge(
    champion: EvaluationReport | None,
    candidate: EvaluationReport,
    tolerance: Tolerance,
    latency_ratio: float | None = None,
) -> GateResult:
    """Compare a candidate with the champion.

    The overall AP is always checked, and says so where its evidence is insufficient; everything else is checked only
    where both reports have enough evidence. Without a champion the candidate has to find anything at all.

    Args:
        champion: measured on the same snapshot as the candidate; None for the first model.
        candidate: the new model's report.
        tolerance: how much worse it may be.
        latency_ratio: candidate's time a photo over the champion's, None if it was not measured.

    Raises:
        NotComparable: if the two reports are of different snapshots.
    """
    if champion is None:
        checks: tuple[Check, ...] = (_first(candidate),)
    elif champion.measured_on != candidate.measured_on:
        raise NotComparable(
            f"champion was measured on {champion.measured_on[:12]}, candidate on {candidate.measured_on[:12]}: "
            "evaluate both on one snapshot"
        )
    else:
        checks = tuple(_against(champion, candidate, tolerance))
        if latency_ratio is not None:
            checks += (_at_most("latency ratio", 1.0, latency_ratio, tolerance.latency),)
    return GateResult(all(check.passed for check in checks), checks)


def _first(candidate: EvaluationReport) -> Check:
    ap = candidate.overall.ap
    passed = bool(ap)
    return Check("overall", None, ap, 0.0, passed, "no champion yet" if passed else "the candidate finds nothing")


def _against(champion: EvaluationReport, candidate: EvaluationReport, tolerance: Tolerance) -> Iterator[Check]:
    overall = _at_least("overall", champion.overall, candidate.overall, tolerance.overall)
    yield overall if candidate.overall.supported else replace(overall, reason=f"{overall.reason}; {_THIN}")
    for name, old, new, margin in _cells(champion, candidate, tolerance):
        if old.supported and new.supported:
            yield _at_least(name, old, new, margin)
    supported = champion.overall.supported and candidate.overall.supported
    if supported and champion.calibration_error is not None and candidate.calibration_error is not None:
        limit = champion.calibration_error + tolerance.calibration
        yield _at_most("calibration error", champion.calibration_error, candidate.calibration_error, limit)


def _cells(
    champion: EvaluationReport, candidate: EvaluationReport, tolerance: Tolerance
) -> Iterator[tuple[str, Score, Score, float]]:
    groups = [
        ("kind", champion.kinds, candidate.kinds, tolerance.kind),
        ("class", champion.classes, candidate.classes, tolerance.cell),
        ("stratum", champion.strata, candidate.strata, tolerance.cell),
        *((axis, champion.axes[axis], candidate.axes[axis], tolerance.cell) for axis in champion.axes),
    ]
    for group, old, new, margin in groups:
        for name in sorted(old.keys() & new.keys()):
            yield f"{group} {name}", old[name], new[name], margin
    if champion.tail and candidate.tail:
        yield "tail", champion.tail, candidate.tail, tolerance.cell


def _at_least(name: str, old: Score, new: Score, margin: float) -> Check:
    if old.ap is None or new.ap is None:
        return Check(name, old.ap, new.ap, None, True, "nothing to measure")
    limit = old.ap - margin
    passed = new.ap >= limit
    return Check(name, old.ap, new.ap, limit, passed, _reason(new.ap, limit, "under", passed))


def _at_most(name: str, old: float, new: float, limit: float) -> Check:
    passed = new <= limit
    return Check(name, old, new, limit, passed, _reason(new, limit, "over", passed))


def _reason(value: float, limit: float, side: str, passed: bool) -> str:
    return "within tolerance" if passed else f"{value:.3f} is {abs(value - limit):.3f} {side} the limit {limit:.3f}"
