from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sampling.choice.similarity
from sampling.choice.similarity import Shown, cosines, coverage, likeness
from sampling.looks import Looks
from sampling.signatures import Vectors

AXES = np.eye(3, dtype=np.float32)


def looks(classes: str, vectors: list[list[float]], values: list[float] | None = None) -> Looks:
    unit = np.array(vectors, np.float32)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    return Looks(tuple(classes), np.array(values or [1.0] * len(classes), np.float32), unit)


def units(count: int, width: int, seed: int = 0) -> Vectors:
    drawn = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn


def shown(some: Sequence[Looks | None], vectors: Vectors | None = None) -> Shown:
    return Shown(np.ones((len(some), 1), np.float32) if vectors is None else vectors, some)


def test_cosines_are_near() -> None:
    a, b = units(20, 64), units(30, 64, seed=1)
    assert cosines(a, b) == pytest.approx(a.astype(np.float64) @ b.T, abs=1e-3)


def test_cosines_do_not_depend_on_the_order_of_adding_up() -> None:
    a, b = units(50, 512), units(40, 512, seed=1)
    shuffled = np.random.default_rng(2).permutation(512)
    assert (cosines(a, b) == cosines(a[:, shuffled], b[:, shuffled])).all()
    assert (cosines(a, b)[7] == cosines(a[7:8], b)[0]).all()


def test_likeness_falls_with_the_cosine() -> None:
    assert likeness(np.array([1, 0.8, 0, -1], np.float32)) == pytest.approx(np.exp([0, -1, -5, -10]))


def test_without_looks_image_vectors_are_compared() -> None:
    vectors = np.array([[1, 0], [0.6, 0.8], [-1, 0]], np.float32)
    result = coverage(shown([None], vectors[:1]), shown([None] * 3, vectors))
    assert result == pytest.approx(np.exp([[0, -2, -10]]), abs=1e-3)


def test_looks_are_compared_within_their_class() -> None:
    one = looks("ab", [[1, 0], [0, 1]], [0.75, 0.25])
    other = looks("ac", [[0.6, 0.8], [0, 1]])
    result = coverage(shown([one, other]), shown([one, other]))
    # For the first one the other has a look of class a at a cosine of .6, and none of class b.
    assert result[1, 0] == pytest.approx(0.75 * np.exp(-2), abs=1e-3)
    assert result[0, 1] == pytest.approx(0.5 * np.exp(-2), abs=1e-3)
    assert np.diag(result) == pytest.approx(1, abs=2e-3)


def test_the_best_look_of_a_class_counts() -> None:
    several = looks("aaa", [[1, 0], [0.6, 0.8], [0, 1]])
    assert coverage(shown([several]), shown([looks("a", [[0, 1]])]))[0, 0] == pytest.approx(1, abs=2e-3)


def test_looks_of_another_network_or_none_leave_it_to_the_image_vectors() -> None:
    narrow, wide = looks("a", [[1, 0]]), looks("a", [[1, 0, 0]])
    vectors = np.array([[1, 0], [0.6, 0.8], [0.8, 0.6], [1, 0]], np.float32)
    every = shown([narrow, wide, None, NONE], vectors)
    assert coverage(every, every)[0] == pytest.approx(np.exp([0, -2, -1, 0]), abs=3e-3)


NONE = Looks((), np.zeros(0, np.float32), np.zeros((0, 0), np.float32))


def _by_hand(by: Looks, of: Looks) -> float:
    best = [
        max(
            (float(np.exp(5 * (v @ u - 1))) for n, v in zip(by.classes, by.vectors, strict=True) if n == name),
            default=0,
        )
        for name, u in zip(of.classes, of.vectors, strict=True)
    ]
    return float(np.average(best, weights=of.values))


@given(st.integers(0, 10_000), st.integers(1, 5))
def test_all_at_once_is_as_each_by_itself(seed: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    some = []
    for _ in range(7):
        count = int(rng.integers(1, 6))
        values = np.sort(rng.random(count).astype(np.float32))[::-1]
        names = tuple(str(name) for name in rng.integers(classes, size=count))
        some.append(Looks(names, values, units(count, 4, int(rng.integers(1000)))))
    result = coverage(shown(some[:3]), shown(some))
    expected = [[_by_hand(by, of) for of in some] for by in some[:3]]
    assert result == pytest.approx(np.array(expected), abs=2e-3)


def test_with_too_many_pairs_the_least_uncertain_looks_go(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [0.6, 0.3, 0.1]
    pair = shown(
        [looks("aab", [[1, 0], [0, 1], [1, 0]], values), looks("aab", [[0, 1], [1, 0], [1, 0]], values)], AXES[:2]
    )
    assert coverage(pair, pair)[0, 1] == pytest.approx(1, abs=2e-3)
    monkeypatch.setattr(sampling.choice.similarity, "_MOST_PAIRS", 8)
    assert coverage(pair, pair)[0, 1] == pytest.approx(0.1 + 0.9 * np.exp(-5), abs=1e-3)  # first looks of a are unlike
    assert coverage(pair, pair)[0, 0] == pytest.approx(1, abs=2e-3)


def test_looks_without_any_doubt_count_the_same() -> None:
    sure = looks("ab", [[1, 0], [0, 1]], [0.0, 0.0])
    assert coverage(shown([looks("a", [[1, 0]])]), shown([sure]))[0, 0] == pytest.approx(0.5, abs=5e-3)
