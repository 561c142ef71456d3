"""Facings that look alike, put together: what is new on the shelves is named once, not facing by facing."""

from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

_NEIGHBOURS = 16
_STEP = 0.02  # of likeness: the most alike clusters are joined first, then the next ones
_CLOSE = 0.1  # clusters whose nearest rows are less alike than this below the threshold never become one
_PAIRS_AT_ONCE = 65_536  # that are compared, so that memory stays flat


def cluster_alike(vectors: Vectors, likeness: float) -> list[Rows]:
    """Put vectors together whose mean cosine similarity is at least ``likeness``.

    Average linkage over the graph of nearest neighbours, in rounds: each cluster joins the one it is most alike, at a
    threshold that falls to ``likeness`` (Monath et al., Scalable Hierarchical Agglomerative Clustering, KDD 2021).
    Connected components alone would run over a chain of blurred facings from one product into the next.

    Args:
        vectors: (n, k), unit length.
        likeness: the least mean similarity at which two clusters become one.

    Returns:
        Rows of each cluster, the most central first; the largest cluster first. Which go together does not depend on
        the order in which they come.
    """
    if not len(vectors):
        return []
    # Equally near neighbours are taken in the order of their rows, so these get an order of their own.
    contents = [vector.tobytes() for vector in vectors]
    order = np.array(sorted(range(len(contents)), key=contents.__getitem__), np.int64)
    vectors = np.ascontiguousarray(vectors[order], np.float32)
    clusters = [_central_first(vectors, rows) for rows in _groups(_joined(vectors, likeness))]
    return [order[rows] for rows in sorted(clusters, key=lambda rows: (-len(rows), rows[0]))]


def centre_of(vectors: Vectors) -> Vectors:
    """Return the mean direction (k,) of unit vectors (n, k)."""
    mean = vectors.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


@dataclass(slots=True)
class _Clusters:
    """Clusters on the way: `of` (n,) is each row's, `pairs` (m, 2) those with neighbours in one another."""

    of: Rows
    sums: Vectors
    sizes: Rows
    pairs: Rows

    def likenesses(self) -> Vectors:
        """Return the mean similarity over all pairs of rows across each pair of clusters."""
        means = self.sums / self.sizes[:, None]
        parts = [
            np.einsum("ij,ij->i", means[part[:, 0]], means[part[:, 1]])
            for part in np.split(self.pairs, range(_PAIRS_AT_ONCE, len(self.pairs), _PAIRS_AT_ONCE))
        ]
        return np.concatenate(parts)

    def join(self, labels: Rows) -> "_Clusters":
        """Return what becomes of the clusters when those of one label become one."""
        count = int(labels.max()) + 1
        order = np.argsort(labels, kind="stable")
        starts = np.searchsorted(labels[order], np.arange(count))
        pairs = np.sort(labels[self.pairs], axis=1)
        return _Clusters(
            labels[self.of],
            np.add.reduceat(self.sums[order], starts, axis=0),
            np.add.reduceat(self.sizes[order], starts),
            _distinct(pairs[pairs[:, 0] != pairs[:, 1]], count),
        )


def _joined(vectors: Vectors, likeness: float) -> Rows:
    """Return the cluster (n,) of each row."""
    count = len(vectors)
    clusters = _Clusters(np.arange(count), vectors, np.ones(count, np.int64), _neighbours(vectors, likeness - _CLOSE))
    likenesses, threshold = clusters.likenesses(), 1.0
    while (best := float(likenesses.max(initial=-1))) >= likeness:
        threshold = max(likeness, min(threshold, best) - _STEP)
        while (alike := likenesses >= threshold).any():
            clusters = clusters.join(_most_alike(clusters.pairs[alike], likenesses[alike], len(clusters.sizes)))
            likenesses = clusters.likenesses()
    return clusters.of


def _most_alike(pairs: Rows, likenesses: Vectors, count: int) -> Rows:
    """Return labels (count,): each cluster has that of the one it is most alike, if it is in any pair."""
    ends = np.concatenate([pairs, pairs[:, ::-1]])
    order = np.lexsort((ends[:, 1], -np.tile(likenesses, 2), ends[:, 0]))
    froms, first = np.unique(ends[order, 0], return_index=True)
    return _connected(froms, ends[order[first], 1], count)


def _connected(froms: Rows, tos: Rows, count: int) -> Rows:
    """Return labels (count,), the same for all that edges connect."""
    labels, before = np.arange(count), None
    while before is None or (labels != before).any():
        before = labels.copy()
        lower = np.minimum(labels[froms], labels[tos])
        np.minimum.at(labels, froms, lower)
        np.minimum.at(labels, tos, lower)
        labels = labels[labels]
    return np.asarray(np.unique(labels, return_inverse=True)[1], np.int64)


def _neighbours(vectors: Vectors, least: float) -> Rows:
    """Return pairs (m, 2) of rows of which one is among the other's nearest, and at least so alike."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    similarities, nearest = index.search(vectors, min(_NEIGHBOURS + 1, len(vectors)))
    rows = np.repeat(np.arange(len(vectors)), nearest.shape[1])
    pairs = np.sort(np.stack([rows, nearest.ravel()], axis=1), axis=1)
    return _distinct(pairs[(pairs[:, 0] != pairs[:, 1]) & (similarities.ravel() >= least)], len(vectors))


def _distinct(pairs: Rows, count: int) -> Rows:
    numbers = np.unique(pairs[:, 0] * count + pairs[:, 1])
    return np.stack([numbers // count, numbers % count], axis=1)


def _groups(of: Rows) -> list[Rows]:
    order = np.argsort(of, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(of[order])) + 1)


def _central_first(vectors: Vectors, rows: Rows) -> Rows:
    similarities = vectors[rows] @ centre_of(vectors[rows])
    return rows[np.argsort(-similarities, kind="stable")]
