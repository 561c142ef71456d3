"""One label for two looks."""

import numpy as np
import pytest

from labeling.looks import two_looks


def facings(centre: int, number: int, seed: int, spread: float = 0.5) -> np.ndarray:
    """Unit vectors around one axis, as wide apart as an embedder's of one product in several lights."""
    rng = np.random.default_rng(seed)
    vectors = np.eye(64)[centre] + rng.normal(0, spread / 8, (number, 64))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_two_looks_under_one_label_are_parted() -> None:
    found = two_looks(np.vstack([facings(0, 20, 1), facings(1, 10, 2)]))
    assert found is not None
    assert found.second.tolist() == [False] * 20 + [True] * 10
    assert found.silhouette > 0.6
    assert found.typical[0] < 20 <= found.typical[1]


@pytest.mark.parametrize("spread", [0.2, 0.5, 1.0, 2.0])
def test_one_look_is_not_parted_however_its_facings_vary(spread: float) -> None:
    assert two_looks(facings(0, 30, 3, spread)) is None


def test_a_few_slips_and_a_few_facings_say_nothing() -> None:
    assert two_looks(np.vstack([facings(0, 30, 1), facings(1, 3, 2)])) is None
    assert two_looks(np.vstack([facings(0, 6, 1), facings(1, 5, 2)])) is None
    assert two_looks(np.tile(facings(0, 1, 1), (20, 1))) is None
