"""Cost-aware greedy selection by value × diversity."""

from dataclasses import dataclass

import numpy as np

from sampling.index import VectorIndex
from sampling.signatures import Floats, Vectors

# Cosine distance of opposite vectors: where nothing is labelled everything is as new as it can be.
FARTHEST = 2.0


@dataclass(frozen=True, slots=True)
class Step:
    """One greedy choice: the row chosen, its gain, its distance, and whether that was above the median then."""

    row: int
    gain: float
    distance: float
    unlike: bool


def distances_to(labelled: Vectors, vectors: Vectors) -> Floats:
    """Return the cosine distance (1 - cosine, 0..2) of each vector to the nearest labelled one, shape (n,)."""
    if not len(labelled):
        return np.full(len(vectors), FARTHEST)
    index = VectorIndex(labelled[:0])
    index.add(labelled)
    nearest, _ = index.nearest(vectors, 1)
    return np.clip(1.0 - nearest[:, 0].astype(np.float64), 0.0, FARTHEST)


def greedy(
    values: Floats, costs: Floats, vectors: Vectors, distances: Floats, budget: float, at_least_one: bool
) -> list[Step]:
    """Choose row after row with the largest gain ``value × distance / cost`` until none fits into the budget.

    ``distance`` is the cosine distance to the nearest labelled or chosen vector, updated after each choice. With equal
    values and costs this is greedy k-centre (Gonzalez, Theoretical Computer Science 38, 1985; as CoreSet in Sener and
    Savarese, ICLR 2018). Ties go to the lower row.

    Args:
        values: (n,) what a row teaches.
        costs: (n,) what it costs to label, above 0, in the budget's unit.
        vectors: (n, k) unit vectors.
        distances: (n,) distances to what is labelled already.
        budget: most that the choices may cost together.
        at_least_one: choose the row of the largest gain even if it alone exceeds the budget.
    """
    steps: list[Step] = []
    left, distances, open_rows = budget, distances.copy(), np.ones(len(values), bool)
    while True:
        allowed = open_rows & (costs <= left)
        if at_least_one and not steps and not allowed.any():
            allowed = open_rows
        if not allowed.any():
            return steps
        gains = np.where(allowed, values * distances / costs, -1.0)
        row = int(gains.argmax())
        unlike = bool(distances[row] >= np.median(distances[open_rows]))
        steps.append(Step(row, float(gains[row]), float(distances[row]), unlike))
        left -= float(costs[row])
        open_rows[row] = False
        # einsum instead of @: a threaded BLAS may round differently with another number of threads.
        alike = np.einsum("ij,j->i", vectors, vectors[row])
        distances = np.minimum(distances, np.clip(1.0 - alike, 0.0, FARTHEST))
