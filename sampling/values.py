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


def rank_normalised(numbers: NDArray[Any], among: NDArray[Any]) -> NDArray[np.float64]:
    """Return the share of the others that each number exceeds, shape (n,), in 0..1; a tie counts half.

    Args:
        numbers: (n,) some of those among which they are.
        among: (m,) all of them.
    """
    ordered = np.sort(among)
    below = np.searchsorted(ordered, numbers, side="left")
    ties = np.searchsorted(ordered, numbers, side="right") - below - 1
    result: NDArray[np.float64] = (below + ties / 2) / max(len(among) - 1, 1)
    return result
