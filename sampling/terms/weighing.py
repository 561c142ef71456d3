"""The value of captures: the product of their terms."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sampling.signatures import Floats
from sampling.terms.cost import Cost
from sampling.terms.term import Candidates, Term


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """What n captures are worth.

    Attributes:
        values: (n,) product of all terms but the cost.
        cheapness: (n,) the cost term, above 0.
        factors: by term, what it multiplied each value by, (n,).
        notes: what terms had to do without.
    """

    values: Floats
    cheapness: Floats
    factors: dict[str, Floats]
    notes: tuple[str, ...]


def weigh(candidates: Candidates, terms: Sequence[Term]) -> Weighed:
    """Multiply the terms."""
    said = [(term, term.multiply(candidates)) for term in terms]
    one = np.ones(len(candidates))
    return Weighed(
        values=math.prod((factor.numbers for term, factor in said if not isinstance(term, Cost)), start=one),
        cheapness=math.prod((factor.numbers for term, factor in said if isinstance(term, Cost)), start=one),
        factors={term.name: factor.numbers for term, factor in said},
        notes=tuple(factor.note for _, factor in said if factor.note is not None),
    )
