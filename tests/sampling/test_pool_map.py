"""The map of the pool: neighbours stay neighbours, and the same pool gives the same map."""

import numpy as np
import pytest

from sampling.pool_map import lay_out


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def clusters():
    """Eight groups of 40 in 32 dimensions: vectors, and the group of each."""
    rng = np.random.default_rng(3)
    groups = np.arange(320) % 8
    return unit(rng.normal(size=(8, 32))[groups] + 0.3 * rng.normal(size=(320, 32))), groups


def test_what_looks_alike_lies_side_by_side(clusters):
    vectors, groups = clusters
    places = lay_out(vectors)
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = groups[np.argsort(apart, axis=1)[:, :10]]
    assert (nearest == groups[:, None]).mean() > 0.98


def test_the_map_fills_a_unit_square_and_is_the_same_each_time(clusters):
    vectors, _ = clusters
    places = lay_out(vectors)
    assert places.shape == (320, 2)
    assert places.min() >= 0
    assert places.max() <= 1
    assert np.ptp(places, axis=0) == pytest.approx([1, 1])
    assert np.array_equal(places, lay_out(vectors.copy()))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_few_vectors_or_equal_ones_are_laid_out_too(count):
    different, equal = lay_out(np.eye(8, dtype=np.float32)[:count]), lay_out(np.ones((count, 1), np.float32))
    for places in (different, equal):
        assert places.shape == (count, 2)
        assert np.isfinite(places).all()
        assert ((places >= 0) & (places <= 1)).all()
    assert len(np.unique(different, axis=0)) == count
