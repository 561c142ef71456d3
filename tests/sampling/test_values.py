import numpy as np
import pytest

from sampling.values import rank_normalised


@pytest.mark.parametrize(
    ("numbers", "ranks"),
    [([10, 30, 20], [0, 1, 0.5]), ([7, 7], [0.5, 0.5]), ([1, 1, 5], [0.25, 0.25, 1]), ([3], [0]), ([], [])],
)
def test_rank_normalised(numbers: list[float], ranks: list[float]) -> None:
    assert rank_normalised(np.array(numbers), np.array(numbers)).tolist() == ranks
    assert rank_normalised(np.array(numbers[1:]), np.array(numbers)).tolist() == ranks[1:]
