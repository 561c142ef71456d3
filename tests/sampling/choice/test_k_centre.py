import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from benchmarks.sampling.pool import generate
from sampling.choice import k_centre as k_centre_module
from sampling.choice.k_centre import k_centre


def at(*degrees: float) -> np.ndarray:
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def textbook(vectors: np.ndarray, count: int, first: int) -> list[int]:
    picks, nearest = [first], vectors @ vectors[first]
    while len(picks) < count:
        picks.append(int(nearest.argmin()))
        nearest = np.maximum(nearest, vectors @ vectors[picks[-1]])
    return picks


def farthest(vectors: np.ndarray, picks: np.ndarray) -> float:
    """Chord distance of the row that is farthest from all picks."""
    return float(np.sqrt(max(0.0, 2 - 2 * (vectors @ vectors[picks].T).max(axis=1).min())))


def test_the_farthest_from_all_that_is_labelled_or_picked_comes_next() -> None:
    assert k_centre(at(10, 80, 175, 100), 4, seed=0, labelled=at(0)).tolist() == [2, 1, 3, 0]


def test_without_labels_the_seed_draws_the_first() -> None:
    vectors = at(0, 90, 180)
    firsts = {int(k_centre(vectors, 1, seed)[0]) for seed in range(20)}
    assert firsts == {0, 1, 2}
    assert k_centre(vectors, 3, seed=4).tolist() == k_centre(vectors, 3, seed=4).tolist()


def test_each_row_is_picked_once_even_where_all_are_equal() -> None:
    alike = at(*[30] * 6)
    for labelled in (None, alike[:2]):
        assert sorted(k_centre(alike, 4, 0, labelled).tolist())[:1] == [0]
        assert len(set(k_centre(alike, 4, 0, labelled).tolist())) == 4
        assert sorted(k_centre(alike, 9, 0, labelled).tolist()) == list(range(6))
    assert k_centre(alike, 0, 0).tolist() == []
    assert k_centre(alike[:0], 3, 0).tolist() == []


@settings(max_examples=60)
@given(
    st.integers(1, 200), st.integers(1, 40), st.integers(2, 6), st.integers(0, 1000), st.integers(1, 20), st.booleans()
)
def test_small_batches_pick_like_the_textbook(
    count: int, picks: int, width: int, seed: int, candidates: int, crowded: bool
) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, width)) + (5 if crowded else 0)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(k_centre_module, "_CANDIDATES", candidates)
        patch.setattr(k_centre_module, "_BATCH", 3)
        patch.setattr(k_centre_module, "_PORTION", 64)
        found = k_centre(vectors, picks, seed)
    assert len(set(found.tolist())) == len(found) == min(picks, count)
    exact = textbook(vectors, len(found), int(found[0]))
    assert farthest(vectors, found) <= farthest(vectors, np.array(exact)) + 1e-3


def test_a_large_pool_is_covered_as_by_the_textbook() -> None:
    vectors = generate(10_000).vectors
    found = k_centre(vectors, 200, seed=1)
    assert farthest(vectors, found) == pytest.approx(
        farthest(vectors, np.array(textbook(vectors, 200, int(found[0])))), rel=1e-4
    )


def test_the_number_of_threads_changes_nothing() -> None:
    vectors = generate(10_000).vectors
    answers = []
    for threads in (1, 2, 3):
        with threadpool_limits(threads):
            answers.append(k_centre(vectors, 100, 0, vectors[:5]).tolist())
    assert answers[0] == answers[1] == answers[2]
