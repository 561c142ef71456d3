"""A FAISS index over image vectors whose answers can be repeated bit for bit."""

from collections.abc import Iterator
from contextlib import contextmanager

import faiss
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

# Comparing every pair takes a second or two up to here, and grows with the square.
FLAT_LIMIT = 10_000
_PROBES = 2
# Rough centres do: with 64 points per cell and FAISS's ten rounds no more near-duplicates were found, far more slowly.
_POINTS_PER_CELL = 16
_ROUNDS = 4
_SAME_CENTRE = 0.985


@contextmanager
def one_thread() -> Iterator[None]:
    """Let FAISS use one thread: with more the sums of k-means depend on who finishes first."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


class VectorIndex:
    """Unit vectors by cosine similarity; rows count from 0 in the order in which they were added.

    Up to ``FLAT_LIMIT`` expected rows every vector is compared. Above, vectors are kept in cells around k-means
    centres and only the two cells nearest to a query are searched, so a neighbour just across a border can be missed.
    """

    def __init__(self, sample: Vectors) -> None:
        """Open an empty index for vectors such as ``sample``, shape (n, k): n says how many to expect."""
        count, width = sample.shape
        self._index: faiss.Index = faiss.IndexFlatIP(width)
        if count > FLAT_LIMIT:
            self._index = _cells(self._index, sample)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, vectors: Vectors) -> None:
        """Append vectors, shape (n, k).

        Raises:
            ValueError: for vectors of another width.
        """
        if vectors.shape[1] != self._index.d:
            raise ValueError(f"vectors of width {vectors.shape[1]} for an index of width {self._index.d}: other model?")
        with one_thread():
            self._index.add(np.ascontiguousarray(vectors, np.float32))

    def nearest(self, vectors: Vectors, k: int) -> tuple[Vectors, NDArray[np.int64]]:
        """Return similarities and rows of the k nearest, both (n, k), best first.

        Where fewer than k are found the row is -1 and the similarity hugely negative.
        """
        with one_thread():
            similarities, rows = self._index.search(np.ascontiguousarray(vectors, np.float32), k)
        return similarities, rows


def _cells(centres: faiss.Index, sample: Vectors) -> faiss.Index:
    means = faiss.Kmeans(
        sample.shape[1],
        int(2 * np.sqrt(len(sample))),
        niter=_ROUNDS,
        seed=1,
        spherical=True,
        max_points_per_centroid=_POINTS_PER_CELL,
        min_points_per_centroid=1,
    )
    with one_thread():
        means.train(np.ascontiguousarray(sample, np.float32))
    apart = _apart(np.asarray(means.centroids, np.float32))
    centres.add(apart)
    index = faiss.IndexIVFFlat(centres, sample.shape[1], len(apart), faiss.METRIC_INNER_PRODUCT)
    index.nprobe = _PROBES
    with one_thread():
        index.train(apart)  # marks it as trained; the centres are there already
    return index


def _apart(centres: Vectors) -> Vectors:
    """Drop centres that nearly repeat another one: a fixed camera's many alike photos would be cut into many cells."""
    kept = centres[:1]
    for centre in centres[1:]:
        if (kept @ centre).max() < _SAME_CENTRE:
            kept = np.vstack([kept, centre])
    return kept
