"""The naming head of shadow fits: linear discriminant analysis on frozen vectors, shrunk twice.

With all labels of two grocery sets it names as well as logistic regression, with a tenth of them far better, and it
takes milliseconds.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampling.signatures import Floats, Rows

Scores = Callable[[NDArray[Any]], Floats]

_SHRINKAGE = 0.2
_PSEUDO_LABELS = 1.0


def fit_discriminant(vectors: NDArray[Any], labels: Rows, classes: int, weights: Floats) -> Scores:
    """Fit, and return a function from vectors (m, k) to scores (m, classes), the largest of which names.

    The covariance within classes is shared and shrunk towards a sphere (Friedman, Regularized discriminant analysis,
    JASA 84, 1989); class means are shrunk towards the mean of all labels as if each class had one label more there, for
    one label says little about a class. Classes are equally likely beforehand, however often they were labelled.

    Args:
        vectors: (n, k), at least one.
        labels: (n,) classes from 0 on.
        classes: how many there are.
        weights: (n,) how often each label counts, above 0.
    """
    width, kind = vectors.shape[1], vectors.dtype  # float32 throughout takes half the time of float64 and names alike
    shares = (weights / weights.sum()).astype(kind)
    members = np.where(labels == np.arange(classes)[:, None], weights, 0.0).astype(kind)  # (c, n)
    counts = members.sum(1, keepdims=True)
    with np.errstate(invalid="ignore"):  # some products raise the flag on lanes of a register that they do not use
        grand = shares @ vectors
        centred = vectors - grand
        means = members @ centred / (counts + kind.type(_PSEUDO_LABELS))
        apart = (centred - means[labels]) * np.sqrt(shares)[:, None]
        spread = kind.type(1 - _SHRINKAGE) * (apart.T @ apart)
    spread[np.diag_indices(width)] += kind.type(_SHRINKAGE * float((apart**2).sum()) / width + 1e-9)
    slopes = np.linalg.solve(spread, means.T)
    levels = -np.einsum("ck,kc->c", means, slopes) / 2
    return lambda seen: np.asarray((seen - grand) @ slopes + levels)
