"""What curves say: boxes to a score, savings paired by seed, and how far chance may carry them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from sampling.simulation.labelled_set import Floats

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the bounds of its 95 % interval."""

    mean: float
    low: float
    high: float


def monotone(scores: ArrayLike) -> Floats:
    """Return the non-decreasing curve (r,) nearest to measured scores in the sense of least squares.

    Pool adjacent violators (Ayer et al., Annals of Mathematical Statistics 26, 1955). More labels do not teach less;
    without this a lucky dip of noise over the target would count as having reached it.
    """
    blocks: list[tuple[float, int]] = []
    for score in np.asarray(scores, np.float64).tolist():
        mean, count = score, 1
        while blocks and blocks[-1][0] > mean:
            before, many = blocks.pop()
            mean, count = (mean * count + before * many) / (count + many), count + many
        blocks.append((mean, count))
    return np.concatenate([np.full(count, mean) for mean, count in blocks])


def reached_at(spent: ArrayLike, scores: ArrayLike, target: float) -> float | None:
    """Return what had been spent, of boxes or seconds, when the monotone curve met the target.

    Between two measured points the curve is a straight line; None where no measured point reaches the target, and the
    first point's cost where that one does already: nothing is extrapolated.
    """
    costs, curve = np.asarray(spent, np.float64), monotone(scores)
    place = int(np.searchsorted(curve, target, side="left"))
    if place == len(curve):
        return None
    if place == 0:
        return float(costs[0])
    rise = (target - curve[place - 1]) / (curve[place] - curve[place - 1])
    return float(costs[place - 1] + rise * (costs[place] - costs[place - 1]))


def area(spent: ArrayLike, scores: ArrayLike, until: float) -> float:
    """Return the mean height of a curve from its first point to `until`, which lies within the measured ones."""
    costs, heights = np.asarray(spent, np.float64), np.asarray(scores, np.float64)
    inside = costs < until
    x = np.append(costs[inside], until)
    y = np.append(heights[inside], np.interp(until, costs, heights))
    return float(np.trapezoid(y, x) / (x[-1] - x[0]))


def mean_interval(values: ArrayLike, seed: int = 0) -> Interval:
    """Return the mean over seeds (s,) and its percentile bootstrap interval (Efron and Tibshirani 1993, chapter 13)."""
    numbers = np.asarray(values, np.float64)
    return _interval(float(numbers.mean()), numbers[_draws(len(numbers), seed)].mean(1))


def saving(ours: Sequence[float | None], theirs: Sequence[float | None], seed: int = 0) -> Interval | None:
    """Return the share of boxes saved, 1 - mean(ours) / mean(theirs), with seeds drawn in pairs.

    None if either did not reach the target with every seed: what was not reached cannot be averaged.
    """
    pairs = _pairs(ours, theirs)
    if pairs is None:
        return None
    a, b = pairs
    draws = _draws(len(a), seed)
    return _interval(float(1 - a.mean() / b.mean()), 1 - a[draws].mean(1) / b[draws].mean(1))


def paired_p(ours: Sequence[float | None], theirs: Sequence[float | None]) -> float | None:
    """Return the two-sided p-value of Wilcoxon's signed-rank test over seeds; None as for `saving`."""
    pairs = _pairs(ours, theirs)
    if pairs is None:
        return None
    differences = pairs[0] - pairs[1]
    return float(scipy.stats.wilcoxon(differences).pvalue) if differences.any() else 1.0


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return p-values corrected for how many were asked (Holm, Scandinavian Journal of Statistics 6, 1979).

    What could not be tested stays None, and does not count.
    """
    asked = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(asked):
        highest = max(highest, min(1.0, (len(asked) - rank) * p))
        corrected[place] = highest
    return corrected


def band(curves: ArrayLike, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """Return mean, lower and upper end (r,) of the 95 % band of curves (s, r), seeds drawn with replacement."""
    heights = np.asarray(curves, np.float64)
    drawn = heights[_draws(len(heights), seed)].mean(1)
    low, high = np.percentile(drawn, (2.5, 97.5), axis=0)
    return heights.mean(0), low, high


def _pairs(ours: Sequence[float | None], theirs: Sequence[float | None]) -> tuple[Floats, Floats] | None:
    if not ours or None in ours or None in theirs:
        return None
    return np.array(ours, np.float64), np.array(theirs, np.float64)


def _draws(count: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    draws: np.ndarray[tuple[int, int], np.dtype[np.int64]] = np.random.default_rng(seed).integers(
        count, size=(RESAMPLES, count)
    )
    return draws


def _interval(mean: float, drawn: Floats) -> Interval:
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Interval(mean, float(low), float(high))
