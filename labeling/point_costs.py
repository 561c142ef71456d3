"""What a point of accuracy costs in annotator seconds, from the retrainings behind us."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

FEWEST = 3  # retrainings
_DRAWS, _SEED = 2000, 0


@dataclass(frozen=True, slots=True)
class Gain:
    """What one retraining made of new labels.

    Attributes:
        seconds: that annotators took for the labels that the champion had not been trained on.
        points: hundredths of the score by which the candidate beat that champion on the same photos.
    """

    seconds: float
    points: float


@dataclass(frozen=True, slots=True)
class PointCost:
    """Annotator seconds a point; None where nothing can be said.

    Attributes:
        seconds: summed seconds over summed points.
        low: 2.5 % quantile over retrainings drawn with replacement.
        high: 97.5 % quantile; None where that many draws show no gain at all, so that there is no upper end.
        retrainings: that count.
        words: for people.
    """

    seconds: float | None
    low: float | None
    high: float | None
    retrainings: int
    words: str


def point_cost(gains: Sequence[Gain]) -> PointCost:
    """Return what a point cost lately: the ratio of sums, its interval by bootstrap over retrainings.

    The next point costs more than the last ones did, as learning curves flatten; the champion's successors are compared
    with it on the same photos, so an easier validation set does not look like a gain.
    """
    listed = [gain for gain in gains if gain.seconds > 0]
    if len(listed) < FEWEST:
        words = f"Not enough retrainings to say what a point costs: {len(listed)} with new labels, {FEWEST} are needed."
        return PointCost(None, None, None, len(listed), words)
    seconds, points = (np.array([getattr(gain, name) for gain in listed]) for name in ("seconds", "points"))
    total, gained = float(seconds.sum()), float(points.sum())
    if gained <= 0:
        words = f"The last {len(listed)} retrainings gained no point from {_hours(total)} of labelling."
        return PointCost(None, None, None, len(listed), words)
    rows = np.random.default_rng(_SEED).integers(0, len(listed), (_DRAWS, len(listed)))
    worth = np.quantile(points[rows].sum(1) / seconds[rows].sum(1), (0.025, 0.975))  # points a second may reach 0
    low, high = 1 / float(worth[1]), 1 / float(worth[0]) if worth[0] > 0 else None
    cost = total / gained
    upper = _hours(high) if high is not None else "no upper end: chance may explain the gain"
    words = (
        f"A point cost {_hours(cost)} of labelling in the last {len(listed)} retrainings ({_hours(low)} to {upper})."
    )
    return PointCost(cost, low, high, len(listed), words)


def _hours(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
