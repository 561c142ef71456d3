"""How alike two facings must be to show one product: told by the products that are known, for every embedder anew."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

WITHOUT_PRODUCTS = 0.65  # the least likeness while too few are known
_FEWEST = 20  # products, to tell from
_SELDOM = 0.995  # of the pairs of known products are less alike than the least likeness
_BOUNDS = 0.5, 0.9
_MOST = 3_000  # products that are compared with one another
_DOUBT = 10  # products: so many weigh as much as the guess that nothing is common to all


@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """What to compare vectors by.

    Attributes:
        common: (k,) what the vectors of all products have in common in these stores' light and on these cameras; it
            makes strangers look alike, and is taken away.
        least: the cosine similarity, without it, that different products seldom reach.
    """

    common: Vectors
    least: float

    def applied(self, vectors: Vectors) -> Vectors:
        """Return unit vectors (n, k) without what is common to all, of unit length again."""
        return _unit(vectors - self.common)


def yardstick_of(products: Vectors) -> Yardstick:
    """Take the measure of known products.

    Args:
        products: (n, k) unit vectors, one for each product, in an order that means nothing.
    """
    count = len(products)
    if not count:
        return Yardstick(np.zeros(products.shape[1], np.float32), WITHOUT_PRODUCTS)
    common = np.asarray(products.mean(axis=0) * (count / (count + _DOUBT)), np.float32)
    if count < _FEWEST:
        return Yardstick(common, WITHOUT_PRODUCTS)
    some = _unit(products[:_MOST] - common)
    pairs = (some @ some.T)[np.triu_indices(len(some), 1)]
    return Yardstick(common, float(np.clip(np.quantile(pairs, _SELDOM), *_BOUNDS)))


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12), np.float32)
