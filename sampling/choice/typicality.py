"""The most typical capture of each cluster of looks."""

from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from sampling.index import one_thread
from sampling.signatures import Floats, Rows, Vectors

MOST_CLUSTERS = 500  # as the authors have it
_NEIGHBOURS = 20
# Typical captures of a million are found among these as well.
_SAMPLE = 8_000
_ROUNDS = 10
# First centres are drawn out of so many.
_FIRST = 4_000


@dataclass(frozen=True, slots=True)
class Typical:
    """One choice: its row, its typicality, and how large its cluster is, as a share of all, 0..1."""

    row: int
    typicality: float
    share: float


def typical_of_clusters(
    vectors: Vectors, rows: Rows, costs: Floats, known: Vectors, budget: float, seed: int
) -> list[Typical]:
    """Choose typical rows of k-means clusters, from the largest cluster without anything known down.

    TypiClust (Hacohen et al., ICML 2022): as many clusters as there are known vectors and choices to come, at most 500;
    the cluster with the fewest known and chosen comes next (ties: the larger one), and of it the row of the highest
    typicality, one over the mean distance to its 20 nearest neighbours there. Of large pools a sample is clustered.
    Rows that no longer fit are passed over.

    Args:
        vectors: (n, k) unit vectors.
        rows: of those, from which to choose, ascending.
        costs: (n,) in the budget's unit.
        known: (m, k) unit vectors of what is labelled or picked already.
        budget: most that the choices may cost together.
        seed: of the sample and of k-means.
    """
    rows = rows[costs[rows] <= budget]
    if len(rows) > _SAMPLE:
        rows = np.sort(np.random.default_rng(seed).choice(rows, _SAMPLE, replace=False))
    if not len(rows):
        return []
    wanted = len(known) + round(budget / float(costs[rows].mean()))
    centres = _centres(vectors[rows], max(1, min(MOST_CLUSTERS, wanted, len(rows))), seed)
    clusters = _nearest(centres, vectors[rows])
    counts = np.bincount(_nearest(centres, known), minlength=len(centres)) if len(known) else np.zeros(len(centres))
    return _choose(rows, clusters, _typicality(vectors[rows], clusters), counts.astype(np.int64), costs, budget)


def _centres(vectors: Vectors, count: int, seed: int) -> Vectors:
    means = faiss.Kmeans(vectors.shape[1], count, niter=_ROUNDS, seed=seed, spherical=True, min_points_per_centroid=1)
    with one_thread():
        means.train(np.ascontiguousarray(vectors), init_centroids=_first_centres(vectors, count, seed))
    return np.asarray(means.centroids, np.float32)


def _first_centres(vectors: Vectors, count: int, seed: int) -> Vectors:
    """Draw centres far apart: k-means++ (Arthur and Vassilvitskii, SODA 2007), of a large sample on a part of it.

    FAISS would draw them uniformly, and then a small cluster often has none.
    """
    rng = np.random.default_rng(seed)
    if len(vectors) > (most := max(_FIRST, count)):
        vectors = vectors[np.sort(rng.choice(len(vectors), most, replace=False))]
    chosen = [int(rng.integers(len(vectors)))]
    distances = np.full(len(vectors), np.inf)
    while len(chosen) < count:
        # einsum instead of @: a threaded BLAS may round differently with another number of threads.
        alike = np.einsum("ij,j->i", vectors, vectors[chosen[-1]])
        distances = np.minimum(distances, np.maximum(2 - 2 * alike.astype(np.float64), 0))
        distances[chosen] = 0
        if not distances.any():  # all the others equal a centre
            chosen += [row for row in range(len(vectors)) if row not in chosen][: count - len(chosen)]
        else:
            upto = np.cumsum(distances)
            chosen.append(int(np.searchsorted(upto, rng.random() * upto[-1], side="right")))
    return np.ascontiguousarray(vectors[chosen])


def _nearest(centres: Vectors, vectors: Vectors) -> NDArray[np.int64]:
    index = faiss.IndexFlatIP(centres.shape[1])
    with one_thread():
        index.add(np.ascontiguousarray(centres))
        _, found = index.search(np.ascontiguousarray(vectors, np.float32), 1)
    return np.asarray(found[:, 0], np.int64)


def _typicality(vectors: Vectors, clusters: NDArray[np.int64]) -> Floats:
    typicality = np.zeros(len(vectors))
    for cluster in np.unique(clusters):
        members = np.flatnonzero(clusters == cluster)
        index = faiss.IndexFlatIP(vectors.shape[1])
        with one_thread():
            index.add(np.ascontiguousarray(vectors[members]))
            alike, _ = index.search(np.ascontiguousarray(vectors[members]), min(_NEIGHBOURS + 1, len(members)))
        distances = np.sqrt(np.maximum(2 - 2 * alike[:, 1:].astype(np.float64), 0))  # the first is the row itself
        typicality[members] = 1 / (distances.mean(1) + 1e-6) if len(members) > 1 else 0.0
    return typicality


def _choose(
    rows: Rows, clusters: NDArray[np.int64], typicality: Floats, counts: Rows, costs: Floats, budget: float
) -> list[Typical]:
    sizes = np.bincount(clusters, minlength=len(counts))
    order = np.lexsort((rows, -typicality))
    members = [iter(order[clusters[order] == cluster].tolist()) for cluster in range(len(counts))]
    waiting = {cluster for cluster in range(len(counts)) if sizes[cluster]}
    chosen: list[Typical] = []
    while waiting:
        cluster = min(waiting, key=lambda cluster: (counts[cluster], -sizes[cluster], cluster))
        place = next((place for place in members[cluster] if costs[rows[place]] <= budget), None)
        if place is None:
            waiting.remove(cluster)
            continue
        chosen.append(Typical(int(rows[place]), float(typicality[place]), float(sizes[cluster] / len(rows))))
        budget -= float(costs[rows[place]])
        counts[cluster] += 1
    return chosen
