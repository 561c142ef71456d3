import numpy as np
import pytest

from labeling.quality.boundaries import Unit
from labeling.quality.krippendorff import agreement_by_boundary, alpha

# Krippendorff (2011), section C: four observers, twelve units, nominal; rows here are observers.
PUBLISHED = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


def test_the_published_example() -> None:
    assert alpha(list(zip(*PUBLISHED, strict=True))) == pytest.approx(0.743, abs=0.0005)


def test_two_observers_by_hand() -> None:
    # Krippendorff (2011), section A: ten units, binary, alpha 0.095.
    first, second = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    assert alpha(list(zip(first, second, strict=True))) == pytest.approx(0.095, abs=0.0005)


def test_perfect_chance_and_undefined() -> None:
    assert alpha([("a", "a"), ("b", "b")]) == 1
    rng = np.random.default_rng(0)
    assert alpha(rng.integers(0, 3, (20_000, 2)).tolist()) == pytest.approx(0, abs=0.02)
    assert alpha([("a", "a"), ("a", "a")]) is None
    assert alpha([("a", None), (None, None)]) is None
    assert alpha([]) is None


def unit(boundary: str, *words: str | None) -> Unit:
    return Unit(boundary, words, (0,) * len(words))


def test_agreement_is_told_by_boundary() -> None:
    photos = [
        [unit("kind", "facing", "facing"), unit("product", "a", "a"), unit("product", "b", "a")],
        [unit("kind", "tag", "tag"), unit("product", "b", "b"), unit("product", "b", None)],
    ]
    found = agreement_by_boundary(photos)
    assert list(found) == ["kind", "product"]
    assert (found["kind"].alpha, found["kind"].observed, found["kind"].units) == (1, 1, 2)
    product = found["product"]
    # Three units, four b... a: 3, b: 3 answers, one unit apart: 1 - 2 x 5 / (36 - 18).
    assert product.alpha == pytest.approx(1 - 2 * 5 / 18)
    assert (product.observed, product.units) == (pytest.approx(2 / 3), 3)


def test_the_interval_is_over_photos() -> None:
    rng = np.random.default_rng(1)
    photos = []
    for _ in range(40):
        words = rng.choice(["a", "b", "c"], 10)
        other = np.where(rng.random(10) < 0.3, rng.choice(["a", "b", "c"], 10), words)
        photos.append([unit("product", *pair) for pair in zip(words.tolist(), other.tolist(), strict=True)])
    found = agreement_by_boundary(photos)["product"]
    assert found.alpha is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.alpha < found.high
    assert found.low < 0.7 < found.high  # three in ten answered by chance
    assert found.high - found.low < 0.2
    alone = agreement_by_boundary(photos[:1])["product"]
    assert (alone.low, alone.high) == (None, None)
