import numpy as np
import pytest

from sampling.greedy import distances_to, greedy

AXES = np.eye(3, dtype=np.float32)
ONES = np.ones(3)


def rows(
    values: list[float], costs: list[float], distances: list[float], budget: float, one: bool = False
) -> list[int]:
    steps = greedy(np.array(values), np.array(costs), AXES, np.array(distances), budget, one)
    return [step.row for step in steps]


def test_gain_is_value_times_distance_by_cost() -> None:
    assert rows([2, 3, 1], [1, 2, 1], [1, 1, 1.5], budget=9) == [0, 1, 2]  # gains 2, 1.5, then 1 (distance now 1)
    assert rows([1, 1, 1], [1, 1, 1], [0.2, 0.9, 0.5], budget=9) == [1, 2, 0]
    assert rows([1, 1, 1], [3, 1, 2], [1, 1, 1], budget=9) == [1, 2, 0]


def test_distance_shrinks_with_every_choice() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    steps = greedy(np.array([3.0, 2.0, 1.0]), ONES, vectors, np.full(3, 2.0), 9, False)
    # After row 0: row 1 is worth 2 x 0.2, row 2 is worth 1 x 1.
    assert [step.row for step in steps] == [0, 2, 1]
    assert [step.distance for step in steps] == pytest.approx([2, 1, 0.2])
    assert [step.gain for step in steps] == pytest.approx([6, 1, 0.4])


def test_what_no_longer_fits_is_passed_over() -> None:
    assert rows([9, 5, 1], [2, 3, 1], [1, 1, 1], budget=4) == [0, 2]


def test_nothing_fits() -> None:
    assert rows([1, 5, 1], [2, 2, 2], [1, 1, 1], budget=1) == []
    assert rows([1, 5, 1], [2, 2, 2], [1, 1, 1], budget=1, one=True) == [1]


def test_equal_values_and_costs_are_k_centre() -> None:
    angles = np.radians([0, 10, 50, 170])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    steps = greedy(np.ones(4), np.ones(4), vectors, np.full(4, 2.0), 3, False)
    assert [step.row for step in steps] == [0, 3, 2]


def test_distances_to_the_nearest_labelled() -> None:
    labelled = np.array([[1, 0, 0], [0, 0.6, 0.8]], np.float32)
    assert distances_to(labelled, AXES).tolist() == pytest.approx([0, 0.4, 0.2])
    assert distances_to(labelled[:0], AXES).tolist() == [2, 2, 2]
