"""How unsure the model is about what a capture shows."""

from dataclasses import dataclass
from typing import ClassVar

from sampling.terms.term import Candidates, Factor, Term


@dataclass(frozen=True, slots=True)
class Uncertainty(Term):
    """The sum of a capture's ten largest uncertainties, 0..10, repeated looks included."""

    name: ClassVar[str] = "uncertainty"

    def factor(self, candidates: Candidates) -> Factor:
        """Return the sums."""
        return Factor(candidates.pool.plain[candidates.rows])
