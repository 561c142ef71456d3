"""Whether a capture shows classes that the model finds hard."""

from dataclasses import dataclass
from typing import ClassVar

from sampling.terms.term import Candidates, Factor, Term, mean_over_looks, without

_AVERAGE = 1.0


@dataclass(frozen=True, slots=True)
class Difficulty(Term):
    """The mean difficulty of a capture's looks, weighed by their uncertainty; see ``sampling.difficulty``.

    Times the capture's value this is the sum of its uncertainties, each weighed by the difficulty of its class, as in
    difficulty-calibrated uncertainty sampling (Yang et al., CVPR 2024).
    """

    name: ClassVar[str] = "difficulty"
    reads_looks: ClassVar[bool] = True

    def factor(self, candidates: Candidates) -> Factor:
        """Return the means; 1, which is average, for a capture without looks."""
        if candidates.looks is None:
            return without(candidates, "difficulty is off: looks cannot be read")
        if not candidates.state.difficulty:
            return without(candidates, "difficulty is off: no random pick of this model's pre-labels is labelled yet")
        return Factor(mean_over_looks(candidates, candidates.state.difficulty, _AVERAGE))
