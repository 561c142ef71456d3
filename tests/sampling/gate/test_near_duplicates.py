from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from benchmarks.sampling.gate import as_pool
from benchmarks.sampling.pool import generate
from sampling.gate import alike
from sampling.gate.near_duplicates import DEFAULT_SIMILARITY, Gated, drop_near_duplicates, find_near_duplicate
from sampling.signatures import Pool, Signature

NONE: dict[str, np.ndarray] = {}
TEN_DEGREES = 0.985


def at(degrees: float) -> np.ndarray:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search even small pools by hash tables."""
    monkeypatch.setattr(alike, "EXACT", 0)


def pool_of(*captures: tuple[str, float, float]) -> Pool:
    """Captures by id, direction in degrees and value."""
    signatures = [Signature(name, at(angle), value, 1, "s") for name, angle, value in captures]
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


def test_labelled_captures_never_give_way_and_need_not_be_apart() -> None:
    labelled = {"one": at(0), "other": at(2)}
    gated = drop_near_duplicates(pool_of(("a", 11, 0.9), ("b", -9, 0.9), ("c", 40, 0.9)), labelled, TEN_DEGREES)
    assert gated.kept.tolist() == [2]
    assert [(d.capture_id, d.of) for d in gated.dropped] == [("a", "other"), ("b", "one")]


def test_labelled_vectors_of_another_model_are_refused() -> None:
    with pytest.raises(ValueError, match="width 3 for a pool of width 2"):
        drop_near_duplicates(pool_of(("a", 0, 0.9)), {"done": np.eye(3, dtype=np.float32)[0]})


@pytest.mark.parametrize(
    ("degrees", "hashes", "dropped"), [(12, (5, 5), 1), (12, (5, 6), 0), (12, (0, 0), 0), (16, (5, 5), 0)]
)
def test_a_copy_with_the_same_picture_hash_may_be_a_little_farther_away(
    degrees: float, hashes: tuple[int, int], dropped: int
) -> None:
    """Ten degrees count as alike; 1 - cosine is twice as large at fourteen."""
    angles = (0, degrees)
    pool = Pool.of(
        [Signature(str(place), at(angles[place]), 1, 1, "s", picture_hash=hashes[place]) for place in (0, 1)],
        seconds=lambda boxes: 1.0,
    )
    assert len(drop_near_duplicates(pool, NONE, TEN_DEGREES).dropped) == dropped


def visited_one_by_one(pool: Pool, labelled: dict[str, np.ndarray], similarity: float) -> dict[str, str]:
    """What each dropped capture looks like, by the gate's definition."""
    stays, gone = [(name, labelled[name], 0) for name in sorted(labelled)], {}
    for row in sorted(range(len(pool)), key=lambda row: (-pool.values[row], row)):
        for name, vector, picture in stays:
            same = picture == pool.hashes[row] != 0
            if pool.vectors[row] @ vector >= 1 - (2 if same else 1) * (1 - similarity):
                gone[pool.ids[row]] = name
                break
        else:
            stays.append((pool.ids[row], pool.vectors[row], pool.hashes[row]))
    return gone


captures = st.tuples(st.integers(0, 60), st.sampled_from((0.1, 0.5, 0.9)), st.integers(0, 2))


@settings(max_examples=60)
@given(st.lists(captures, min_size=1, max_size=80), st.lists(st.integers(0, 60), max_size=4))
def test_small_pools_are_visited_one_by_one(drawn: list[tuple[int, float, int]], done: list[int]) -> None:
    pool = Pool.of(
        [
            Signature(f"{place:02}", at(6.1 * angle), value, 1, "s", picture_hash=picture)
            for place, (angle, value, picture) in enumerate(drawn)
        ],
        seconds=lambda boxes: 1.0,
    )
    labelled = {f"done{angle}": at(6.1 * angle) for angle in done}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alike, "_HEAD", 7)
        patch.setattr(alike, "_PORTION", 5)
        gated = drop_near_duplicates(pool, labelled, TEN_DEGREES)
    assert {d.capture_id: d.of for d in gated.dropped} == visited_one_by_one(pool, labelled, TEN_DEGREES)
    assert [pool.ids[row] for row in gated.kept] == sorted(set(pool.ids) - {d.capture_id for d in gated.dropped})


