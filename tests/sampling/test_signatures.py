from dataclasses import replace

import numpy as np
import pytest

from sampling.signatures import Pool, Signature


def signature(capture_id: str, vector: tuple[float, ...] = (1, 0), values: tuple[float, ...] = (0.4, 0.5)) -> Signature:
    return Signature(capture_id, np.array(vector, np.float32), np.array(values, np.float32), 3, "dim/steep/x", "bay-1")


def test_pool_is_sorted_by_capture_and_costs_come_from_outside() -> None:
    pool = Pool.of([signature("b", values=(0.9,)), signature("a")], seconds=lambda boxes: 10.0 + boxes)
    assert pool.ids == ("a", "b")
    assert pool.capture_values.tolist() == pytest.approx([0.9, 0.9])
    assert pool.seconds.tolist() == [13, 13]
    assert pool.boxes.tolist() == [3, 3]
    assert pool.doubted.tolist() == [1, 1]
    assert pool.strata == ("dim/steep/x", "dim/steep/x")
    assert (pool.flips.tolist(), pool.resets.tolist()) == ([0, 0], [False, False])


def test_digest_ignores_order_and_notices_every_field() -> None:
    pool = Pool.of([signature("a"), signature("b", (0, 1))], seconds=float)
    assert Pool.of([signature("b", (0, 1)), signature("a")], seconds=float).digest() == pool.digest()
    others = [
        replace(pool, ids=("a", "c")),
        replace(pool, strata=("x", "y")),
        replace(pool, vectors=pool.vectors[::-1]),
        replace(pool, capture_values=pool.capture_values + 1),
        replace(pool, boxes=pool.boxes + 1),
        replace(pool, seconds=pool.seconds + 1),
        replace(pool, doubted=pool.doubted + 1),
        replace(pool, flips=pool.flips + 0.5),
        replace(pool, resets=~pool.resets),
    ]
    assert len({pool.digest(), *(other.digest() for other in others)}) == 10


def test_digest_of_a_pool_without_verdicts_is_that_of_rounds_from_before_there_were_any() -> None:
    pool = Pool.of([signature("a"), signature("b", (0, 1))], seconds=float)
    assert pool.digest() == "22302528367939592c775d146c8815c629b1e3d385d251194d3646a0b07279f9"


@pytest.mark.parametrize(
    ("vector", "values", "message"),
    [
        ((1, 1), (0.5,), "length 1.414"),
        ((float("nan"), 0), (0.5,), "length nan"),
        ((1, 0), (1.5,), "leave 0..1"),
        ((1, 0), (float("nan"),), "leave 0..1"),
    ],
)
def test_signature_refuses(vector: tuple[float, ...], values: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        signature("a", vector, values)


@pytest.mark.parametrize("flip", [-0.1, 1.1, float("nan")])
def test_signature_refuses_what_is_no_probability(flip: float) -> None:
    with pytest.raises(ValueError, match="flip is"):
        replace(signature("a"), flip=flip)


def test_pool_refuses_a_capture_twice_and_vectors_of_two_models() -> None:
    with pytest.raises(ValueError, match="more than once"):
        Pool.of([signature("a"), signature("a")], seconds=float)
    with pytest.raises(ValueError, match=r"widths \[2, 3\]"):
        Pool.of([signature("a"), signature("b", (1, 0, 0))], seconds=float)
    with pytest.raises(ValueError, match="not above 0"):
        Pool.of([signature("a")], seconds=lambda boxes: 0.0)


def test_an_empty_pool_can_be_made() -> None:
    assert len(Pool.of([], seconds=float)) == 0
