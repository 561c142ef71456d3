"""Small naming heads on frozen vectors, fitted in milliseconds: what labels are worth, without a retraining.

A fit is handed in as a function: `discriminant_head` is the one that the service uses, a simulation may bring its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampling.evidence.discriminant import fit_discriminant
from sampling.signatures import Floats, Rows, Vectors

Head = Callable[[Vectors], NDArray[np.str_]]
Fit = Callable[[Vectors, NDArray[np.str_], Floats], Head]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledCapture:
    """What a person said about one capture.

    Attributes:
        vectors: (n, k) unit vectors of its facings that were given a product.
        labels: those n products.
        boxes: how many boxes were drawn in it, facings without a product included, at least 1: looking is work too.
        seconds: what it took the annotator.
    """

    capture_id: str
    vectors: Vectors
    labels: tuple[str, ...]
    boxes: int
    seconds: float

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.labels):
            shape = f"{len(self.labels)} labels and vectors of shape {self.vectors.shape}"
            raise ValueError(f"capture {self.capture_id}: expected one row a label, got {shape}")
        if self.boxes < 1 or not self.seconds > 0:
            raise ValueError(f"capture {self.capture_id}: {self.boxes} boxes in {self.seconds} s, expected more")


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Labelled captures laid out in one table, so that subsets of them are fitted and judged without copying.

    Attributes:
        vectors: (f, k) of all facings.
        labels: (f,) their products.
        owners: (f,) the capture of each facing, by its place.
        boxes: (n,) of each capture.
        seconds: (n,) of each capture.
    """

    vectors: Vectors
    labels: NDArray[np.str_]
    owners: Rows
    boxes: Floats
    seconds: Floats

    @classmethod
    def of(cls, captures: Sequence[LabelledCapture]) -> "Labels":
        """Lay captures out in their order."""
        rows = [capture.vectors for capture in captures]
        labels = [label for capture in captures for label in capture.labels]
        return cls(
            vectors=np.concatenate(rows) if rows else np.empty((0, 0), np.float32),
            labels=np.array(labels, np.str_),
            owners=np.repeat(np.arange(len(captures)), [len(capture.labels) for capture in captures]),
            boxes=np.array([capture.boxes for capture in captures], np.float64),
            seconds=np.array([capture.seconds for capture in captures], np.float64),
        )

    def __len__(self) -> int:
        return len(self.boxes)

    def within(self, boxes: float, order: Rows, copies: Floats) -> Floats:
        """Return how often each capture counts, (n,), where captures are labelled in an order until the boxes are used.

        The last capture is in if at least half of it fits, so that subsets of two arms have equal boxes on average.

        Args:
            boxes: how many may be used.
            order: (n,) places, the first one is labelled first.
            copies: (n,) how often each capture is there; more than once in a bootstrap sample.
        """
        cost = (self.boxes * copies)[order]
        fits = np.cumsum(cost) - cost / 2 <= boxes
        taken = np.zeros(len(self))
        taken[order] = np.where(fits, copies[order], 0.0)
        return taken

    def judged(self, head: Head | None) -> Floats:
        """Return the share of each capture's facings that a head names right, (n,); no head names nothing right."""
        right = np.zeros(len(self.labels)) if head is None else (head(self.vectors) == self.labels).astype(np.float64)
        counts = np.bincount(self.owners, minlength=len(self))
        return np.asarray(np.bincount(self.owners, weights=right, minlength=len(self)) / np.maximum(counts, 1))


def fit_on(fit: Fit, parts: Sequence[tuple[Labels, Floats]]) -> Head | None:
    """Fit a head to captures of several tables, each counting so often; None where they have no label."""
    weights = [copies[table.owners] for table, copies in parts]
    used = [weight > 0 for weight in weights]
    if not sum(int(rows.sum()) for rows in used):
        return None
    there = [(table, rows, weight[rows]) for (table, _), rows, weight in zip(parts, used, weights, strict=True)]
    there = [part for part in there if len(part[2])]
    return fit(
        np.concatenate([table.vectors[rows] for table, rows, _ in there]),
        np.concatenate([table.labels[rows] for table, rows, _ in there]),
        np.concatenate([weight for _, _, weight in there]),
    )


def resampled(rng: np.random.Generator, captures: int) -> Floats:
    """Draw a bootstrap sample: how often each of so many captures is in it, (n,)."""
    return rng.multinomial(captures, np.full(captures, 1 / max(captures, 1))).astype(np.float64)


def discriminant_head(vectors: Vectors, labels: NDArray[np.str_], weights: Floats) -> Head:
    """Fit `sampling.evidence.discriminant` to labels (n,), at least one, of unit vectors (n, k), by their weights."""
    classes, of = np.unique(labels, return_inverse=True)
    scores = fit_discriminant(vectors, of, len(classes), weights)
    return lambda seen: np.asarray(classes[scores(seen).argmax(1)])
