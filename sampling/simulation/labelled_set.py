"""Captures whose labels are all known, as a frozen backbone sees them: what a simulation hides and reveals."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Vectors = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """n captures with b instances; an instance is what is seen in a capture, a facing or a proposal.

    Attributes:
        name: of the set, as reports call it.
        vectors: (b, w) of unit length, one for each instance; frozen, nothing was learned from these labels.
        labels: (b,) class of each instance, 0 to `classes` - 1.
        owners: (b,) capture of each instance, ascending, 0 to n - 1; every capture has one at least.
        classes: how many classes there are.
        boxes: (n,) what labelling a capture costs in boxes, at least 1.
        seconds: (n,) what it costs in modelled annotator seconds.
        strata: (n,) condition of each capture, known before anybody labels it.
        folds: (n,) captures of different folds share no scene; near-duplicates lie in one fold.

    Raises:
        ValueError: naming the array whose shape does not fit, or owners that leave a capture out.
    """

    name: str
    vectors: Vectors
    labels: Ints
    owners: Ints
    classes: int
    boxes: Ints
    seconds: Floats
    strata: Ints
    folds: Ints

    def __post_init__(self) -> None:
        """Check shapes once, where they are still known by name."""
        n = len(self.boxes)
        for name, expected in (("labels", len(self.vectors)), ("owners", len(self.vectors))):
            if len(getattr(self, name)) != expected:
                raise ValueError(f"{name}: {len(getattr(self, name))} for {expected} vectors")
        for name in ("seconds", "strata", "folds"):
            if len(getattr(self, name)) != n:
                raise ValueError(f"{name}: {len(getattr(self, name))} for {n} captures")
        if (np.diff(self.owners) < 0).any() or not np.array_equal(np.unique(self.owners), np.arange(n)):
            raise ValueError(f"owners: must ascend and name each of the {n} captures")

    @cached_property
    def images(self) -> Vectors:
        """Return one unit vector (n, w) for each capture: the direction of its instances' sum."""
        sums = np.add.reduceat(self.vectors, self._starts[:-1], axis=0)
        images: Vectors = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        return images

    @cached_property
    def _starts(self) -> Ints:
        return np.searchsorted(self.owners, np.arange(len(self.boxes) + 1)).astype(np.int64)

    def instances(self, captures: Ints) -> tuple[Ints, Ints]:
        """Return the instances of some captures, and for each the place of its capture among these."""
        counts = self._starts[captures + 1] - self._starts[captures]
        places = np.repeat(np.arange(len(captures)), counts)
        within = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
        return self._starts[captures][places] + within, places

    def relabelled(self, labels: Ints) -> "LabelledSet":
        """Return the same captures with other labels, as careless annotators give them."""
        return replace(self, labels=labels)

    def split_into(self, folds: Ints) -> "LabelledSet":
        """Return the same captures in other folds."""
        return replace(self, folds=folds)


def mislabelled(labels: Ints, classes: int, share: float, rng: np.random.Generator) -> Ints:
    """Return labels (b,) of which `share`, drawn at random, are a random other class."""
    wrong = rng.permutation(len(labels))[: round(share * len(labels))]
    given = labels.copy()
    given[wrong] = (labels[wrong] + rng.integers(1, classes, len(wrong))) % classes
    return given
