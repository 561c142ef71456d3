"""Costs fitted to the lead times of simulated annotators, who take breaks."""

from dataclasses import astuple

import numpy as np
import pytest
from numpy.random import Generator

from labeling.actions import Actions
from labeling.costs import ASSUMED_ACTION_COSTS, ASSUMED_COST, ActionCosts, CostModel, fit_action_costs

TRUE = ActionCosts(per_task=9, accept=0.6, relabel=6.5, adjust=3, draw=9, delete=1)


def one_task(rng: Generator) -> Actions:
    """How good the pre-labels are differs between photos, so that actions go together."""
    boxes, quality = int(rng.lognormal(3.2, 0.7)) + 1, rng.beta(8, 2)
    accepted = int(rng.binomial(boxes, quality))
    relabelled, adjusted, deleted = rng.multinomial(boxes - accepted, [0.5, 0.35, 0.15]).tolist()
    return Actions(accepted, relabelled, adjusted, int(rng.poisson(boxes * (1 - quality) / 2)), deleted)


def lead_time(rng: Generator, actions: Actions, noise: float, of_each: float, breaks: float) -> float:
    """Work times noise of mean 1, of the whole task and of each action, and now and then minutes to an hour more."""
    times = np.repeat(astuple(TRUE), (1, *astuple(actions)))
    seconds = float((times * rng.lognormal(-(of_each**2) / 2, of_each, len(times))).sum())
    seconds *= float(rng.lognormal(-(noise**2) / 2, noise))
    return seconds + float(rng.uniform(120, 3600)) * (rng.random() < breaks)


@pytest.mark.parametrize(("noise", "of_each"), [(0.3, 0.0), (0.15, 0.6)])
@pytest.mark.parametrize("breaks", [0.0, 0.05, 0.1])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_seconds_of_simulated_annotators_are_recovered(noise: float, of_each: float, breaks: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    actions = [one_task(rng) for _ in range(3000)]
    fitted = fit_action_costs([lead_time(rng, one, noise, of_each, breaks) for one in actions], actions)
    assert fitted.accept == pytest.approx(TRUE.accept, rel=0.1)
    assert fitted.relabel == pytest.approx(TRUE.relabel, rel=0.1)
    assert fitted.draw == pytest.approx(TRUE.draw, rel=0.1)


def test_without_breaks_in_mind_the_seconds_would_be_far_off() -> None:
    rng = np.random.default_rng(0)
    actions = [one_task(rng) for _ in range(3000)]
    times = [lead_time(rng, one, 0.3, 0, 0.1) for one in actions]
    design = np.array([(1, *astuple(one)) for one in actions], np.float64)
    plain = np.linalg.lstsq(design, np.array(times), rcond=None)[0]
    assert plain[0] > 10 * TRUE.per_task
    assert fit_action_costs(times, actions).per_task == pytest.approx(TRUE.per_task, rel=0.15)


def test_exact_times_give_exact_costs() -> None:
    rng = np.random.default_rng(0)
    actions = [one_task(rng) for _ in range(300)]
    fitted = fit_action_costs([TRUE.seconds(one) for one in actions], actions)
    assert astuple(fitted) == pytest.approx(astuple(TRUE), rel=0.01)


def test_what_never_happened_keeps_its_assumed_cost() -> None:
    actions = [Actions(accepted=n) for n in range(5, 60)]
    fitted = fit_action_costs([10 + 2.0 * one.accepted for one in actions], actions)
    assert (fitted.per_task, fitted.accept) == pytest.approx((10, 2), rel=0.01)
    assert fitted.draw == pytest.approx(ASSUMED_ACTION_COSTS.draw, rel=0.01)


def test_a_fit_of_one_task_is_near_the_assumed_costs() -> None:
    fitted = fit_action_costs([14.0], [Actions(accepted=2)])
    assert astuple(fitted) == pytest.approx(astuple(ASSUMED_ACTION_COSTS), rel=0.01)


@pytest.mark.parametrize(
    ("times", "actions"),
    [([1.0, 2.0], [Actions()]), ([], []), ([0.0], [Actions()]), ([float("nan")], [Actions()])],
)
def test_fit_refuses(times: list[float], actions: list[Actions]) -> None:
    with pytest.raises(ValueError, match="one positive lead time"):
        fit_action_costs(times, actions)


def test_assumed_cost() -> None:
    # 0.80 x 1 s + 0.12 x 4 s + 0.08 x 1.5 s + 0.10 x 7 s = 2.1 s a box, and 12 s to look.
    assert ASSUMED_COST.seconds(0) == 12
    assert ASSUMED_COST.seconds(100) == pytest.approx(222)


def test_seconds_of_a_task_and_of_a_box() -> None:
    costs = ActionCosts(per_task=10, accept=1, relabel=2, adjust=3, draw=4, delete=5)
    assert costs.seconds(Actions(accepted=1, relabelled=1, adjusted=1, drawn=1, deleted=1)) == 25
    past = [Actions(accepted=3, drawn=1), Actions(relabelled=1)]
    assert costs.per_box(past, [3, 1]) == CostModel(per_task=10, per_box=9 / 4)
    # Nothing was drawn beforehand: 0.80 x 1 + 0.12 x 3 + 0.08 x 5 + 0.10 x 4 s of the assumed share of actions.
    assert costs.per_box([Actions(drawn=2)], [0]).per_box == pytest.approx(1.96)
