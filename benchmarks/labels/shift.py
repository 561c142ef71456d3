"""Pools from elsewhere: judged under other light, or in other scenes, than any label is from."""

import numpy as np
from numpy.typing import NDArray

from sampling.simulation.labelled_set import LabelledSet

Mask = NDArray[np.bool_]
_CLUSTERS, _ROUNDS = 12, 25
_SHARE = 0.3  # of the captures, about, that are elsewhere


def other_light(known: LabelledSet) -> Mask:
    """Return captures (n,) in any but the commonest light."""
    other: Mask = known.strata != np.bincount(known.strata).argmax()
    return other


def other_scenes(known: LabelledSet) -> Mask:
    """Return captures (n,) of the clusters of looks that lie farthest from the middle, about three tenths.

    Neither set names its stores. Clusters are of what is left of image vectors when the mean of each capture's class
    has been taken out, so that they are kinds of scenes rather than classes.
    """
    looks = known.images.astype(np.float64)
    _, first = np.unique(known.owners, return_index=True)
    for label in np.unique(known.labels[first]):
        mine = known.labels[first] == label
        looks[mine] -= looks[mine].mean(0)
    clusters = _k_means(looks)
    distances = [float(np.linalg.norm(looks[clusters == cluster].mean(0))) for cluster in range(_CLUSTERS)]
    far = np.argsort(distances)[::-1]
    sizes = np.cumsum(np.bincount(clusters, minlength=_CLUSTERS)[far])
    elsewhere: Mask = np.isin(clusters, far[: int(np.searchsorted(sizes, _SHARE * len(looks))) + 1])
    return elsewhere


def _k_means(looks: NDArray[np.float64]) -> NDArray[np.intp]:
    nearest = np.zeros(len(looks), np.intp)
    centres = looks[np.random.default_rng(0).choice(len(looks), _CLUSTERS, replace=False)]
    for _ in range(_ROUNDS):
        nearest = ((centres**2).sum(1) - 2 * looks @ centres.T).argmin(1)
        filled = [cluster for cluster in range(_CLUSTERS) if (nearest == cluster).any()]
        for cluster in filled:
            centres[cluster] = looks[nearest == cluster].mean(0)
    return nearest
