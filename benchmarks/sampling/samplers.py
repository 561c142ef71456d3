"""One sampler picks rows of a pool for diversity: a process of its own for each, see ``diversity``."""

import argparse
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

import faiss
import numpy as np

from benchmarks.sampling.pool import SEED
from benchmarks.sampling.processes import answer, timed
from sampling.choice.k_centre import k_centre
from sampling.signatures import Rows, Vectors

_ROUNDS = 20  # of k-means


def ours(vectors: Vectors, count: int) -> Rows:
    """Pick as Shelfloop does."""
    return k_centre(vectors, count, SEED)


def numpy_k_centre(vectors: Vectors, count: int) -> Rows:
    """Pick by the textbook loop, from the same first row."""
    picks = [int(np.random.default_rng(SEED).integers(len(vectors)))]
    nearest = vectors @ vectors[picks[0]]
    while len(picks) < count:
        picks.append(int(nearest.argmin()))
        np.maximum(nearest, vectors @ vectors[picks[-1]], out=nearest)
    return np.array(picks)


def faiss_k_means(vectors: Vectors, count: int) -> Rows:
    """Pick the row nearest to each centre."""
    means = faiss.Kmeans(vectors.shape[1], count, niter=_ROUNDS, seed=SEED, spherical=True)
    means.train(vectors)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    _, nearest = index.search(np.asarray(means.centroids), 1)
    return np.unique(nearest[:, 0])


def lightly_mundig(vectors: Vectors, count: int) -> Rows:
    """Pick with the compiled sampler of Lightly Studio."""
    selection = import_module("lightly_mundig").Selection()  # installed by the benchmark, if at all
    selection.add_diversifying_strategy(vectors, 1.0)
    return np.array(selection.run_selection([], len(vectors), count))


SAMPLERS: Mapping[str, Callable[[Vectors, int], Rows]] = {
    sampler.__name__: sampler for sampler in (ours, numpy_k_centre, faiss_k_means, lightly_mundig)
}


def main() -> None:
    """Pick, write the rows, and print seconds and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sampler", choices=SAMPLERS)
    parser.add_argument("vectors", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("picks", type=Path)
    asked = parser.parse_args()
    vectors = np.load(asked.vectors)
    seconds, picks = timed(lambda: SAMPLERS[asked.sampler](vectors, asked.count))
    np.save(asked.picks, picks)
    answer(seconds=seconds)


if __name__ == "__main__":
    main()
