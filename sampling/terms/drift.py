"""Whether a capture's stratum is seen more often than it was labelled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sampling.terms.term import Candidates, Factor, Term, without

LEAST, MOST = 0.5, 2.0

# So many captures, spread as the recent ones are, are thought labelled beforehand: a few labels decide nothing.
_PRIOR = 20


@dataclass(frozen=True, slots=True)
class Drift(Term):
    """A stratum's share of the recent captures over its share of the labelled ones, clipped to 1/2..2.

    The density ratio of covariate shift (Shimodaira, Journal of Statistical Planning and Inference 90, 2000), per
    stratum; clipped, because its variance grows without bound where little is labelled.
    """

    name: ClassVar[str] = "drift"

    def factor(self, candidates: Candidates) -> Factor:
        """Return the ratios; 1 for all where nothing came lately or nobody counted."""
        recent, labelled = candidates.state.recent_strata, candidates.state.labelled_strata
        if recent is None or labelled is None:
            return without(candidates, "drift is off: captures per stratum were not counted")
        if not sum(recent.values()):
            return without(candidates, "drift is off: no capture came lately")
        ratios = np.array([_ratio(recent, labelled, name) for name in candidates.pool.strata_names])
        return Factor(ratios[candidates.pool.strata[candidates.rows]])


def _ratio(recent: Mapping[str, int], labelled: Mapping[str, int], stratum: str) -> float:
    lately = recent.get(stratum, 0) / sum(recent.values())
    known = (labelled.get(stratum, 0) + _PRIOR * lately) / (sum(labelled.values()) + _PRIOR)
    return float(np.clip(lately / known, LEAST, MOST)) if known else 1.0
