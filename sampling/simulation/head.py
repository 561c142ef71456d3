"""The head that names instances by frozen vectors, and says how sure it is."""

import numpy as np
import scipy

from sampling.evidence.discriminant import fit_discriminant
from sampling.simulation.labelled_set import Ints, Vectors
from sampling.simulation.situation import Namer

_SOFTENED = 0.1  # few labels make discriminants too sure of themselves; chosen for naming crops


def fit_head(vectors: Vectors, labels: Ints, classes: int, unlabelled: Vectors, softened: float = _SOFTENED) -> Namer:
    """Fit regularised linear discriminants and return what turns vectors (b, w) into chances (b, classes).

    Args:
        vectors: (m, w).
        labels: (m,) classes.
        classes: how many there are; those without a label get no chance.
        unlabelled: (u, w) vectors of what may be labelled, but is not.
        softened: what scores are multiplied by before they become chances.
    """
    seen, places = np.unique(labels, return_inverse=True)
    scores = fit_discriminant(vectors, places.astype(np.int64), len(seen), np.ones(len(labels)), unlabelled)

    def name(vectors: Vectors) -> Vectors:
        chances = np.zeros((len(vectors), classes), np.float32)
        chances[:, seen] = scipy.special.softmax(softened * scores(vectors), axis=1)
        return chances

    return name
