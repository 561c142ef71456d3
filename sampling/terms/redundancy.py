"""How much of a capture's uncertainty is not the same look again."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sampling.terms.term import Candidates, Factor, Term


@dataclass(frozen=True, slots=True)
class Redundancy(Term):
    """Uncertainty of a capture's distinct looks relative to that of its facings, 0..1.

    Repeated facings of one product teach once: entropy-based non-maximum suppression of instances (Wu et al., CVPR
    2022), done in ``sampling.looks`` when a capture comes in.
    """

    name: ClassVar[str] = "redundancy"

    def factor(self, candidates: Candidates) -> Factor:
        """Return the ratios; 1 where there is no uncertainty at all."""
        distinct, plain = candidates.pool.values[candidates.rows], candidates.pool.plain[candidates.rows]
        return Factor(np.divide(distinct, plain, out=np.ones(len(candidates)), where=plain > 0))
