"""Whether a verdict hangs on it."""

from dataclasses import dataclass
from typing import ClassVar

from sampling.terms.term import Candidates, Factor, Term


@dataclass(frozen=True, slots=True)
class Flip(Term):
    """1 + the probability that a verdict of the capture would flip, 1..2.

    Up to twice as much: doubt that reaches a verdict costs somebody a walk to the shelf, doubt that does not is still
    worth a label.
    """

    name: ClassVar[str] = "flip"

    def factor(self, candidates: Candidates) -> Factor:
        """Return 1 for a capture without verdicts."""
        return Factor(1 + candidates.pool.flips[candidates.rows])
