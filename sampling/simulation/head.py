"""The head that names instances by frozen vectors, and says how sure it is."""

import numpy as np

from sampling.evidence.discriminant import fit_discriminant
from sampling.simulation.labelled_set import Floats, Ints, Vectors
from sampling.simulation.situation import Namer

_SOFTENED = 0.3  # few labels make discriminants too sure of themselves


def fit_head(vectors: Vectors, labels: Ints, classes: int) -> Namer:
    """Fit regularised linear discriminants and return what turns vectors (b, w) into chances (b, classes).

    Args:
        vectors: (m, w).
        labels: (m,) classes.
        classes: how many there are; those without a label get no chance.
    """
    seen, places = np.unique(labels, return_inverse=True)
    scores = fit_discriminant(vectors, places.astype(np.int64), len(seen), np.ones(len(labels)))

    def name(vectors: Vectors) -> Vectors:
        chances = np.zeros((len(vectors), classes), np.float32)
        chances[:, seen] = softmax(_SOFTENED * scores(vectors))
        return chances

    return name


def softmax(scores: Floats) -> Floats:
    """Return probabilities (n, classes) of scores."""
    powers = np.exp(scores - scores.max(1, keepdims=True))
    chances: Floats = powers / powers.sum(1, keepdims=True)
    return chances
