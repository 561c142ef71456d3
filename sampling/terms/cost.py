"""What labelling a capture costs."""

from dataclasses import dataclass
from typing import ClassVar

from sampling.terms.term import Candidates, Factor, Term


@dataclass(frozen=True, slots=True)
class Cost(Term):
    """One over the cost in the budget's unit, boxes or modelled annotator seconds.

    It is kept apart from the value: the greedy choice divides what a capture covers by what that capture costs, not by
    what the covered ones would cost.
    """

    name: ClassVar[str] = "cost"

    def factor(self, candidates: Candidates) -> Factor:
        """Return the reciprocals."""
        return Factor(1 / candidates.costs)
