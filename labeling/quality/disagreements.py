"""Which two answers people take for each other."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from labeling.quality.boundaries import Boundary, Unit


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers at a boundary, and how often people who said one of them agreed.

    Attributes:
        boundary: what the answers are about.
        one, other: the answers, in alphabetical order.
        apart: pairs of people of whom one said this and the other that.
        together: pairs of people who both said `one`, or both `other`.
    """

    boundary: Boundary
    one: str
    other: str
    apart: int
    together: int

    @property
    def confusion(self) -> float:
        """Share of pairs of people who differed, 0..1; about one half where both guess between the two."""
        return self.apart / (self.apart + self.together)


def confused_pairs(units: Iterable[Unit], fewest: int = 1) -> list[Pair]:
    """Return the pairs of answers that people differed about at least so often, the most often confused first.

    Of equally many the more often confused share comes first, then the alphabet decides.
    """
    apart: Counter[tuple[Boundary, str, str]] = Counter()
    together: Counter[tuple[Boundary, str]] = Counter()
    for unit in units:
        words = [word for word in unit.said if word is not None]
        for left, right in combinations(sorted(words), 2):
            if left == right:
                together[unit.boundary, left] += 1
            else:
                apart[unit.boundary, left, right] += 1
    pairs = [
        Pair(boundary, one, other, count, together[boundary, one] + together[boundary, other])
        for (boundary, one, other), count in apart.items()
        if count >= fewest
    ]
    return sorted(pairs, key=lambda p: (-p.apart, -p.confusion, p.boundary, p.one, p.other))
