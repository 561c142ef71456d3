"""Numbers behind the value of a capture."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


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
