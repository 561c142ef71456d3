"""Similarities that do not depend on the number of threads."""

import numpy as np

from sampling.signatures import Vectors


def similarities(vectors: Vectors, others: Vectors) -> Vectors:
    """Return the products (n, m) of vectors (n, k) and others (m, k): cosine similarities where all are unit vectors.

    A matrix product shares out rows and columns among threads and sums each entry in one thread, always in the same
    order. The product of a matrix and a single vector may share out the sums themselves, so it is not used.
    """
    if len(others) == 1:
        return (vectors @ np.repeat(others, 2, axis=0).T)[:, :1]
    return vectors @ others.T
