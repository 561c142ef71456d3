"""The gate: a candidate may serve only if it is no worse than the champion wherever that can be told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.evaluation import Evaluation, EvaluationReport, Figure, Score
from training.tolerance import Tolerance

_THIN = "insufficient evidence, read it with care"
_MOST_NAMED = 8  # of the cells that are too thin to be judged
Floats = NDArray[np.float64]
_WORSE_IF_MORE = frozenset({"calibration_error"})


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison.

    Attributes:
        name: of the cell.
        champion: its value.
        candidate: its value.
        limit: the worst value of the candidate that is within tolerance.
        passed: whether this lets the candidate through.
        reason: why, in words.
        difference: candidate less champion; None where nothing was compared.
        low: lower end of the interval of the paired difference, None where it was not drawn.
        high: upper end.
    """

    name: str
    champion: float | None
    candidate: float | None
    limit: float | None
    passed: bool
    reason: str
    difference: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class GateResult:
    """All checks, and whether every one passed."""

    passed: bool
    checks: tuple[Check, ...]


class NotComparable(ValueError):
    """Reports that were measured on different captures."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """One cell of both models: values, whether both have enough evidence, and what may be lost."""

    name: str
    old: float | None
    new: float | None
    supported: bool
    evidence: str
    margin: float
    worse_if_more: bool = False


def judge(champion: Evaluation | None, candidate: Evaluation, tolerance: Tolerance) -> GateResult:
    """Compare a candidate with the champion.

    The overall AP is always checked, by its value alone, and says so where its evidence is insufficient; everything
    else is checked only where both models have enough evidence, and the last check says what was not. Without a
    champion the candidate has to find anything at all.

    Args:
        champion: measured on the same snapshot as the candidate; None for the first model.
        candidate: the new model.
        tolerance: how much worse it may be.

    Raises:
        NotComparable: if the two were measured on different snapshots.
    """
    if champion is None:
        checks: tuple[Check, ...] = (_first(candidate.report),)
    elif champion.report.measured_on != candidate.report.measured_on:
        raise NotComparable(
            f"champion was measured on {champion.report.measured_on[:12]}, candidate on "
            f"{candidate.report.measured_on[:12]}: evaluate both on one snapshot"
        )
    else:
        checks = tuple(_against(champion, candidate, tolerance))
    return GateResult(all(check.passed for check in checks), checks)


def _first(candidate: EvaluationReport) -> Check:
    ap = candidate.overall.ap
    passed = bool(ap)
    return Check("overall", None, ap, 0.0, passed, "no champion yet" if passed else "the candidate finds nothing")


def _against(champion: Evaluation, candidate: Evaluation, tolerance: Tolerance) -> Iterator[Check]:
    old, new = champion.report, candidate.report
    yield _overall(champion, candidate, tolerance)
    thin = []
    for pair in _pairs(old, new, tolerance):
        if pair.supported:
            yield _checked(pair, _differences(pair.name, champion, candidate), tolerance.certainty)
        else:
            thin.append(f"{pair.name} ({pair.evidence})")
    if old.latency_ms and new.latency_ms:
        yield _latency(new.latency_ms / old.latency_ms, tolerance.latency)
    if thin:
        more = f" and {len(thin) - _MOST_NAMED} more" if len(thin) > _MOST_NAMED else ""
        reason = f"not judged, too little was labelled: {', '.join(thin[:_MOST_NAMED])}{more}"
        yield Check("insufficient evidence", None, None, None, True, reason)


def _overall(champion: Evaluation, candidate: Evaluation, tolerance: Tolerance) -> Check:
    old, new = champion.report.overall, candidate.report.overall
    pair = _Pair("overall", old.ap, new.ap, old.supported and new.supported, "", tolerance.overall)
    check = _checked(pair, _differences("overall", champion, candidate), tolerance.certainty, certain=False)
    return check if new.supported else replace(check, reason=f"{check.reason}; {_THIN}")


def _pairs(old: EvaluationReport, new: EvaluationReport, tolerance: Tolerance) -> Iterator[_Pair]:
    groups: list[tuple[str, Mapping[str, Score], Mapping[str, Score], float]] = [
        ("kind", old.kinds, new.kinds, tolerance.kind),
        ("class", old.classes, new.classes, tolerance.cell),
        ("product", old.products, new.products, tolerance.cell),
        ("band", old.bands, new.bands, tolerance.cell),
        ("stratum", old.strata, new.strata, tolerance.cell),
        *((axis, old.axes[axis], new.axes[axis], tolerance.cell) for axis in old.axes),
        ("category", old.categories, new.categories, tolerance.cell),
        ("cell", old.cells, new.cells, tolerance.cell),
    ]
    for group, olds, news, margin in groups:
        for name in sorted(olds.keys() & news.keys()):
            yield _of_scores(f"{group} {name}", olds[name], news[name], margin)
    if old.tail and new.tail:
        yield _of_scores("tail", old.tail, new.tail, tolerance.cell)
    margins = {
        "sku_top1": tolerance.sku,
        "verdict_f1": tolerance.verdict,
        "unknown_auroc": tolerance.unknown,
        "calibration_error": tolerance.calibration,
    }
    for measure in sorted(old.measures.keys() & new.measures.keys()):
        olds_, news_ = old.measures[measure], new.measures[measure]
        yield _of_figures(f"{measure} overall", olds_.overall, news_.overall, margins[measure])
        for axis in sorted(olds_.cells.keys() & news_.cells.keys()):
            for name in sorted(olds_.cells[axis].keys() & news_.cells[axis].keys()):
                figures = olds_.cells[axis][name], news_.cells[axis][name]
                yield _of_figures(f"{measure} {axis} {name}", *figures, max(tolerance.cell, margins[measure]))


def _of_scores(name: str, old: Score, new: Score, margin: float) -> _Pair:
    evidence = f"{new.captures} captures, {new.boxes} boxes"
    return _Pair(name, old.ap, new.ap, old.supported and new.supported, evidence, margin)


def _of_figures(name: str, old: Figure, new: Figure, margin: float) -> _Pair:
    evidence, more = f"{new.captures} captures, {new.count} counted", name.split()[0] in _WORSE_IF_MORE
    return _Pair(name, old.value, new.value, old.supported and new.supported, evidence, margin, more)


def _differences(name: str, champion: Evaluation, candidate: Evaluation) -> Floats:
    """Return candidate less champion in each draw of captures, empty where either was not drawn."""
    old, new = champion.draws.get(name), candidate.draws.get(name)
    if old is None or new is None:
        return np.empty(0)
    differences = new - old
    told: Floats = differences[~np.isnan(differences)]
    return told


def _checked(
    pair: _Pair,
    draws: Floats,
    certainty: float,
    *,
    certain: bool = True,
) -> Check:
    """Check one cell; with `certain` a loss that chance may have made lets the candidate through."""
    if pair.old is None or pair.new is None:
        return Check(pair.name, pair.old, pair.new, None, True, "nothing to measure")
    sign = -1 if pair.worse_if_more else 1
    limit, difference = pair.old - sign * pair.margin, pair.new - pair.old
    low, high = (float(one) for one in _interval(draws, certainty)) if len(draws) else (None, None)
    check = Check(pair.name, pair.old, pair.new, limit, True, "within tolerance", difference, low, high)
    beyond = sign * (limit - pair.new)
    if beyond <= 0:
        return check
    side = "over" if pair.worse_if_more else "under"
    reason = f"{pair.new:.3f} is {beyond:.3f} {side} the limit {limit:.3f}"
    if low is None or high is None:
        return replace(check, passed=False, reason=reason)
    told = f"the difference is {difference:+.3f} ({low:+.3f} to {high:+.3f})"
    by_chance = certain and certainty > 0 and sign * (low if pair.worse_if_more else high) >= 0
    if by_chance:
        return replace(check, reason=f"{reason}, but chance may do that: {told}; insufficient evidence to refuse")
    return replace(check, passed=False, reason=f"{reason}; {told}")


def _interval(draws: Floats, certainty: float) -> tuple[float, float]:
    low, high = np.quantile(draws, [(1 - certainty) / 2, (1 + certainty) / 2])
    return float(low), float(high)


def _latency(ratio: float, limit: float) -> Check:
    passed = ratio <= limit
    reason = "within tolerance" if passed else f"{ratio:.3f} is {ratio - limit:.3f} over the limit {limit:.3f}"
    return Check("latency ratio", 1.0, ratio, limit, passed, reason)
