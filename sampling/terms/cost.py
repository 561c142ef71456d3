"""What labelling a capture costs."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sampling.terms.term import Candidates, Factor, Term


@dataclass(frozen=True, slots=True)
class Cost(Term):
    """How many facings a unit of the budget buys.

    What a capture teaches grows with its facings, and so does what it costs: so captures compete by what one facing is
    worth. Less buys one whose tags and shelf edges take boxes, too, or one alone in a photo that takes seconds to look
    at. It is kept apart from the value: the greedy choice multiplies what a capture covers by its own factor, not by
    those of the covered ones.
    """

    name: ClassVar[str] = "cost"

    def factor(self, candidates: Candidates) -> Factor:
        """Return the ratios; a capture without facings counts as if it had one."""
        return Factor(np.maximum(candidates.pool.facings[candidates.rows], 1) / candidates.costs)
