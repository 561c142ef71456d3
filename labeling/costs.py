"""Modelled annotator seconds of a task."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# 7 s a box: extreme clicking, Papadopoulos et al., ICCV 2017. The others are assumptions, to be refitted
# from lead times later.
DRAW_SECONDS = 7.0
ACCEPT_SECONDS = 1.0
ADJUST_SECONDS = 4.0
DELETE_SECONDS = 1.5
LOOK_SECONDS = 12.0

# What becomes of 100 pre-labelled boxes, and how many are missing beside them (assumption).
_ACCEPTED, _ADJUSTED, _DELETED, _MISSING = 80, 12, 8, 10

_ROUNDS = 50
_SMALLEST_RESIDUAL = 1e-3


@dataclass(frozen=True, slots=True)
class CostModel:
    """Annotator seconds of a task: a constant, and so many per pre-labelled box."""

    per_task: float
    per_box: float

    def seconds(self, boxes: int) -> float:
        """Return the modelled seconds of a task with that many pre-labelled boxes."""
        return self.per_task + self.per_box * boxes


ASSUMED_COST = CostModel(
    per_task=LOOK_SECONDS,
    per_box=(
        _ACCEPTED * ACCEPT_SECONDS + _ADJUSTED * ADJUST_SECONDS + _DELETED * DELETE_SECONDS + _MISSING * DRAW_SECONDS
    )
    / 100,
)


def fit_cost(lead_times: Sequence[float], boxes: Sequence[int]) -> CostModel:
    """Fit a cost model to measured lead times by least absolute deviations, both coefficients at least 0.

    Absolute deviations, because annotators pause: a few lead times of half an hour must not move the model. They
    are minimised by iteratively reweighted non-negative least squares (Schlossmacher, JASA 68, 1973).

    Args:
        lead_times: seconds from lease to submission of each task.
        boxes: its pre-labelled boxes.

    Raises:
        ValueError: for different lengths, or fewer than two different numbers of boxes.
    """
    if len(lead_times) != len(boxes) or len(set(boxes)) < 2:
        raise ValueError("a fit needs one lead time per task, and tasks of at least two different numbers of boxes")
    times, design = np.array(lead_times, np.float64), np.stack([np.ones(len(boxes)), np.array(boxes, np.float64)], 1)
    weights = np.ones(len(times))
    for _ in range(_ROUNDS):
        solution = _non_negative(design, times, weights)
        weights = 1 / np.maximum(np.abs(times - design @ solution), _SMALLEST_RESIDUAL)
    return CostModel(float(solution[0]), float(solution[1]))


def _non_negative(
    design: NDArray[np.float64], times: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weighted least squares; with two columns a negative coefficient is 0 and the other one is fitted alone."""
    root = np.sqrt(weights)
    solution = np.asarray(np.linalg.lstsq(design * root[:, None], times * root, rcond=None)[0], np.float64)
    if solution.min() >= 0:
        return solution
    alone = solution == solution.max()
    column = design[:, alone][:, 0]
    fitted = max(0.0, float((weights * column) @ times / ((weights * column) @ column)))
    return np.where(alone, fitted, 0.0)
