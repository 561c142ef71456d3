import numpy as np
import pytest

from sampling.evidence.arms import Difference, difference


def test_a_clear_difference_is_shown() -> None:
    result = difference([1.0, 1.1, 0.9, 1.0], [0.0, 0.1, -0.1, 0.0], seed=0)
    assert result.mean == pytest.approx(1.0)
    assert 0.8 < result.low < 1 < result.high < 1.2
    assert result.verdict.startswith("arm A scores higher by 1 (95 % interval ")


def test_no_difference_is_a_legal_answer() -> None:
    assert difference([0, 1, 0, 1], [1, 0, 1, 0], seed=0).verdict == "no difference shown"


def test_pairing_removes_what_captures_share() -> None:
    a = np.arange(30.0)
    assert difference(a, a - 1, seed=0).verdict == "no difference shown"
    assert difference(a, a - 1, seed=0, paired=True) == Difference(1.0, 1.0, 1.0)


def test_the_interval_is_that_of_the_mean() -> None:
    rng = np.random.default_rng(8)
    result = difference(rng.normal(size=400), rng.normal(size=100), seed=1)
    # Standard error sqrt(1/400 + 1/100) = 0.112, so the interval is about 3.92 of them wide.
    assert result.high - result.low == pytest.approx(0.438, rel=0.15)
    assert result == difference(np.random.default_rng(8).normal(size=400), _second_draw(), seed=1)


def _second_draw() -> np.ndarray:
    rng = np.random.default_rng(8)
    rng.normal(size=400)
    return rng.normal(size=100)


def test_words_name_the_better_arm() -> None:
    assert Difference(-0.2, -0.3, -0.1).verdict == "arm B scores higher by 0.2 (95 % interval 0.1 to 0.3)"


def test_arms_that_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="at least two"):
        difference([1.0], [1.0, 2.0], seed=0)
    with pytest.raises(ValueError, match="got 3 and 2"):
        difference([1.0, 2.0, 3.0], [1.0, 2.0], seed=0, paired=True)
