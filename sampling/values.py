"""How much labelling a capture would teach."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

TOP = 10


def capture_value(uncertainties: NDArray[Any]) -> float:
    """Return the capture value A: the sum of the ten largest uncertainties of its detections, 0..10.

    Ten, because a crowded shelf would otherwise win by its number of boxes alone. This is the first version of
    the value: redundancy within the photo, novelty and drift do not enter yet.
    """
    return float(np.sort(uncertainties.astype(np.float64))[-TOP:].sum())


def weighed_by_flips(capture_values: NDArray[np.float64], flips: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values times (1 + probability that a verdict of the capture would flip), both (n,).

    Up to twice as much: doubt that reaches a verdict costs somebody a walk to the shelf, doubt that does not is still
    worth a label.
    """
    result: NDArray[np.float64] = capture_values * (1 + flips)
    return result


def rank_normalised(numbers: NDArray[Any]) -> NDArray[np.float64]:
    """Return the share of the other numbers that each one exceeds, shape (n,), in 0..1; a tie counts half."""
    ordered = np.sort(numbers)
    below = np.searchsorted(ordered, numbers, side="left")
    ties = np.searchsorted(ordered, numbers, side="right") - below - 1
    result: NDArray[np.float64] = (below + ties / 2) / max(len(numbers) - 1, 1)
    return result
