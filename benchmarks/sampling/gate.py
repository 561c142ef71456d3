"""The near-duplicate gate over a whole pool: seconds, memory, and how many of the near-duplicates it finds."""

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.sampling.pool import GeneratedPool, generate
from benchmarks.sampling.processes import answer, forget_peak, measure, timed
from sampling.gate.near_duplicates import DEFAULT_SIMILARITY, Gated, drop_near_duplicates
from sampling.signatures import Pool, Rows, Vectors

SIZES = (100_000, 1_000_000)
_POOLS = ("clusters", "one camera")
_SEED = 3
# Chord distance of a fixed camera's photos to what it shows; two of them are about 0.014 apart.
_NOISE = 0.01
_ROUNDING = 1e-5


def measure_gate(sizes: Sequence[int] = SIZES) -> Iterator[dict[str, Any]]:
    """Yield a row for each size and kind of pool."""
    for size in sizes:
        for kind in _POOLS:
            yield {"gate": kind, "pool": size, **measure("gate", kind, size)}


def main() -> None:
    """Gate one pool, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=_POOLS)
    parser.add_argument("size", type=int)
    asked = parser.parse_args()
    made = generate(asked.size) if asked.kind == _POOLS[0] else _one_camera(asked.size)
    pool = as_pool(made.vectors)
    forget_peak()
    seconds, gated = timed(lambda: drop_near_duplicates(pool, {}))
    answer(seconds=seconds, kept=len(gated.kept), **_judged(pool, made, gated))


def as_pool(vectors: Vectors) -> Pool:
    """Return a pool of vectors with values drawn at random."""
    count, rng = len(vectors), np.random.default_rng(_SEED)
    values, nothing = rng.random(count), np.zeros(count, np.int64)
    return Pool(
        ids=tuple(f"{row:08}" for row in range(count)),
        vectors=vectors,
        values=values,
        plain=values,
        boxes=nothing + 1,
        facings=nothing + 1,
        seconds=np.ones(count),
        doubted=nothing,
        unknown=nothing,
        strata=nothing.astype(np.int32),
        strata_names=("neutral/frontal/supermarket",),
        flips=np.zeros(count),
        resets=np.zeros(count, np.bool_),
        hashes=nothing.astype(np.uint64),
    )


def _one_camera(count: int) -> GeneratedPool:
    """Photos of one closed shop: every one is a near-duplicate of the first."""
    rng = np.random.default_rng(_SEED)
    shown = rng.standard_normal(128, np.float32)
    vectors = rng.standard_normal((count, len(shown)), np.float32)
    vectors *= _NOISE / np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors += shown / np.linalg.norm(shown)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return GeneratedPool(vectors, np.zeros(count, np.int64))


def _judged(pool: Pool, made: GeneratedPool, gated: Gated) -> dict[str, float]:
    """Return the share of near-duplicate pairs of which one was dropped, and how many were dropped without reason."""
    stays = np.zeros(len(pool), bool)
    stays[gated.kept] = True
    copies = np.flatnonzero(made.originals != np.arange(len(pool)))
    alike = _products(pool.vectors, copies, made.originals[copies]) >= DEFAULT_SIMILARITY
    both = stays[copies] & stays[made.originals[copies]]
    rows = np.array([int(dropped.capture_id) for dropped in gated.dropped])
    of = np.array([int(dropped.of) for dropped in gated.dropped])
    right = _products(pool.vectors, rows, of) >= DEFAULT_SIMILARITY - _ROUNDING
    right &= stays[of] & (pool.values[of] >= pool.values[rows])
    return {"found": 1 - float(both[alike].mean()), "wrongly_dropped": int((~right).sum())}


def _products(vectors: Vectors, one: Rows, other: Rows) -> Vectors:
    products: Vectors = np.einsum("ij,ij->i", vectors[one], vectors[other])
    return products


if __name__ == "__main__":
    main()
