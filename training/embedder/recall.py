"""How often the nearest product is the right one: over all, by category, by light."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.embedder.network import Floats

SHOTS = 5


def first_shots(labels: NDArray[np.intp], shots: int = SHOTS) -> NDArray[np.bool_]:
    """Tell which crops are references: the first few of each product."""
    reference = np.zeros(len(labels), bool)
    for product in np.unique(labels):
        reference[np.flatnonzero(labels == product)[:shots]] = True
    return reference


def nearest(references: Floats, labels: NDArray[np.intp], queries: Floats) -> NDArray[np.intp]:
    """Return for each query the product whose references' mean is closest by cosine.

    Args:
        references: (m, width) unit vectors.
        labels: (m,) product of each.
        queries: (n, width) unit vectors.
    """
    products = np.unique(labels)
    means = np.stack([references[labels == product].mean(0) for product in products])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(products[(queries @ means.T).argmax(1)])


def recall_by(right: NDArray[np.bool_], groups: Mapping[str, Sequence[Any]]) -> dict[str, float]:
    """Return recall@1 over all and for each value of each grouping, named ``recall/category/Fruit``.

    Args:
        right: (n,) whether the nearest product was the right one.
        groups: for each grouping, what each of the n queries belongs to.
    """
    figures = {"recall": float(right.mean())}
    for name, values in groups.items():
        for value in sorted({str(one) for one in values}):
            rows = np.array([str(one) == value for one in values])
            figures[f"recall/{name}/{value}"] = float(right[rows].mean())
    return figures
