import numpy as np
import pytest
from numpy.typing import NDArray

from sampling.choice.typicality import typical_of_clusters
from sampling.signatures import Vectors

NOTHING = np.zeros((0, 2), np.float32)


def at(*degrees: float) -> Vectors:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


# A cluster of five around 0, one of three around 90, two around 180 degrees.
CLUSTERS = at(-4, -2, 0, 2, 4, 89, 90, 91, 179, 180)


def rows(
    vectors: Vectors, budget: float, known: Vectors = NOTHING, costs: NDArray[np.float64] | None = None
) -> list[int]:
    prices = np.ones(len(vectors)) if costs is None else costs
    return [one.row for one in typical_of_clusters(vectors, np.arange(len(vectors)), prices, known, budget, seed=1)]


def test_the_most_typical_of_each_cluster_the_largest_first() -> None:
    chosen = typical_of_clusters(CLUSTERS, np.arange(10), np.ones(10), NOTHING, 3, seed=1)
    assert [one.row for one in chosen] == [2, 6, 8]
    assert [one.share for one in chosen] == [0.5, 0.3, 0.2]
    assert chosen[0].typicality > 10


def test_clusters_with_something_known_come_later() -> None:
    assert rows(CLUSTERS, 2, known=at(1)) == [6, 8]


def test_when_each_cluster_has_one_the_largest_is_next() -> None:
    chosen = rows(CLUSTERS, 3, known=at(0, 90, 180, 0, 90, 180))
    assert len(set(chosen)) == 3


def test_what_does_not_fit_is_passed_over() -> None:
    costs = np.ones(10)
    costs[2] = 9
    assert rows(CLUSTERS, 3, costs=costs)[0] in (1, 3)
    assert rows(CLUSTERS, 0.5) == []


def test_the_budget_may_cover_everything() -> None:
    assert sorted(rows(CLUSTERS, 99)) == list(range(10))


def test_the_same_seed_the_same_choice() -> None:
    drawn = np.random.default_rng(0).normal(size=(400, 16)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    first = typical_of_clusters(drawn, np.arange(400), np.ones(400), drawn[:0], 40, seed=3)
    assert typical_of_clusters(drawn, np.arange(400), np.ones(400), drawn[:0], 40, seed=3) == first
    assert len({one.row for one in first}) == 40


def test_of_large_pools_a_sample_is_clustered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sampling.choice.typicality._SAMPLE", 6)
    assert len(rows(CLUSTERS, 99)) == 6


def test_only_the_rows_given_are_chosen_from() -> None:
    chosen = typical_of_clusters(CLUSTERS, np.array([0, 4, 8]), np.ones(10), NOTHING, 9, seed=1)
    assert {one.row for one in chosen} == {0, 4, 8}
