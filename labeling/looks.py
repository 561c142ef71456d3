"""Whether one label is given to two looks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST = 12  # facings of a label, below which nothing is said about it
SMALLER_SHARE = 0.2  # of facings: fewer are slips, not a look of their own
APART = 0.45  # mean silhouette; facings of one look part at about 0.1, whatever they are parted by
_STEPS = 20


@dataclass(frozen=True, slots=True, eq=False)
class TwoLooks:
    """A label's facings in two groups.

    Attributes:
        second: (n,) whether a facing is in the smaller group.
        silhouette: how far the groups are apart, 0..1 (P. J. Rousseeuw 1987, by cosine distance).
        typical: row of the most typical facing of the larger and of the smaller group.
    """

    second: NDArray[np.bool_]
    silhouette: float
    typical: tuple[int, int]


def two_looks(vectors: NDArray[np.float32]) -> TwoLooks | None:
    """Part a label's facings in two groups by their looks; None where they look like one product.

    Args:
        vectors: (n, d) unit vectors of facings with this label.
    """
    if len(vectors) < FEWEST:
        return None
    second = _parted(vectors)
    if not SMALLER_SHARE * len(vectors) <= second.sum() <= len(vectors) / 2:
        return None
    silhouette = _silhouette(1 - vectors @ vectors.T, second)
    if silhouette < APART:
        return None
    return TwoLooks(second, silhouette, (_typical(vectors, ~second), _typical(vectors, second)))


def _parted(vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return who is in the smaller of two groups: 2-means from the two facings along the widest direction."""
    centred = vectors - vectors.mean(0)
    along = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
    second: NDArray[np.bool_] = along > 0
    for _ in range(_STEPS):
        if second.all() or not second.any():
            return np.zeros(len(vectors), bool)
        centres = np.stack([vectors[~second].mean(0), vectors[second].mean(0)])
        nearer = ((vectors[:, None] - centres) ** 2).sum(2)
        moved: NDArray[np.bool_] = nearer[:, 1] < nearer[:, 0]
        if (moved == second).all():
            break
        second = moved
    return second if second.sum() <= len(second) / 2 else ~second


def _silhouette(distances: NDArray[np.float32], second: NDArray[np.bool_]) -> float:
    same = second[:, None] == second[None, :]
    own = (distances * same).sum(1) / np.maximum(same.sum(1) - 1, 1)
    other = (distances * ~same).sum(1) / np.maximum((~same).sum(1), 1)
    return float(np.mean((other - own) / np.maximum(np.maximum(own, other), 1e-6)))


def _typical(vectors: NDArray[np.float32], group: NDArray[np.bool_]) -> int:
    likeness = vectors @ vectors[group].mean(0)
    return int(np.where(group, likeness, -np.inf).argmax())
