"""Modelled annotator seconds of a task."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from labeling.actions import Actions

Floats = NDArray[np.float64]

# 7 s a box: extreme clicking, Papadopoulos et al., ICCV 2017. The others are assumptions until lead times are measured.
DRAW_SECONDS = 7.0
ACCEPT_SECONDS = 1.0
RELABEL_SECONDS = 5.0
ADJUST_SECONDS = 4.0
DELETE_SECONDS = 1.5
LOOK_SECONDS = 12.0

# What becomes of 100 pre-labelled boxes, and how many are missing beside them (assumption).
_USUAL = Actions(accepted=80, adjusted=12, deleted=8, drawn=10)

# A break's seconds: half of them between one and ten minutes or so, few above two hours (assumption).
_BREAK_SECONDS, _BREAK_SPREAD = 600.0, 1.3
_TRUST = 1.0  # deviation of a cost's logarithm from the assumed one: a factor of 2.7
_FIRST_SPREAD, _FIRST_BREAKS, _LEAST_SPREAD = 0.5, 0.1, 0.02
_ROUNDS, _SETTLED = 100, 1e-4


@dataclass(frozen=True, slots=True)
class CostModel:
    """Annotator seconds of a task: a constant, and so many per pre-labelled box."""

    per_task: float
    per_box: float

    def seconds(self, boxes: int) -> float:
        """Return the modelled seconds of a task with that many pre-labelled boxes."""
        return self.per_task + self.per_box * boxes


@dataclass(frozen=True, slots=True)
class ActionCosts:
    """Annotator seconds of a task: a constant, and so many for each action."""

    per_task: float
    accept: float
    relabel: float
    adjust: float
    draw: float
    delete: float

    def seconds(self, actions: Actions) -> float:
        """Return the modelled seconds of a task in which these actions are taken."""
        return float(np.dot(astuple(self), _row(actions)))

    def per_box(self, actions: Sequence[Actions], boxes: Sequence[int]) -> CostModel:
        """Return the seconds per pre-labelled box, with as many actions a box as past tasks took.

        Args:
            actions: of each past task.
            boxes: how many were drawn beforehand in each; without any, the assumed share of actions is taken.
        """
        usual, shown = (
            (_row(_USUAL), 100) if not sum(boxes) else (np.sum([_row(one) for one in actions], 0), sum(boxes))
        )
        return CostModel(self.per_task, float(np.dot(astuple(self)[1:], usual[1:]) / shown))


def _row(actions: Actions) -> tuple[int, ...]:
    return (1, actions.accepted, actions.relabelled, actions.adjusted, actions.drawn, actions.deleted)


ASSUMED_ACTION_COSTS = ActionCosts(
    LOOK_SECONDS, ACCEPT_SECONDS, RELABEL_SECONDS, ADJUST_SECONDS, DRAW_SECONDS, DELETE_SECONDS
)
ASSUMED_COST = ASSUMED_ACTION_COSTS.per_box([_USUAL], [100])
_ASSUMED = np.array(astuple(ASSUMED_ACTION_COSTS))


def fit_action_costs(lead_times: Sequence[float], actions: Sequence[Actions]) -> ActionCosts:
    """Fit the seconds of each action to measured lead times, in spite of breaks.

    A lead time is thought to be work times noise around 1, or that plus a break of a minute to hours. How often people
    break, how noisy work is and the seconds of each action are found together, by expectation and maximisation
    (Dempster, Laird & Rubin 1977) in logarithms; each cost is drawn gently towards the assumed one, which is what
    remains of an action that hardly ever happened. The seconds are means, noise included and breaks not.

    Args:
        lead_times: seconds from lease to submission of each task, or as the annotator's page counted them.
        actions: what was done in each.

    Raises:
        ValueError: for different lengths, no task, or a lead time that is not positive and finite.
    """
    times = np.array(lead_times, np.float64)
    if len(times) != len(actions) or not len(times) or not (np.isfinite(times) & (times > 0)).all():
        raise ValueError("a fit needs one positive lead time for the actions of each task, and one task or more")
    design = np.array([_row(one) for one in actions], np.float64)
    logs, spread, breaks = np.log(_ASSUMED), _FIRST_SPREAD, _FIRST_BREAKS
    for _ in range(_ROUNDS):
        working = _working(times, design @ np.exp(logs), spread, breaks)
        fitted = _fit_logs(np.log(times), design, working, logs, spread)
        residuals = np.log(times) - np.log(design @ np.exp(fitted))
        spread = max(_LEAST_SPREAD, float(np.sqrt((working * residuals**2).sum() / working.sum())))
        breaks = float(np.clip(1 - working.mean(), 0.001, 0.5))
        settled, logs = bool(np.abs(fitted - logs).max() < _SETTLED), fitted
        if settled:
            break
    return ActionCosts(*(np.exp(logs) * _mean_noise(times, design @ np.exp(logs), working)).tolist())


def _working(times: Floats, work: Floats, spread: float, breaks: float) -> Floats:
    """Return the probability that each lead time is work alone."""
    alone = np.exp(-0.5 * (np.log(times / work) / spread) ** 2) / (spread * times)
    rest = np.maximum(times - work, 1e-9)
    broken = np.exp(-0.5 * (np.log(rest / _BREAK_SECONDS) / _BREAK_SPREAD) ** 2) / (_BREAK_SPREAD * rest)
    odds: Floats = (1 - breaks) * alone / np.maximum((1 - breaks) * alone + breaks * broken, 1e-300)
    return odds


def _fit_logs(times: Floats, design: Floats, working: Floats, start: Floats, spread: float) -> Floats:
    """Weighted least squares of log times, over logarithms of the costs, which keeps them positive."""
    root = np.sqrt(working) / spread

    def misfit(logs: Floats) -> Floats:
        return np.concatenate([root * (np.log(design @ np.exp(logs)) - times), (logs - np.log(_ASSUMED)) / _TRUST])

    def slope(logs: Floats) -> Floats:
        shares = design * np.exp(logs) / (design @ np.exp(logs))[:, None]
        return np.concatenate([root[:, None] * shares, np.eye(len(logs)) / _TRUST])

    return np.asarray(scipy.optimize.least_squares(misfit, start, slope, max_nfev=20).x, np.float64)


def _mean_noise(times: Floats, work: Floats, working: Floats) -> float:
    """Return the mean of what multiplies work: its logarithm is 0 in the mean, which does not make it 1 itself."""
    return float((working * times).sum() / (working * work).sum())
