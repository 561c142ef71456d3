import numpy as np
import pytest

from sampling import index as index_module
from sampling import near_duplicates as gate_module
from sampling.near_duplicates import drop_near_duplicates, find_near_duplicate
from sampling.signatures import Pool, Signature

NONE: dict[str, np.ndarray] = {}
TEN_DEGREES = 0.985


def at(degrees: float) -> np.ndarray:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


def pool_of(*captures: tuple[str, float, float]) -> Pool:
    """Captures by id, direction in degrees and value."""
    signatures = [
        Signature(name, at(angle), np.array([value], np.float32), 1, "s", "b") for name, angle, value in captures
    ]
    return Pool.of(signatures, seconds=lambda boxes: 1.0)


def test_the_most_valuable_of_a_group_stays() -> None:
    gated = drop_near_duplicates(pool_of(("a", 0, 0.1), ("b", 5, 0.9), ("c", 60, 0.2)), NONE, TEN_DEGREES)
    assert gated.kept.tolist() == [1, 2]
    (dropped,) = gated.dropped
    assert (dropped.capture_id, dropped.of) == ("a", "b")
    assert dropped.similarity == pytest.approx(np.cos(np.radians(5)))


def test_a_dropped_capture_drops_nobody() -> None:
    gated = drop_near_duplicates(pool_of(("a", 0, 0.9), ("b", 8, 0.5), ("c", 16, 0.1)), NONE, TEN_DEGREES)
    assert gated.kept.tolist() == [0, 2]


def test_what_looks_like_a_labelled_capture_is_dropped_whatever_its_value() -> None:
    gated = drop_near_duplicates(pool_of(("a", 0, 1.0), ("b", 90, 0.1)), {"old": at(180), "done": at(3)}, TEN_DEGREES)
    assert gated.kept.tolist() == [1]
    assert [(d.capture_id, d.of) for d in gated.dropped] == [("a", "done")]


def test_equal_values_keep_the_lower_id_and_equal_vectors_reach_similarity_1() -> None:
    gated = drop_near_duplicates(pool_of(("b", 33, 0.5), ("a", 33, 0.5)), NONE, similarity=1)
    assert [(d.capture_id, d.of) for d in gated.dropped] == [("b", "a")]


@pytest.mark.parametrize(("portion", "flat_limit"), [(1024, 10_000), (7, 10_000), (64, 50)])
def test_kept_captures_are_apart_and_dropped_ones_near_a_kept_one(
    monkeypatch: pytest.MonkeyPatch, portion: int, flat_limit: int
) -> None:
    monkeypatch.setattr(gate_module, "_PORTION", portion)
    monkeypatch.setattr(index_module, "FLAT_LIMIT", flat_limit)
    rng = np.random.default_rng(3)
    looks = rng.normal(size=(40, 8))
    vectors = looks[rng.integers(40, size=400)] + rng.normal(scale=0.02, size=(400, 8))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    values = rng.random(400).astype(np.float32)
    pool = Pool.of(
        [Signature(f"{i:03}", vectors[i], values[i : i + 1], 1, "s", "b") for i in range(400)], lambda b: 1.0
    )
    gated = drop_near_duplicates(pool, NONE, 0.97)
    kept = vectors[gated.kept]
    assert np.triu(kept @ kept.T, k=1).max() < 0.97
    assert len(gated.kept) + len(gated.dropped) == 400
    assert len(gated.dropped) > 300
    for dropped in gated.dropped:
        row, of = int(dropped.capture_id), int(dropped.of)
        assert of in gated.kept
        assert vectors[row] @ vectors[of] == pytest.approx(dropped.similarity, abs=1e-5)
        assert values[of] >= values[row]


def test_one_new_capture_against_its_bay() -> None:
    bay = np.stack([at(0), at(50), at(52)])
    assert find_near_duplicate(bay, at(53)) == 2
    assert find_near_duplicate(bay, at(25)) is None
    assert find_near_duplicate(bay[:0], at(25)) is None
