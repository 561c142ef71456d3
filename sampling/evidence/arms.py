"""What the sampler saves, measured: one arm against the other, bootstrapped over captures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of arm A minus mean of arm B, with the bounds of its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """The result in words; "no difference shown" if the interval covers 0."""
        if self.low <= 0 <= self.high:
            return "no difference shown"
        better = "A" if self.mean > 0 else "B"
        low, high = sorted((abs(self.low), abs(self.high)))
        return f"arm {better} scores higher by {abs(self.mean):.3g} (95 % interval {low:.3g} to {high:.3g})"


def difference(
    arm_a_scores: Sequence[float] | NDArray[np.float64],
    arm_b_scores: Sequence[float] | NDArray[np.float64],
    seed: int,
    resamples: int = 2000,
    paired: bool = False,
) -> Difference:
    """Compare two arms by the percentile bootstrap (Efron and Tibshirani 1993, chapter 13) over captures.

    Args:
        arm_a_scores: one score per capture, at least two.
        arm_b_scores: the same for arm B.
        seed: of the resampling.
        resamples: how many bootstrap samples.
        paired: whether entry i of both is the same capture, judged by a model of each arm; else the arms are
            resampled independently of each other.

    Raises:
        ValueError: for fewer than two scores in an arm, or paired arms of different length.
    """
    a, b = np.asarray(arm_a_scores, np.float64), np.asarray(arm_b_scores, np.float64)
    if min(len(a), len(b)) < 2:
        raise ValueError(f"arms of {len(a)} and {len(b)} captures cannot be compared: each needs at least two")
    rng = np.random.default_rng(seed)
    if paired:
        if len(a) != len(b):
            raise ValueError(f"paired arms need the same captures, got {len(a)} and {len(b)}")
        means = _resampled_means(a - b, rng, resamples)
    else:
        means = _resampled_means(a, rng, resamples) - _resampled_means(b, rng, resamples)
    low, high = np.percentile(means, (2.5, 97.5))
    return Difference(float(a.mean() - b.mean()), float(low), float(high))


def _resampled_means(scores: NDArray[np.float64], rng: np.random.Generator, resamples: int) -> NDArray[np.float64]:
    # One resample at a time: a table of all of them would not fit for large arms.
    return np.array([scores[rng.integers(len(scores), size=len(scores))].mean() for _ in range(resamples)])
