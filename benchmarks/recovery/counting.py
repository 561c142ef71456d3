"""What is counted of photos, and the scores made of it.

A step of the story says of each photo how many facings were named rightly, how many were found, how many boxes of
facings were answered and how many facings there are; and of all photos together what became of the verdicts.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.planogram.figures import f1

Step = dict[str, Any]  # what was measured once something had happened
Counts = NDArray[np.int64]
RIGHT, FOUND, ANSWERED, FACINGS = range(4)


def photo_counts(step: Step) -> Counts:
    """Return right, found, answered and true facings of each photo, (n, 4)."""
    return np.asarray(step["photos"], np.int64).reshape(-1, 4)


def sku_f1(sums: Counts) -> NDArray[np.float64]:
    """Return SKU F1 of sums (..., 4): right answers, twice, over answers and facings."""
    return np.asarray(2 * sums[..., RIGHT] / np.maximum(sums[..., ANSWERED] + sums[..., FACINGS], 1), np.float64)


def f1_of(step: Step) -> float:
    """Return SKU F1 of all photos of a step."""
    return float(sku_f1(photo_counts(step).sum(0)))


def share(step: Step, part: int, whole: int) -> float:
    """Return one count over another, of all photos together."""
    sums = photo_counts(step).sum(0)
    return float(sums[part] / max(1, sums[whole]))


def verdict_f1(step: Step) -> float:
    """Return the macro-F1 of the verdicts; of each the step has right, wrongly given and withheld answers, (5, 3)."""
    return float(np.nanmean(f1(np.array(step["verdicts"], np.int64))))


def find(steps: Sequence[Step], name: str) -> Step:
    """Return the step of a name."""
    return next(step for step in steps if step["step"] == name)
