"""The intended layout of a bay, and how a shelf kept it."""

from dataclasses import dataclass
from enum import StrEnum

from retail.gtin import Gtin


class Verdict(StrEnum):
    """What became of a planogram position, or of a facing that has none."""

    CORRECT = "correct"
    WRONG_POSITION = "wrong_position"  # right shelf
    WRONG_SHELF = "wrong_shelf"
    OUT_OF_STOCK = "out_of_stock"
    UNEXPECTED = "unexpected"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Position:
    """One slot of a planogram: shelves count from the top, slots from the left, both from 1."""

    shelf: int
    slot: int
    gtin: Gtin
    facings: int = 1

    def __post_init__(self) -> None:
        if min(self.shelf, self.slot, self.facings) < 1:
            raise ValueError(f"shelf, slot and facings count from 1, got {self.shelf}, {self.slot}, {self.facings}")


@dataclass(frozen=True, slots=True)
class Planogram:
    """The intended layout of one bay at one version.

    Raises:
        ValueError: if two positions share a shelf and slot.
    """

    bay_id: str
    version: int
    positions: tuple[Position, ...]

    def __post_init__(self) -> None:
        places = [(p.shelf, p.slot) for p in self.positions]
        if len(set(places)) != len(places):
            raise ValueError(f"planogram of bay {self.bay_id} has two positions in one slot")
