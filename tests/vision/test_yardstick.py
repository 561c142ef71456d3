import numpy as np
import pytest

from vision.yardstick import WITHOUT_PRODUCTS, yardstick_of


def around(common: list[float], count: int, spread: float) -> np.ndarray:
    vectors = np.array(common) + spread * np.random.default_rng(1).standard_normal((count, len(common)))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_what_is_common_to_all_products_does_not_make_them_alike():
    products = around([1, *[0] * 31], 400, 0.05)
    assert (products @ products.T).min() > 0.7
    stick = yardstick_of(products)
    apart = stick.applied(products)
    assert np.median(apart @ apart.T) < 0.1
    np.testing.assert_allclose(np.linalg.norm(apart, axis=1), 1, atol=1e-5)


def test_different_products_are_seldom_as_alike_as_the_least():
    products = around([0.0] * 16, 300, 1.0)
    stick = yardstick_of(products)
    apart = stick.applied(products)
    pairs = (apart @ apart.T)[np.triu_indices(300, 1)]
    assert (pairs >= stick.least).mean() == pytest.approx(0.005, abs=0.001)


@pytest.mark.parametrize(("count", "least"), [(26, 0.9), (18, WITHOUT_PRODUCTS)])
def test_the_least_keeps_within_bounds_and_needs_products(count: int, least: float):
    twins = np.repeat(around([0.0] * 16, count // 2, 1.0), 2, axis=0)
    assert yardstick_of(twins).least == pytest.approx(least)


def test_without_any_product_nothing_is_taken_away():
    stick = yardstick_of(np.zeros((0, 3), np.float32))
    assert stick.common.tolist() == [0, 0, 0]
    assert stick.least == WITHOUT_PRODUCTS
