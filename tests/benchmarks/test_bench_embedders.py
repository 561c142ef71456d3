"""Five shots come from one fold and name the others; pack-shots name every photo of the withheld products."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.recognition import embedders

PRODUCTS = np.array([3, 3, 7, 7, 5, 3, 5, 7])  # five photos, then the pack-shots of 3, 5 and 7
RIGHT, WRONG = (1.0, 0.0), (0.0, 1.0)


@pytest.fixture
def trials(monkeypatch) -> SimpleNamespace:
    monkeypatch.setattr(embedders, "FOLDS", 2)
    return SimpleNamespace(products=PRODUCTS, folds=np.array([0, 1, 0, 1, 1]))


def test_five_shots_of_one_fold_name_the_other(trials):
    vectors = np.array([RIGHT, RIGHT, WRONG, WRONG, RIGHT, RIGHT, RIGHT, WRONG], np.float32)
    assert embedders._five_shots(vectors, trials, np.array([3, 7])) == 1.0
    vectors[3] = RIGHT  # named 3 by the first fold; as a shot of the second it makes 7 look like 3
    assert embedders._five_shots(vectors, trials, np.array([3, 7])) == pytest.approx(0.5)


def test_pack_shots_name_photos_of_withheld_products_only(trials, monkeypatch):
    products = np.array([1, 0, 1, 0, 1])  # three photos, then the pack-shots of 0 and 1
    trials = SimpleNamespace(products=products, folds=np.array([0, 0, 1]))
    vectors = np.array([WRONG, WRONG, WRONG, RIGHT, WRONG], np.float32)
    assert embedders._pack_shots(vectors, trials, np.array([0, 1])) == pytest.approx(2 / 3)
    assert embedders._pack_shots(vectors, trials, np.array([1])) == 1.0
