import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.likeness_clusters import centre_of, cluster_alike


def at(*degrees: float) -> np.ndarray:
    """Return unit vectors in the plane."""
    turned = np.radians(degrees)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def test_alike_vectors_come_together_the_largest_cluster_and_the_most_central_row_first():
    clusters = cluster_alike(at(90, 0, 181, 4, 8, 180), likeness=0.95)
    assert [cluster.tolist() for cluster in clusters] == [[3, 1, 4], [5, 2], [0]] or [
        cluster.tolist() for cluster in clusters
    ] == [[3, 4, 1], [2, 5], [0]]


def test_no_chain_of_neighbours_runs_from_one_product_into_another():
    chain = at(*range(0, 91, 5))
    clusters = cluster_alike(chain, likeness=0.95)
    assert len(clusters) > 1
    for rows in clusters:
        assert (chain[rows] @ chain[rows].T).mean() >= 0.95


@pytest.mark.parametrize("count", [0, 1])
def test_none_and_one(count: int):
    assert [rows.tolist() for rows in cluster_alike(at(*range(count)).reshape(count, 2), 0.6)] == [[0]] * count


def test_many_equal_vectors_are_one_cluster():
    assert [len(rows) for rows in cluster_alike(np.repeat(at(0, 90), 60, axis=0), 0.6)] == [60, 60]


def test_the_least_likeness_decides():
    pair = at(0, 60)  # cosine 0.5
    assert len(cluster_alike(pair, likeness=0.51)) == 2
    assert len(cluster_alike(pair, likeness=0.49)) == 1


@given(
    angles=st.lists(st.integers(0, 359), min_size=1, max_size=40),
    seed=st.integers(0, 2**32 - 1),
    likeness=st.sampled_from([0.5, 0.9, 0.99]),
)
def test_the_order_of_the_rows_changes_nothing(angles: list[int], seed: int, likeness: float):
    vectors = at(*angles)
    shuffle = np.random.default_rng(seed).permutation(len(vectors))

    def parts(of: np.ndarray) -> list[list[bytes]]:
        return [sorted(row.tobytes() for row in of[rows]) for rows in cluster_alike(of, likeness)]

    assert sorted(np.concatenate(cluster_alike(vectors, likeness)).tolist()) == list(range(len(vectors)))
    assert parts(vectors) == parts(vectors[shuffle])


def test_a_centre_is_the_mean_direction():
    np.testing.assert_allclose(centre_of(at(0, 90)), at(45)[0], atol=1e-6)
