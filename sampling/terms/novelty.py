"""Whether a capture shows products with few labels, or none."""

from dataclasses import dataclass
from typing import ClassVar

from sampling.terms.term import Candidates, Factor, Term, mean_over_looks, without

# With so many labelled facings a product is half as new as one without any.
_HALF_KNOWN = 10


@dataclass(frozen=True, slots=True)
class Novelty(Term):
    """1 + the share of a capture's uncertainty in looks that are new, 1..2.

    A look of a class with n labelled facings is new to 10 / (10 + n): wholly where its product is unknown.
    """

    name: ClassVar[str] = "novelty"
    reads_looks: ClassVar[bool] = True

    def factor(self, candidates: Candidates) -> Factor:
        """Return 1 for a capture without looks."""
        if candidates.looks is None:
            return without(candidates, "novelty is off: looks cannot be read")
        if candidates.state.labelled_classes is None:
            return without(candidates, "novelty is off: labelled facings per product were not counted")
        known = candidates.state.labelled_classes
        newness = {name: _HALF_KNOWN / (_HALF_KNOWN + count) for name, count in known.items()}
        some = [candidates.looks_of(row) is not None for row in candidates.rows.tolist()]
        return Factor(1 + mean_over_looks(candidates, newness, 1.0) * some)
