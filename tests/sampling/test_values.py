import numpy as np
import pytest

from sampling.values import capture_value, rank_normalised, weighed_by_flips


def test_capture_value_sums_the_ten_largest() -> None:
    assert capture_value(np.array([0.5] * 12 + [1.0])) == 5.5
    assert capture_value(np.array([0.25, 0.5])) == 0.75
    assert capture_value(np.array([])) == 0


def test_a_verdict_that_would_flip_is_worth_up_to_twice() -> None:
    assert weighed_by_flips(np.array([2.0, 2.0, 2.0, 0.0]), np.array([0.0, 0.5, 1.0, 1.0])).tolist() == [2, 3, 4, 0]


@pytest.mark.parametrize(
    ("numbers", "ranks"),
    [([10, 30, 20], [0, 1, 0.5]), ([7, 7], [0.5, 0.5]), ([1, 1, 5], [0.25, 0.25, 1]), ([3], [0]), ([], [])],
)
def test_rank_normalised(numbers: list[float], ranks: list[float]) -> None:
    assert rank_normalised(np.array(numbers)).tolist() == ranks
