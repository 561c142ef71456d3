from dataclasses import replace

import numpy as np
import pytest

from sampling.signatures import Pool, PoolBuilder, Signature


def signature(capture_id: str, vector: tuple[float, ...] = (1, 0), value: float = 0.9) -> Signature:
    return Signature(capture_id, np.array(vector, np.float32), value, 3, "dim/steep/x", doubted=2)


def test_pool_is_sorted_by_capture_and_costs_come_from_outside() -> None:
    warm = Signature(
        "c", np.array([0, 1], np.float32), 0.1, 0, "a/b/c", unknown=1, flip=0.5, reset=True, picture_hash=7
    )
    pool = Pool.of([signature("b", value=2.5), warm, signature("a")], seconds=lambda boxes: 10.0 + boxes)
    assert pool.ids == ("a", "b", "c")
    assert pool.vectors.tolist() == [[1, 0], [1, 0], [0, 1]]
    assert pool.values.tolist() == [0.9, 2.5, 0.1]
    assert pool.plain.tolist() == [0.9, 2.5, 0.1]
    assert pool.seconds.tolist() == [13, 13, 10]
    assert pool.boxes.tolist() == [3, 3, 0]
    assert pool.doubted.tolist() == [2, 2, 0]
    assert pool.unknown.tolist() == [0, 0, 1]
    assert (pool.strata_names, pool.strata.tolist()) == (("a/b/c", "dim/steep/x"), [1, 1, 0])
    assert (pool.stratum(0), pool.stratum(2)) == ("dim/steep/x", "a/b/c")
    assert (pool.flips.tolist(), pool.resets.tolist()) == ([0, 0, 0.5], [False, False, True])
    assert pool.hashes.tolist() == [0, 0, 7]


def test_repeated_looks_may_count_each_time() -> None:
    assert Pool.of([replace(signature("a"), plain=2.0)], seconds=lambda boxes: 1.0).plain.tolist() == [2]


def test_digest_ignores_order_and_notices_every_field() -> None:
    pool = Pool.of([signature("a"), signature("b", (0, 1))], seconds=float)
    assert Pool.of([signature("b", (0, 1)), signature("a")], seconds=float).digest() == pool.digest()
    others = [
        replace(pool, ids=("a", "c")),
        replace(pool, strata_names=("x",)),
        replace(pool, strata=pool.strata + 1),
        replace(pool, vectors=pool.vectors[::-1]),
        replace(pool, values=pool.values + 1),
        replace(pool, plain=pool.plain + 1),
        replace(pool, boxes=pool.boxes + 1),
        replace(pool, seconds=pool.seconds + 1),
        replace(pool, doubted=pool.doubted + 1),
        replace(pool, unknown=pool.unknown + 1),
        replace(pool, flips=pool.flips + 0.5),
        replace(pool, resets=~pool.resets),
        replace(pool, hashes=pool.hashes + np.uint64(1)),
    ]
    assert len({pool.digest(), *(other.digest() for other in others)}) == 14


def test_portions_in_any_order_make_the_same_pool() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(7, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    made = [
        replace(signature(f"c{i}", tuple(vectors[i]), float(i)), stratum="yxzyxzz"[i], picture_hash=i) for i in range(7)
    ]
    builder = PoolBuilder(lambda boxes: 1.0, expected=3)
    for portion in (made[4:6], made[6:], made[:4]):
        builder.append(
            ids=[s.capture_id for s in portion],
            vectors=np.stack([s.image_vector for s in portion]),
            strata=[s.stratum for s in portion],
            values=[s.value for s in portion],
            plain=[s.value for s in portion],
            boxes=[s.predicted_boxes for s in portion],
            facings=[s.predicted_boxes for s in portion],
            doubted=[s.doubted for s in portion],
            unknown=[s.unknown for s in portion],
            flips=[s.flip for s in portion],
            resets=[s.reset for s in portion],
            hashes=[s.picture_hash for s in portion],
        )
    pool = builder.build()
    assert [pool.stratum(row) for row in range(7)] == list("yxzyxzz")
    assert pool.digest() == Pool.of(made, lambda boxes: 1.0).digest()


def test_vectors_that_were_rounded_are_of_unit_length_again() -> None:
    stored = np.array([[0.6004, 0.7998]], np.float16)
    builder = PoolBuilder(lambda boxes: 1.0)
    numbers = {
        name: [0] for name in ("values", "plain", "boxes", "facings", "doubted", "unknown", "flips", "resets", "hashes")
    }
    builder.append(ids=["a"], vectors=stored, strata=["s"], **numbers)
    pool = builder.build()
    assert pool.vectors.dtype == np.float32
    assert np.linalg.norm(pool.vectors[0]) == pytest.approx(1, abs=1e-7)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"image_vector": np.array([1, 1], np.float32)}, "length 1.414"),
        ({"image_vector": np.array([np.nan, 0], np.float32)}, "length nan"),
        ({"image_vector": np.eye(2, dtype=np.float32)}, r"shape \(2, 2\)"),
        ({"value": -0.1}, "value is -0.1"),
        ({"value": float("nan")}, "value is nan"),
        ({"doubted": -1}, "doubted is -1"),
        ({"flip": 1.1}, "flip is 1.1"),
        ({"flip": float("nan")}, "flip is nan"),
    ],
)
def test_signature_refuses(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(signature("a"), **changed)  # type: ignore[arg-type]


def test_pool_refuses_a_capture_twice_and_vectors_of_two_models() -> None:
    with pytest.raises(ValueError, match="more than once"):
        Pool.of([signature("a"), signature("a")], seconds=float)
    with pytest.raises(ValueError, match=r"widths \[2, 3\]"):
        Pool.of([signature("a"), signature("b", (1, 0, 0))], seconds=float)
    with pytest.raises(ValueError, match="not above 0"):
        Pool.of([signature("a")], seconds=lambda boxes: 0.0)


def test_an_empty_pool_can_be_made() -> None:
    assert len(Pool.of([], seconds=float)) == 0
