from collections.abc import Sequence

import numpy as np
import pytest

from sampling.choice.known import Known
from sampling.choice.similarity import coverage
from sampling.looks import Looks
from sampling.signatures import Pool, Signature, Vectors
from sampling.state import LoopState


def units(count: int, seed: int) -> Vectors:
    drawn = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn


def pool_of(vectors: Vectors) -> Pool:
    made = [Signature(f"c{row:02}", vector, 1.0, 1, "a/b/c") for row, vector in enumerate(vectors)]
    return Pool.of(made, lambda boxes: 1.0)


def state_of(labelled: dict[str, Vectors], *, look: bool) -> LoopState:
    rng = np.random.default_rng(7)
    every: dict[str, Looks] = {}
    for id in (f"{kind}{row:02}" for kind in "cl" for row in range(30)):
        vectors = rng.normal(size=(2, 4)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        every[id] = Looks(("x", "xy"[rng.integers(2)]), np.ones(2, np.float32), vectors)

    def looks(ids: Sequence[str]) -> dict[str, Looks]:
        return {id: every[id] for id in ids}

    return LoopState(labelled=labelled, looks=looks if look else None)


@pytest.mark.parametrize("look", [True, False])
def test_picks_are_known_from_then_on(look: bool) -> None:
    pool, rows = pool_of(units(30, seed=1)), np.arange(20)
    labelled = {f"l{row:02}": vector for row, vector in enumerate(units(5, seed=2))}
    known = Known(pool, state_of(labelled, look=look), by_looks=True)
    before = known.stands_for(rows)
    for picks in (np.array([3, 25]), np.array([11])):
        known.add(picks)
        known.stands_for(np.arange(5, 10))  # some rows are asked for more often than others
    by_picks = coverage(known.shown(np.array([3, 25, 11])), known.shown(rows)).max(0)
    assert (by_picks > before).any()
    assert (by_picks < before).any()
    assert known.stands_for(rows) == pytest.approx(np.maximum(before, by_picks))
    assert known.stands_for(np.array([25])) == pytest.approx(1, abs=5e-3)


def test_where_nothing_is_known_nothing_stands_for_anything() -> None:
    known = Known(pool_of(units(3, seed=1)), LoopState(labelled={}), by_looks=True)
    assert known.stands_for(np.array([2, 0])).tolist() == [0, 0]
    known.add(np.array([0]))
    assert known.stands_for(np.array([2, 0]))[1] == pytest.approx(1, abs=5e-3)
