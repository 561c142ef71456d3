from math import exp, log

import numpy as np
import pytest

from sampling.choice.recipes import PRIOR, RECIPES
from sampling.evidence.hedge import shares, updated, weights_after

EVEN = {"a": 0.5, "b": 0.5}


def test_a_loss_takes_weight_away_exponentially() -> None:
    after = updated(EVEN, {"a": 0.0, "b": 1.0}, EVEN, rate=log(3), share=0)
    assert after == pytest.approx({"a": 0.75, "b": 0.25})


def test_equal_losses_change_nothing_but_what_goes_back_to_the_prior() -> None:
    moved = {"a": 0.9, "b": 0.1}
    assert updated(moved, {"a": 0.5, "b": 0.5}, EVEN, share=0) == pytest.approx(moved)
    assert updated(moved, {"a": 0.5, "b": 0.5}, EVEN, share=0.1) == pytest.approx({"a": 0.86, "b": 0.14})


def test_a_recipe_without_a_loss_sleeps() -> None:
    prior = {"a": 0.25, "b": 0.25, "c": 0.5}
    after = updated(prior, {"a": 0.0, "b": 1.0}, prior, rate=log(3), share=0)
    assert after == pytest.approx({"a": 0.375, "b": 0.125, "c": 0.5})
    assert updated(prior, {}, prior) == pytest.approx(prior)


def test_a_recipe_that_turns_good_comes_back() -> None:
    rounds = [{"a": 0.0, "b": 1.0}] * 30 + [{"a": 1.0, "b": 0.0}] * 6
    assert weights_after(rounds[:30], EVEN)["b"] < 0.1
    assert weights_after(rounds, EVEN)["b"] > 0.9


def test_regret_stays_below_the_bound_of_hedge() -> None:
    rng = np.random.default_rng(4)
    names, rate = "abcde", 0.5
    prior = dict.fromkeys(names, 0.2)
    weights, mixed, own = prior, 0.0, dict.fromkeys(names, 0.0)
    for _ in range(60):
        losses = {name: float(rng.random() * (0.6 if name == "c" else 1)) for name in names}
        mixed += sum(weights[name] * losses[name] for name in names)
        own = {name: own[name] + losses[name] for name in names}
        weights = updated(weights, losses, prior, rate=rate, share=0)
    assert mixed - min(own.values()) <= log(5) / rate + rate * 60 / 8
    total = sum(exp(-rate * loss) for loss in own.values())
    assert weights == pytest.approx({name: exp(-rate * own[name]) / total for name in names})


def test_no_share_is_below_the_floor() -> None:
    given = shares({"a": 1.0, "b": 0.0, "c": 0.0}, floor=0.1)
    assert given == pytest.approx({"a": 0.8, "b": 0.1, "c": 0.1})
    assert sum(shares(PRIOR).values()) == pytest.approx(1)
    with pytest.raises(ValueError, match=r"3 recipes cannot have 0\.4 each"):
        shares({"a": 1.0, "b": 1.0, "c": 1.0}, floor=0.4)


def test_losses_that_are_none() -> None:
    with pytest.raises(ValueError, match=r"loss of a is 1\.5, expected 0\.\.1"):
        updated(EVEN, {"a": 1.5}, EVEN)
    with pytest.raises(ValueError, match="no recipe is named 'z': there are a, b"):
        updated(EVEN, {"z": 0.5}, EVEN)


def test_the_prior_is_about_the_recipes_there_are() -> None:
    assert PRIOR.keys() == RECIPES.keys()
    assert sum(PRIOR.values()) == pytest.approx(1)
    assert all(name == recipe.name for name, recipe in RECIPES.items())
