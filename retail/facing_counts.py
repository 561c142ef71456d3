"""How many facings of each product a bay shows against its planogram."""

from collections import Counter
from dataclasses import dataclass

from retail.compliance import Compliance, Verdict
from retail.gtin import Gtin


@dataclass(frozen=True, slots=True)
class FacingCount:
    """One product's facings.

    Attributes:
        planned: by the planogram, 0 for a product that it does not ask for.
        seen: anywhere in the bay.
        in_place: of those, where the planogram asks for them.
    """

    gtin: Gtin
    planned: int
    seen: int
    in_place: int


def facing_counts(compliance: Compliance) -> tuple[FacingCount, ...]:
    """Return the count of every product that is planned or seen, by GTIN; facings without a known product are left out.

    A planned position that the photos do not show counts as planned all the same.
    """
    planned: Counter[Gtin] = Counter()
    for position in compliance.planogram.positions:
        planned[position.gtin] += position.facings
    seen = Counter(one.gtin for one in compliance.facings if one.gtin is not None)
    in_place = Counter(one.gtin for one in compliance.facings if one.gtin and one.verdict is Verdict.CORRECT)
    gtins = sorted(planned.keys() | seen.keys())
    return tuple(FacingCount(gtin, planned[gtin], seen[gtin], in_place[gtin]) for gtin in gtins)
