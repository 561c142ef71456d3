"""Figures over the boxes of many photos: calibration error, reliability, and how well a signal warns."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.matching import LEAST_CALIBRATED

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
BINS = 10
RESAMPLES = 300
_FEWEST = 20  # boxes on either side, below which an area under a curve says nothing


def reliability(probabilities: Floats, right: Bools) -> Iterator[dict[str, Any]]:
    """Yield for each tenth of probability how many boxes said so, what they said on average, and how many are right."""
    place = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    for one in range(BINS):
        inside = place == one
        if inside.any():
            yield {
                "from": one / BINS,
                "to": (one + 1) / BINS,
                "boxes": int(inside.sum()),
                "said": float(probabilities[inside].mean()),
                "are right": float(right[inside].mean()),
            }


def calibration_error(probabilities: Floats, right: Bools, counted: Bools) -> float | None:
    """Return the expected calibration error over the boxes that count, None where there are none.

    Σ over bins of |right - said| weighted by boxes (Guo et al., ICML 2017, equation 3), for detections: a box is right
    if it matched, whatever was missed (Küppers et al., CVPRW 2020).
    """
    if not counted.any():
        return None
    bins = list(reliability(probabilities[counted], right[counted]))
    return float(sum(one["boxes"] * abs(one["said"] - one["are right"]) for one in bins) / counted.sum())


def counted(before: Floats, after: Floats) -> Bools:
    """Tell which boxes count before and after a calibration alike: those that either gives at least 0.1."""
    return np.maximum(before, after) >= LEAST_CALIBRATED


def auroc(signal: Sequence[Floats], bad: Sequence[Bools], rng: np.random.Generator) -> dict[str, Any]:
    """Return how well a signal tells bad boxes from good ones, one array a photo.

    The chance that a bad box has the larger signal than a good one, a tie counting half, with its 95 % interval over
    photos drawn with replacement; None where there are too few boxes of either sort.
    """
    owner = np.repeat(np.arange(len(bad)), [len(one) for one in bad])
    worse = np.concatenate(bad) if len(bad) else np.zeros(0, bool)
    if min(worse.sum(), (~worse).sum()) < _FEWEST:
        return {"AUROC": None, "low": None, "high": None}
    values, rank = np.unique(np.concatenate(signal), return_inverse=True)
    draws = rng.multinomial(len(bad), np.full(len(bad), 1 / len(bad)), size=RESAMPLES)
    each = [_area(rank, worse, draw[owner].astype(np.float64), len(values)) for draw in draws]
    low, high = np.nanpercentile(each, (2.5, 97.5))
    return {"AUROC": _area(rank, worse, np.ones(len(worse)), len(values)), "low": float(low), "high": float(high)}


def _area(rank: NDArray[np.intp], worse: Bools, weights: Floats, values: int) -> float:
    bad = np.bincount(rank, weights * worse, values)
    good = np.bincount(rank, weights * ~worse, values)
    pairs = bad.sum() * good.sum()
    below = np.cumsum(good) - good
    return float((bad * (below + good / 2)).sum() / pairs) if pairs else float("nan")
