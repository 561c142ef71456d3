"""The intended layout of a bay."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from retail.gtin import Gtin


@dataclass(frozen=True, slots=True)
class Position:
    """One slot of a planogram: shelves count from the top, slots from the left, both from 1.

    Attributes:
        wide: how many facings stand side by side.
        high: how many are stacked.
        x: of the slot's left edge, in cm from the bay's; None where the planogram says no measures.
        width: of the slot in cm; given with `x` or not at all.

    Raises:
        ValueError: for a count below 1, half a measure or a width that is not positive.
    """

    shelf: int
    slot: int
    gtin: Gtin
    wide: int = 1
    high: int = 1
    x: float | None = None
    width: float | None = None

    def __post_init__(self) -> None:
        counts = (self.shelf, self.slot, self.wide, self.high)
        if min(counts) < 1:
            raise ValueError(f"shelf, slot, wide and high count from 1, got {counts}")
        if (self.x is None) is not (self.width is None):
            raise ValueError(f"x and width belong together, got {self.x} and {self.width}")
        if self.width is not None and not self.width > 0:
            raise ValueError(f"the width of a slot is positive, got {self.width}")

    @property
    def facings(self) -> int:
        """How many facings stand in the slot."""
        return self.wide * self.high


@dataclass(frozen=True, slots=True)
class PlannedShelf:
    """Where a shelf is meant to be: its surface is `base` cm below the bay's top, `clear` cm above it are free.

    Raises:
        ValueError: if it is not below the bay's top or has no room.
    """

    number: int
    base: float
    clear: float

    def __post_init__(self) -> None:
        if self.number < 1 or not self.base > 0 or not self.clear > 0:
            raise ValueError(f"number, base and clear are positive, got {self.number}, {self.base} and {self.clear}")


@dataclass(frozen=True)
class Planogram:
    """The intended layout of one kind of bay at one version.

    Attributes:
        id: its name; several bays may follow one planogram.
        version: counts up from 1 with every change.
        positions: by shelf and slot.
        shelves: their measures, where they are known, from the top.
        width: of the bay in cm, where it is known.

    Raises:
        ValueError: if two positions share a shelf and slot, or two shelves a number.
    """

    id: str
    version: int
    positions: tuple[Position, ...]
    shelves: tuple[PlannedShelf, ...] = ()
    width: float | None = None

    def __post_init__(self) -> None:
        places = [(p.shelf, p.slot) for p in self.positions]
        if len(set(places)) != len(places):
            raise ValueError(f"planogram {self.id} has two positions in one slot")
        if len({shelf.number for shelf in self.shelves}) != len(self.shelves):
            raise ValueError(f"planogram {self.id} has two shelves of one number")

    @cached_property
    def by_shelf(self) -> Mapping[int, tuple[Position, ...]]:
        """The positions of each shelf from the left, by its number, from the top."""
        shelves: dict[int, list[Position]] = {}
        for position in sorted(self.positions, key=lambda one: (one.shelf, one.slot)):
            shelves.setdefault(position.shelf, []).append(position)
        return {number: tuple(positions) for number, positions in shelves.items()}

    @cached_property
    def gtins(self) -> frozenset[Gtin]:
        """The products that are planned."""
        return frozenset(position.gtin for position in self.positions)
