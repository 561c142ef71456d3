"""How unsure the model is about what a capture shows."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sampling.terms.term import Candidates, Factor, Term


@dataclass(frozen=True, slots=True)
class Uncertainty(Term):
    """The mean uncertainty of a capture's facings, 0..1, repeated looks included.

    A mean, because all of a capture is labelled and paid for: where everything is doubtful, as after new lamps,
    neither a close-up nor a crowded bay is worth more by its size.
    """

    name: ClassVar[str] = "uncertainty"

    def factor(self, candidates: Candidates) -> Factor:
        """Return the means; 0 without facings."""
        pool, rows = candidates.pool, candidates.rows
        return Factor(pool.plain[rows] / np.maximum(pool.facings[rows], 1))
