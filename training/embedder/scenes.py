"""Photos in folds that share no scene: what was learned from one shot must not be tested on the next one."""

import numpy as np
from numpy.typing import NDArray

from training.embedder.network import Floats
from training.embedder.projection import balanced

Ints = NDArray[np.int64]
FOLDS = 5
NEAR_DUPLICATE = 0.8  # cosine of balanced features: from there on pairs show one scene, at 0.75 some, below 0.7 none


def scene_folds(features: Floats, products: Ints) -> Ints:
    """Return the fold (n,) of each photo, whose scenes are told by its features (n, FEATURES)."""
    parts = balanced(features, features.mean(0))
    return assign_folds(products, (parts / np.linalg.norm(parts, axis=1, keepdims=True)).astype(np.float32))


def assign_folds(products: Ints, vectors: Floats, likeness: float = NEAR_DUPLICATE) -> Ints:
    """Return the fold (n,) of each photo.

    Photos of one product that are at least so much alike are joined, and what is joined with them. These components
    stay whole: the largest ones first, each goes to the fold that has the fewest photos of the product, then of all.

    Args:
        products: (n,) product of each photo.
        vectors: (n, width) unit vectors by which photos are alike.
        likeness: cosine from which on two photos are near-duplicates.
    """
    folds, loads = np.zeros(len(products), np.int64), np.zeros(FOLDS, np.int64)
    for product in np.unique(products):
        rows = np.flatnonzero(products == product)
        components = _components(vectors[rows] @ vectors[rows].T >= likeness)
        labels, sizes = np.unique(components, return_counts=True)
        mine = np.zeros(FOLDS, np.int64)
        for place in np.argsort(-sizes, kind="stable"):
            fold = min(range(FOLDS), key=lambda fold: (mine[fold], loads[fold]))
            folds[rows[components == labels[place]]] = fold
            mine[fold] += sizes[place]
            loads[fold] += sizes[place]
    return folds


def _components(joined: NDArray[np.bool_]) -> Ints:
    """Return the connected component (n,) of each row, named by its first one."""
    labels = np.arange(len(joined))
    joined = joined | np.eye(len(joined), dtype=bool)
    while True:
        lowest = np.where(joined, labels[None], len(labels)).min(1)
        if (lowest == labels).all():
            return labels
        labels = lowest
