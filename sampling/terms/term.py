"""What all terms have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from operator import mul
from typing import ClassVar

import numpy as np

from sampling.looks import Looks
from sampling.signatures import Floats, Pool, Rows
from sampling.state import LoopState


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Some captures of a pool, as terms see them.

    Attributes:
        pool: where they are from.
        rows: (n,) their rows in it.
        costs: (n,) what each costs to label, above 0, in the budget's unit.
        state: what is known of the loop.
        looks: by capture id; None where they were not read or cannot be.
    """

    pool: Pool
    rows: Rows
    costs: Floats
    state: LoopState
    looks: Mapping[str, Looks] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def looks_of(self, row: int) -> Looks | None:
        """Return the looks of a capture of the pool, None where it has none."""
        found = self.looks.get(self.pool.ids[row]) if self.looks is not None else None
        return found if found is not None and len(found.classes) else None


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """What a term says: (n,) numbers of 0 or more, and a note where it could not say it of all."""

    numbers: Floats
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Term(ABC):
    """One factor of a capture's value; ``weight`` is its exponent, 0 switches it off."""

    name: ClassVar[str]
    reads_looks: ClassVar[bool] = False  # such a term is known of the shortlist only
    weight: float

    def multiply(self, candidates: Candidates) -> Factor:
        """Return what the term multiplies values by: its factor to the power of its weight, exactly 1 when off."""
        if not self.weight:
            return Factor(np.ones(len(candidates)))
        factor = self.factor(candidates)
        return Factor(factor.numbers**self.weight, factor.note)

    @abstractmethod
    def factor(self, candidates: Candidates) -> Factor:
        """Return the factor; 1 where what it needs is missing, with a note that says so."""


def without(candidates: Candidates, note: str) -> Factor:
    """Return the factor of a term that lacks what it needs."""
    return Factor(np.ones(len(candidates)), note)


def mean_over_looks(candidates: Candidates, number_of: Mapping[str, float], otherwise: float) -> Floats:
    """Average a number per class over each capture's looks, weighed by their uncertainty; 1 without looks.

    Args:
        candidates: the captures.
        number_of: the number by class.
        otherwise: of classes that are missing there.
    """
    means = np.ones(len(candidates))
    for place, row in enumerate(candidates.rows.tolist()):
        looks = candidates.looks_of(row)
        if looks is not None:
            numbers, values = [number_of.get(name, otherwise) for name in looks.classes], looks.values.tolist()
            total = sum(values)
            means[place] = sum(map(mul, numbers, values)) / total if total else sum(numbers) / len(numbers)
    return means
