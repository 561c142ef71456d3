"""Image vectors as a fleet of fixed cameras leaves them: few bays seen very often, many seen now and then."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampling.signatures import Vectors

SEED = 7
WIDTH = 128
CLUSTERS = 500
# Length of the noise around a cluster's centre, which has length 1.
SPREAD = 0.5
NEAR_DUPLICATES = 0.3
# Chord distances of a near-duplicate to its original, drawn evenly; 0.0316 is the gate's threshold.
_CLOSE = (0.002, 0.03)
_PORTION = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedPool:
    """Unit vectors (n, 128) in random order; ``originals`` (n,) is the row each one repeats, or its own row."""

    vectors: Vectors
    originals: NDArray[np.int64]


def generate(count: int, seed: int = SEED) -> GeneratedPool:
    """Return ``count`` vectors in 500 clusters on the sphere.

    The cluster of rank r holds a share proportional to 1 / r (Zipf) of them. 30 % of the rows repeat one of the
    others at a chord distance between 0.002 and 0.03.
    """
    rng = np.random.default_rng(seed)
    centres = _unit(rng.standard_normal((CLUSTERS, WIDTH), np.float32))
    shares = 1 / np.arange(1, CLUSTERS + 1)
    fresh = count - round(NEAR_DUPLICATES * count)
    clusters = rng.choice(CLUSTERS, fresh, p=shares / shares.sum())
    originals = np.concatenate([np.arange(fresh), rng.integers(fresh, size=count - fresh)])
    vectors = np.empty((count, WIDTH), np.float32)
    for start in range(0, fresh, _PORTION):
        rows = slice(start, min(start + _PORTION, fresh))
        vectors[rows] = _around(centres[clusters[rows]], np.float32(SPREAD), rng)
    for start in range(fresh, count, _PORTION):
        rows = slice(start, min(start + _PORTION, count))
        away = rng.uniform(*_CLOSE, size=(rows.stop - rows.start, 1)).astype(np.float32)
        vectors[rows] = _around(vectors[originals[rows]], away, rng)
    order = rng.permutation(count)
    places = np.empty(count, np.int64)
    places[order] = np.arange(count)
    return GeneratedPool(vectors[order], places[originals[order]])


def _around(centres: Vectors, length: NDArray[np.float32] | np.float32, rng: np.random.Generator) -> Vectors:
    return _unit(centres + length * _unit(rng.standard_normal(centres.shape, np.float32)))


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
