"""Greedy k-centre over a whole pool: the picks of the textbook loop, at the speed of matrix products.

The textbook loop (Gonzalez, Theoretical Computer Science 38, 1985; CoreSet in Sener and Savarese, ICLR 2018) takes the
row farthest from all picks, again and again, and reads the whole pool for each. Here only the few thousand farthest
rows take part for a while: a pick can only bring other rows nearer, so as long as the farthest of them is at least as
far away as the best of the rest was, it is the farthest of all. Then one matrix product brings the pool up to date
with all picks made meanwhile.
"""

import numpy as np
from numpy.typing import NDArray

from sampling.products import similarities
from sampling.signatures import Rows, Vectors

# Rows that take part between two passes over the pool, and most picks between them.
_CANDIDATES = 8192
_BATCH = 256
_PORTION = 32_768


def k_centre(vectors: Vectors, count: int, seed: int, labelled: Vectors | None = None) -> Rows:
    """Return ``count`` different rows in the order of picking (all of them where there are fewer).

    Each pick is the row whose most similar labelled or picked vector is least similar; ties go to the lower row. Where
    nothing is labelled, the first is drawn with the seed. The number of threads does not change the picks: every
    similarity is summed in the same order whatever it is. Two machines may round differently and then choose
    differently between two rows whose similarities differ by less than 1e-6.

    Args:
        vectors: (n, k) unit vectors.
        count: how many rows to pick.
        seed: draws the first row.
        labelled: (m, k) unit vectors to stay away from.
    """
    nearest = np.full(len(vectors), -np.inf, np.float32)  # cosine similarity to the nearest centre
    batch = []
    if labelled is not None and len(labelled):
        for start in range(0, len(labelled), _BATCH):
            _approach(nearest, vectors, labelled[start : start + _BATCH])
    elif len(vectors):
        batch = [int(np.random.default_rng(seed).integers(len(vectors)))][:count]
    picks = list(batch)
    while len(picks) < min(count, len(vectors)):
        if batch:
            _approach(nearest, vectors, vectors[batch])
            nearest[batch] = np.inf  # a row is picked once, even where all that are left equal a pick
        batch = _farthest(vectors, nearest, min(_BATCH, count - len(picks)))
        picks += batch
    return np.array(picks, np.int64)


def _approach(nearest: NDArray[np.float32], vectors: Vectors, centres: Vectors) -> None:
    """Raise each row's similarity to the nearest centre, in place."""
    for start in range(0, len(vectors), _PORTION):
        part = nearest[start : start + _PORTION]
        np.maximum(part, similarities(vectors[start : start + _PORTION], centres).max(axis=1), out=part)


def _farthest(vectors: Vectors, nearest: NDArray[np.float32], most: int) -> list[int]:
    """Return the next picks, at least one and at most ``most``, as far as they are certain without another pass."""
    rows, bound = np.arange(len(vectors)), np.float32(np.inf)
    if len(vectors) > _CANDIDATES:
        order = np.argpartition(nearest, _CANDIDATES)
        rows, bound = np.sort(order[:_CANDIDATES]), nearest[order[_CANDIDATES]]
    candidates, near = vectors[rows], nearest[rows]
    picks: list[int] = []
    while len(picks) < most:
        place = int(near.argmin())
        if near[place] == np.inf or (picks and near[place] >= bound):
            break
        picks.append(int(rows[place]))
        # einsum, not @, for the reason that `similarities` gives.
        np.maximum(near, np.einsum("ij,j->i", candidates, candidates[place]), out=near)
        near[place] = np.inf
    return picks
