import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sampling.choice.quotas import quotas, under_quotas

NAMES = ("rare", "usual")


def codes(*strata: int) -> NDArray[np.int32]:
    return np.array(strata, np.int32)


def test_a_quota_is_twice_the_share_of_the_pool() -> None:
    assert quotas(np.ones(10), codes(0, *[1] * 9), NAMES, None).tolist() == [0.2, 1]
    assert quotas(np.array([8.0, 1, 1]), codes(0, 1, 1), NAMES, {}).tolist() == [1, 0.4]  # a share of costs


def test_a_stratum_that_drifted_has_more() -> None:
    assert quotas(np.ones(10), codes(0, *[1] * 9), NAMES, {"rare": 2.0, "gone": 9.0}).tolist() == [0.4, 1]
    assert quotas(np.ones(10), codes(0, *[1] * 9), NAMES, {"rare": 0.1}).tolist() == [0.2, 1]  # never less


def test_a_stratum_that_has_its_quota_is_passed_over() -> None:
    rows = under_quotas(np.array([5, 3, 1, 0, 2]), np.ones(6), codes(1, 0, 1, 0, 1, 0), np.array([0.5, 1.0]), 4)
    assert rows.tolist() == [5, 3, 0, 2]


def test_nothing_to_choose_from() -> None:
    assert under_quotas(np.zeros(0, np.int64), np.zeros(0), codes(), np.zeros(0), 4).tolist() == []


@given(st.integers(0, 10_000))
def test_quotas_hold_but_for_the_last_one_and_the_list_is_full(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, kinds = int(rng.integers(1, 60)), int(rng.integers(1, 5))
    costs, strata = rng.random(count) + 0.1, rng.integers(kinds, size=count).astype(np.int32)
    limits = quotas(costs, strata, [str(kind) for kind in range(kinds)], {"0": 3.0})
    worth = float(costs.sum() * rng.random())
    rows = under_quotas(rng.permutation(count), costs, strata, limits, worth)
    assert costs[rows].sum() >= worth - 1e-9
    for kind in range(kinds):
        mine = costs[rows[strata[rows] == kind]]
        assert len(mine) == 0 or mine[:-1].sum() < limits[kind] * worth + 1e-9