def assert_rightly_dropped(pool: Pool, gated: Gated) -> None:
    kept = set(gated.kept.tolist())
    assert len(kept) + len(gated.dropped) == len(pool)
    for dropped in gated.dropped:
        row, of = int(dropped.capture_id), int(dropped.of)
        assert of in kept
        assert pool.vectors[row] @ pool.vectors[of] == pytest.approx(dropped.similarity, abs=1e-5)
        assert dropped.similarity >= DEFAULT_SIMILARITY - 1e-5
        assert pool.values[of] >= pool.values[row]


@pytest.mark.usefixtures("hashed")
def test_nearly_all_near_duplicates_of_a_large_pool_are_found() -> None:
    made = generate(12_000)
    pool = as_pool(made.vectors)
    gated = drop_near_duplicates(pool, NONE)
    assert_rightly_dropped(pool, gated)
    kept = np.isin(np.arange(len(pool)), gated.kept)
    copies = np.flatnonzero(made.originals != np.arange(len(pool)))
    copies = copies[np.einsum("ij,ij->i", pool.vectors[copies], pool.vectors[made.originals[copies]]) > 0.9995]
    assert len(copies) > 3300
    assert (kept[copies] & kept[made.originals[copies]]).mean() <= 0.01


def around(count: int, distance: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(count, 128))
    noise *= distance / np.linalg.norm(noise, axis=1, keepdims=True)
    vectors = np.eye(128)[0] + noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.usefixtures("hashed")
@pytest.mark.parametrize(("distance", "most"), [(0.0, 1), (0.01, 2), (0.02, 10)])
def test_a_camera_s_alike_photos_leave_next_to_nothing_in_linear_time(
    monkeypatch: pytest.MonkeyPatch, distance: float, most: int
) -> None:
    compared = 0

    def counted(vectors: np.ndarray, others: np.ndarray) -> np.ndarray:
        nonlocal compared
        compared += len(vectors) * len(others)
        return vectors @ others.T

    monkeypatch.setattr(alike, "similarities", counted)
    pool = as_pool(np.concatenate([generate(3000).vectors, around(6000, distance)]))
    gated = drop_near_duplicates(pool, NONE)
    assert_rightly_dropped(pool, gated)
    assert (gated.kept >= 3000).sum() <= most
    assert compared < 200 * len(pool)


@pytest.mark.usefixtures("hashed")
def test_many_equal_pictures_are_found_by_their_hashes_alone() -> None:
    vectors = around(2000, 0.026)  # two of them are 0.037 apart: mostly too far by vector
    pool = replace(as_pool(vectors), hashes=np.full(2000, 77, np.uint64))
    assert len(drop_near_duplicates(pool, NONE).kept) == 1
    assert len(drop_near_duplicates(as_pool(vectors), NONE).kept) > 1000


@pytest.mark.usefixtures("hashed")
def test_labelled_captures_are_found_by_hash_tables_too() -> None:
    vectors = generate(3000).vectors
    labelled = {f"done{row}": vectors[row] for row in range(0, 3000, 10)}
    pool = as_pool(vectors)
    gated = drop_near_duplicates(pool, labelled)
    of = {dropped.capture_id: dropped.of for dropped in gated.dropped}
    assert all(of[f"{row:08}"].startswith("done") for row in range(0, 3000, 10))


@pytest.mark.usefixtures("hashed")
def test_the_number_of_threads_changes_nothing() -> None:
    pool = as_pool(np.concatenate([generate(3000).vectors, around(2000, 0.02)]))
    answers = []
    for threads in (1, 2, 3):
        with threadpool_limits(threads):
            answers.append(drop_near_duplicates(pool, NONE))
    assert all(answer.dropped == answers[0].dropped for answer in answers)


def test_one_new_capture_against_its_bay() -> None:
    bay = np.stack([at(0), at(50), at(52)])
    assert find_near_duplicate(bay, at(53)) == 2
    assert find_near_duplicate(bay, at(25)) is None
    assert find_near_duplicate(bay[:0], at(25)) is None
