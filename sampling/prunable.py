"""Which labelled captures teach nothing that a newer one does not."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from sampling.gate.near_duplicates import find_near_duplicate
from sampling.signatures import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A capture of a training set.

    Attributes:
        capture_id: its id.
        bay_id: only captures of one bay can be near-duplicates.
        taken_at: when.
        vector: (k,) unit image vector, None where it is not known; all of one model.
    """

    capture_id: str
    bay_id: str
    taken_at: datetime
    vector: Vectors | None


@dataclass(frozen=True, slots=True)
class Prunable:
    """A capture that can be left out, and the newer one that it looks like."""

    capture_id: str
    of: str
    similarity: float


def find_prunable(captures: Iterable[Trained], similarity: float) -> tuple[Prunable, ...]:
    """Return the captures that look like a newer one of their bay that stays, by id.

    Args:
        captures: of a training set; those without a vector are not looked at.
        similarity: cosine of image vectors from which two count as near-duplicates.
    """
    bays: dict[str, list[Trained]] = defaultdict(list)
    for capture in captures:
        if capture.vector is not None:
            bays[capture.bay_id].append(capture)
    found = [one for bay in bays.values() for one in _of_bay(bay, similarity)]
    return tuple(sorted(found, key=lambda one: one.capture_id))


def _of_bay(captures: list[Trained], similarity: float) -> Iterable[Prunable]:
    kept: list[Trained] = []
    vectors = np.empty((0, 0), np.float32)
    for capture in sorted(captures, key=lambda one: (one.taken_at, one.capture_id), reverse=True):
        assert capture.vector is not None
        like = find_near_duplicate(vectors, capture.vector, similarity)
        if like is None:
            kept.append(capture)
            vectors = np.stack([one.vector for one in kept if one.vector is not None])
        else:
            yield Prunable(capture.capture_id, kept[like].capture_id, float(vectors[like] @ capture.vector))
