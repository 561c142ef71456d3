import numpy as np
import pytest

from sampling.evidence.recipe_evidence import recipe_losses
from sampling.evidence.shadow_fit import LabelledCapture, discriminant_head


def captures(rng: np.random.Generator, number: int, products: int, noise: float = 0.2) -> list[LabelledCapture]:
    """Make captures of three facings that show the first so many of eight products."""
    made = []
    for place in range(number):
        shown = rng.integers(products, size=3)
        vectors = np.eye(8)[shown] + noise * rng.normal(size=(3, 8))
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        made.append(LabelledCapture(f"c{place}", vectors, tuple(str(one) for one in shown), 3, 10.0))
    return made


def test_the_recipe_that_teaches_more_loses_less() -> None:
    rng = np.random.default_rng(0)
    picked = {"all": captures(rng, 12, 8), "some": captures(rng, 12, 3), "others": captures(rng, 30, 4)}
    losses = recipe_losses(picked, captures(rng, 40, 8), discriminant_head, seed=0, resamples=50)
    assert losses["all"] == 0
    assert losses["some"] > 0.9
    assert losses["others"] == pytest.approx(0.5, abs=0.1)  # better than one, worse than the other


def test_recipes_that_are_alike_lose_alike_on_average() -> None:
    losses = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        picked = {"a": captures(rng, 10, 8), "b": captures(rng, 10, 8)}
        found = recipe_losses(picked, captures(rng, 30, 8), discriminant_head, seed=seed, resamples=20)
        assert found["a"] + found["b"] == pytest.approx(1)
        losses.append(found["a"])
    assert np.mean(losses) == pytest.approx(0.5, abs=0.15)


def test_without_evidence_there_are_no_losses() -> None:
    rng = np.random.default_rng(0)
    enough, judging = captures(rng, 5, 8), captures(rng, 40, 8)
    assert recipe_losses({"a": enough, "b": enough[:2]}, judging, discriminant_head, seed=0) == {}
    assert recipe_losses({"a": enough, "b": enough}, judging[:19], discriminant_head, seed=0) == {}


def test_where_everything_is_known_already_nobody_loses() -> None:
    rng = np.random.default_rng(0)
    picked = {"a": captures(rng, 4, 8, noise=0), "b": captures(rng, 4, 8, noise=0)}
    known, judging = captures(rng, 60, 8, noise=0), captures(rng, 30, 8, noise=0)
    assert recipe_losses(picked, judging, discriminant_head, seed=0, known=known, resamples=5) == {"a": 0.5, "b": 0.5}
