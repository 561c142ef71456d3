"""The near-duplicate gate: of captures that look alike only the most valuable one stays."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampling.index import VectorIndex
from sampling.signatures import Pool, Vectors

# Cosine of the pooled vector. The same photo, recompressed or a little darker, stays above 0.9993; the same bay on
# another day falls below 0.99; eight products rearranged in one fridge lie between 0.998 and 0.9998.
DEFAULT_SIMILARITY = 0.9995
# Every pair within a portion is compared, but FAISS searches small portions at a third of its speed.
_PORTION = 1024
# Two equal float32 unit vectors can have a product just under 1.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """A capture that the gate dropped, and the labelled or kept capture that it looks like."""

    capture_id: str
    of: str
    similarity: float


@dataclass(frozen=True, slots=True, eq=False)
class Gated:
    """The gate's answer: rows of the pool that stay, in ascending order, and what was dropped, by capture id."""

    kept: NDArray[np.int64]
    dropped: tuple[NearDuplicate, ...]


def drop_near_duplicates(
    pool: Pool, labelled_vectors: Mapping[str, Vectors], similarity: float = DEFAULT_SIMILARITY
) -> Gated:
    """Drop every capture that looks like a labelled one or like a more valuable one that stays.

    Captures are visited from the most valuable down (ties: by id); one whose cosine similarity to a labelled or kept
    capture reaches ``similarity`` is dropped as its duplicate. Large pools are searched approximately, see
    ``VectorIndex``; a missed pair costs at most one redundant pick, and diversity makes even that unlikely.

    Args:
        pool: the captures nobody has labelled.
        labelled_vectors: unit image vector, shape (k,), of each labelled capture by its id.
        similarity: cosine similarity from which two captures count as near-duplicates.

    Raises:
        ValueError: if labelled vectors have another width than the pool's.
    """
    threshold = similarity - _ROUNDING
    index = VectorIndex(pool.vectors)
    names = sorted(labelled_vectors)  # of the captures in the index, by row
    if names:
        index.add(np.stack([labelled_vectors[name] for name in names]))
    kept: list[int] = []
    dropped: list[NearDuplicate] = []
    order = np.lexsort((np.arange(len(pool)), -pool.capture_values))
    for start in range(0, len(order), _PORTION):
        rows = order[start : start + _PORTION]
        nearest, found = (answer[:, 0] for answer in index.nearest(pool.vectors[rows], 1))
        seen = nearest >= threshold
        dropped += [
            NearDuplicate(pool.ids[row], names[twin], float(alike))
            for row, twin, alike in zip(rows[seen], found[seen], nearest[seen], strict=True)
        ]
        rows = rows[~seen]
        leaders, alike_leaders = _leaders(pool.vectors[rows], threshold)
        for row, leader, alike in zip(rows, leaders, alike_leaders, strict=True):
            if rows[leader] != row:
                dropped.append(NearDuplicate(pool.ids[row], pool.ids[rows[leader]], float(alike)))
        rows = rows[leaders == np.arange(len(rows))]
        index.add(pool.vectors[rows])
        names += [pool.ids[row] for row in rows]
        kept += rows.tolist()
    return Gated(np.array(sorted(kept), np.int64), tuple(sorted(dropped, key=lambda d: d.capture_id)))


def _leaders(vectors: Vectors, threshold: float) -> tuple[NDArray[np.int64], Vectors]:
    """For each vector its leader, the first kept one that it looks like (or itself), and their similarity."""
    alike = vectors @ vectors.T
    follows = np.triu(alike >= threshold, k=1)
    leaders = np.arange(len(vectors))
    for row in np.flatnonzero(follows.any(axis=1)):
        if leaders[row] == row:
            followers = np.flatnonzero(follows[row])
            leaders[followers[leaders[followers] == followers]] = row
    return leaders, alike[leaders, np.arange(len(vectors))]


def find_near_duplicate(vectors: Vectors, vector: Vectors, similarity: float = DEFAULT_SIMILARITY) -> int | None:
    """Return the row of ``vectors`` (n, k) most like ``vector`` (k,), or None if none reaches ``similarity``."""
    if not len(vectors):
        return None
    alike = vectors @ vector
    row = int(alike.argmax())
    return row if alike[row] >= similarity - _ROUNDING else None
