"""Recipes that spread over what there is, whatever the head believes: core-set and TypiClust."""

import faiss
import numpy as np

from sampling.choice.k_centre import k_centre
from sampling.simulation.labelled_set import Floats, Ints, Vectors
from sampling.simulation.situation import Situation

MOST_CLUSTERS = 500  # as published
_NEIGHBOURS = 20
_SMALLEST_CLUSTER = 5


def core_set(situation: Situation) -> Ints:
    """Pick the capture farthest from all labelled and picked ones, again and again (Sener and Savarese, ICLR 2018)."""
    count = min(situation.budget, len(situation.images))  # captures with several boxes are cut off by the budget
    seed = int(situation.rng.integers(2**31))
    return k_centre(situation.images, count, seed, situation.labelled_images).astype(np.int64)


def typiclust(situation: Situation) -> Ints:
    """Pick the most typical capture of each of the largest clusters that hold no label (Hacohen et al., ICML 2022).

    Typicality is one over the mean distance to the twenty nearest of its cluster. Clusters are as many as labelled
    captures and picks together, at most 500, and left out under five captures; where all hold labels, those with the
    fewest come first, the largest of them before the others.
    """
    everything = np.concatenate([situation.images, situation.labelled_images])
    picks = max(1, round(situation.budget / situation.boxes.mean()))
    clusters = min(len(situation.labelled_images) + picks, MOST_CLUSTERS, len(everything) // 2)
    cluster = _k_means(everything, clusters, int(situation.rng.integers(2**31)))
    count = len(situation.boxes)
    queues = [_most_typical_first(situation.images, np.flatnonzero(cluster[:count] == c)) for c in range(clusters)]
    taken = np.bincount(cluster[count:], minlength=clusters)
    return _in_turn(queues, taken, np.bincount(cluster, minlength=clusters))


def _in_turn(queues: list[Ints], taken: Ints, sizes: Ints) -> Ints:
    """Each queue's next capture is due when no cluster, the small ones aside, has fewer labels."""
    turns = [
        (sizes[c] < _SMALLEST_CLUSTER, taken[c] + place, -sizes[c], c, capture)
        for c, queue in enumerate(queues)
        for place, capture in enumerate(queue.tolist())
    ]
    return np.array([capture for *_, capture in sorted(turns)], np.int64)


def _most_typical_first(images: Vectors, members: Ints) -> Ints:
    if len(members) < 2:
        return members
    vectors = images[members]
    distances: Floats = np.sqrt(np.maximum(2.0 - 2.0 * (vectors @ vectors.T), 0.0)).astype(np.float64)
    nearest = np.sort(distances, axis=1)[:, 1 : _NEIGHBOURS + 1]
    return members[np.argsort(nearest.mean(1), kind="stable")]


def _k_means(vectors: Vectors, clusters: int, seed: int) -> Ints:
    means = faiss.Kmeans(vectors.shape[1], clusters, niter=4, seed=seed, min_points_per_centroid=1)
    means.train(np.ascontiguousarray(vectors))
    _, nearest = means.index.search(np.ascontiguousarray(vectors), 1)
    assigned: Ints = nearest[:, 0].astype(np.int64)
    return assigned
