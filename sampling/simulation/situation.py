"""What a recipe knows when it picks, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sampling.simulation.labelled_set import Floats, Ints, Vectors

Namer = Callable[[Vectors], Vectors]  # vectors (b, w) to class probabilities (b, classes)
# Vectors (m, w), their labels (m,), the number of classes, and vectors (u, w) of what may be labelled, but is not.
Fit = Callable[[Vectors, Ints, int, Vectors], Namer]


@dataclass(frozen=True, slots=True, eq=False)
class Secret:
    """What only the oracle is told: the labels of the open instances (b,), and the test it will be judged by.

    Attributes:
        labels: (b,) true class of each open instance.
        test_vectors: (t, w) of the test's instances.
        test_labels: (t,) their classes.
        test_chances: (t, classes) what the present head believes of them.
    """

    labels: Ints
    test_vectors: Vectors
    test_labels: Ints
    test_chances: Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """n open captures with b instances, beside k labelled captures with m instances, at the start of a round.

    Attributes:
        vectors: (b, w) of the open instances, of unit length.
        owners: (b,) the open capture of each, ascending.
        chances: (b, classes) what the head fitted to all labels so far believes.
        images: (n, w) unit vector of each open capture.
        boxes: (n,) what it costs in boxes.
        seconds: (n,) what it costs in modelled annotator seconds.
        strata: (n,) its condition.
        labelled: (m, w) vectors of the labelled instances.
        ids: (n,) number of each open capture, the same in every round.
        labelled_ids: (k,) number of each labelled capture.
        labelled_owners: (m,) the labelled capture of each, ascending.
        labels: (m,) their classes, as annotators gave them.
        labelled_images: (k, w) unit vector of each labelled capture.
        labelled_strata: (k,) their conditions.
        budget: boxes to spend in this round.
        rng: the recipe's own source of chance.
        fit: fits another head, for recipes that want one.
        secret: None but for the oracle.
    """

    vectors: Vectors
    owners: Ints
    chances: Vectors
    images: Vectors
    boxes: Ints
    seconds: Floats
    strata: Ints
    ids: Ints
    labelled_ids: Ints
    labelled: Vectors
    labelled_owners: Ints
    labels: Ints
    labelled_images: Vectors
    labelled_strata: Ints
    budget: int
    rng: np.random.Generator
    fit: Fit
    secret: Secret | None = None

    @property
    def classes(self) -> int:
        """How many classes the head tells apart."""
        return int(self.chances.shape[1])

    def sums(self, values: Floats) -> Floats:
        """Return for each open capture (n,) the sum of its instances' values (b,)."""
        sums: Floats = np.bincount(self.owners, weights=values, minlength=len(self.boxes)).astype(np.float64)
        return sums

    def means(self, values: Floats) -> Floats:
        """Return for each open capture (n,) the mean of its instances' values (b,)."""
        return self.sums(values) / np.bincount(self.owners, minlength=len(self.boxes))


# Returns open captures, the first to be labelled first; more than the budget pays for is welcome.
Recipe = Callable[[Situation], Ints]
