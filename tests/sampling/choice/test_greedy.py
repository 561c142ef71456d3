import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.choice.greedy import Objective, Shortlist, by_coverage, by_distance, by_value, greedy

OBJECTIVES = [by_value, by_distance, by_coverage]


def shortlist(
    coverage: list[list[float]],
    values: list[float] | None = None,
    costs: list[float] | None = None,
    known: list[float] | None = None,
    strata: list[int] | None = None,
) -> Shortlist:
    count = len(coverage)
    price = np.array(costs or [1.0] * count)
    return Shortlist(
        values=np.array(values or [1.0] * count),
        cheapness=1 / price,
        costs=price,
        coverage=np.array(coverage, np.float32),
        known=np.array(known or [0.0] * count, np.float32),
        strata=np.array(strata or [0] * count, np.int32),
    )


APART = np.eye(3).tolist()
# 0 and 1 are alike, 2 stands by itself.
PAIR = [[1.0, 0.75, 0.0], [0.75, 1.0, 0.0], [0.0, 0.0, 1.0]]


def rows(some: Shortlist, objective: Objective, budget: float, one: bool = False) -> list[int]:
    return [step.row for step in greedy(some, objective, budget, at_least_one=one)]


def test_by_value_takes_the_dearest_last() -> None:
    assert rows(shortlist(PAIR, [3, 2, 1]), by_value, 9) == [0, 1, 2]
    assert rows(shortlist(PAIR, [3, 3, 1], [9, 3, 0.5]), by_value, 20) == [2, 1, 0]


def test_by_distance_shrinks_with_every_choice() -> None:
    steps = greedy(shortlist(PAIR, [3, 2, 1]), by_distance, 9)
    # After row 0: row 1 is worth 2 x 0.25, row 2 is worth 1 x 1.
    assert [step.row for step in steps] == [0, 2, 1]
    assert [step.similarity for step in steps] == [0, 0, 0.75]
    assert [step.gain for step in steps] == [3, 1, 0.5]


def test_by_coverage_takes_what_stands_for_most() -> None:
    steps = greedy(shortlist(PAIR, [2, 2, 3]), by_coverage, 9)
    # Row 0 stands for itself and three quarters of row 1.
    assert [(step.row, step.gain) for step in steps] == [(0, 3.5), (2, 3), (1, 0.5)]


def test_by_coverage_wants_nothing_that_is_known() -> None:
    steps = greedy(shortlist(PAIR, [2, 2, 3], known=[0, 0.5, 1]), by_coverage, 9)
    assert [(step.row, step.gain) for step in steps] == [(0, 2.5), (1, 0.5), (2, 0)]


def test_captures_may_stand_for_others_than_those_to_choose_from() -> None:
    some = shortlist([[1, 0, 0.5, 0], [0, 1, 0, 0.25]], values=[1, 1, 2, 8], known=[0, 0, 0, 0], costs=[1, 1])
    assert [(step.row, step.gain) for step in greedy(some, by_coverage, 9)] == [(1, 3), (0, 2)]


def test_cheaper_ones_first_where_they_are_worth_the_same() -> None:
    for objective in OBJECTIVES:
        assert rows(shortlist(APART, costs=[3, 1, 2]), objective, 9) == [1, 2, 0]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_ties_go_to_the_lower_row(objective: Objective) -> None:
    assert rows(shortlist(APART), objective, 2) == [0, 1]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_what_no_longer_fits_is_passed_over(objective: Objective) -> None:
    assert rows(shortlist(APART, [9, 5, 0.5], [2, 3, 1]), objective, 4) == [0, 2]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_nothing_fits(objective: Objective) -> None:
    some = shortlist(APART, [1, 5, 4], [2, 2, 2])
    assert rows(some, objective, 1) == []
    assert rows(some, objective, 1, one=True) == [1]
    assert rows(some, objective, 4, one=True) == [1, 2]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_stratum_stops_at_its_quota(objective: Objective) -> None:
    some = shortlist(np.eye(4).tolist(), [4, 3, 2, 1], strata=[0, 0, 0, 1])
    steps = greedy(some, objective, 9, np.array([1.5, 9.0]))
    assert [step.row for step in steps] == [0, 1, 3]  # the second one exceeds it, the third does not come


def test_unlike_is_below_the_median() -> None:
    steps = greedy(shortlist(PAIR, [1, 3, 2], known=[0.1, 0.9, 0.2]), by_value, 9)
    assert [(step.row, step.unlike) for step in steps] == [(1, False), (2, True), (0, True)]


@given(st.data())
def test_lazy_is_as_eager(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 8))
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    coverage = np.round(rng.random((count, count)), 1)
    np.fill_diagonal(coverage, 1)
    some = shortlist(coverage.tolist(), rng.integers(1, 4, count).tolist(), rng.integers(1, 4, count).tolist())
    for objective in OBJECTIVES:
        known, left, expected = some.known.copy(), 6.0, []
        while fitting := [row for row in range(count) if row not in expected and some.costs[row] <= left]:
            best = max(fitting, key=lambda row: (objective(some, row, known) * some.cheapness[row], -row))
            expected.append(best)
            left -= some.costs[best]
            known = np.maximum(known, some.coverage[best])
        assert rows(some, objective, 6) == expected


@given(st.integers(0, 10_000))
def test_coverage_is_within_its_bound_of_the_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    coverage = rng.random((6, 6))
    values = rng.random(6)

    def worth(chosen: list[int] | tuple[int, ...]) -> float:
        return float(values @ coverage[list(chosen)].max(0))

    best = max(worth(chosen) for chosen in itertools.combinations(range(6), 3))
    chosen = rows(shortlist(coverage.tolist(), values.tolist()), by_coverage, 3)
    assert worth(chosen) >= (1 - 1 / np.e) * best
