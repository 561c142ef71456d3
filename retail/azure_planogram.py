"""A planogram as Azure's retired planogram matching took it, one position per facing, and as a bay's positions here.

Its documented form: a rectangle with the origin at its top left, in units of its maker's choice; products with width
and height; fixtures, which are the boards that products stand on; positions, which place one facing of a product on a
fixture by the facing's own top left corner.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from retail.gtin import Gtin
from retail.planograms import PlannedShelf, Position

_STACKED = 0.5  # share of the narrower of two facings, from which one is above the other
_APART = 0.5  # facing widths between two facings of one product, from which they are two positions
_LEVEL = 0.5  # share of the thinner of two fixtures, from which they are at one height

T = TypeVar("T")


class BadAzurePlanogram(ValueError):
    """A planogram whose parts do not belong together; `field` is the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class AzureProduct:
    """What stands on the fixtures; `w` and `h` are those of one facing."""

    id: str
    name: str
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class AzureFixture:
    """A board that products stand on; `y` is its upper edge, which is where their feet are."""

    id: str
    w: float
    h: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class AzurePosition:
    """One facing; `x` and `y` are its top left corner."""

    id: str
    product_id: str
    fixture_id: str
    x: float
    y: float


@dataclass(frozen=True)
class AzurePlanogram:
    """A planogram in Azure's form.

    Raises:
        BadAzurePlanogram: for an id given twice, or a position of a product or fixture that is not there.
    """

    width: float
    height: float
    products: tuple[AzureProduct, ...]
    fixtures: tuple[AzureFixture, ...]
    positions: tuple[AzurePosition, ...]

    def __post_init__(self) -> None:
        _check_unique("products", [one.id for one in self.products])
        _check_unique("fixtures", [one.id for one in self.fixtures])
        _check_unique("positions", [one.id for one in self.positions])
        _check_known("productId", [one.product_id for one in self.positions], [one.id for one in self.products])
        _check_known("fixtureId", [one.fixture_id for one in self.positions], [one.id for one in self.fixtures])

    @cached_property
    def boxes(self) -> NDArray[np.float64]:
        """Where the facing of each position is meant to be, (n, 4) in the planogram's units."""
        products = {one.id: one for one in self.products}
        sides = [(one.x, one.y, products[one.product_id]) for one in self.positions]
        rows = [(x, y, x + product.w, y + product.h) for x, y, product in sides]
        return np.array(rows, np.float64).reshape(-1, 4)


@dataclass(frozen=True, slots=True)
class MergedPlanogram:
    """Azure's positions as a bay's.

    Attributes:
        positions: facings of one product side by side or stacked are one position.
        shelves: none if the fixtures leave no room above them.
        ids: of the positions in Azure's form that each became, by its shelf and slot.
    """

    positions: tuple[Position, ...]
    shelves: tuple[PlannedShelf, ...]
    width: float
    ids: Mapping[tuple[int, int], tuple[str, ...]]


def merged(planogram: AzurePlanogram, gtins: Mapping[str, Gtin]) -> MergedPlanogram:
    """Return a planogram in Azure's form as a bay's positions.

    Fixtures at one height are one shelf; those without positions are none. Products of which one stands on another
    are positions of their own, from the top: that is how a person reads them.

    Args:
        planogram: whose units are taken for cm.
        gtins: of its products, by their ids.
    """
    shelves = _shelves(planogram)
    positions: list[Position] = []
    ids: dict[tuple[int, int], tuple[str, ...]] = {}
    for number, fixtures in enumerate(shelves, start=1):
        on_it = {fixture.id for fixture in fixtures}
        rows = [row for row, one in enumerate(planogram.positions) if one.fixture_id in on_it]
        for slot, block in enumerate(_blocks(planogram, rows), start=1):
            positions.append(_position(planogram, gtins, number, slot, block))
            ids[number, slot] = tuple(planogram.positions[row].id for column in block for row in column)
    return MergedPlanogram(tuple(positions), _measures(shelves), planogram.width, ids)


def _check_unique(field: str, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for place, id in enumerate(ids):
        if id in seen:
            raise BadAzurePlanogram(f"{field}[{place}].id", f"the id {id!r} is there twice")
        seen.add(id)


def _check_known(field: str, used: Sequence[str], known: Iterable[str]) -> None:
    there = set(known)
    for place, id in enumerate(used):
        if id not in there:
            raise BadAzurePlanogram(f"positions[{place}].{field}", f"no {field.removesuffix('Id')} has the id {id!r}")


def _shelves(planogram: AzurePlanogram) -> list[list[AzureFixture]]:
    """Return the fixtures that carry something, from the top, those at one height together."""
    used = {one.fixture_id for one in planogram.positions}
    fixtures = sorted((one for one in planogram.fixtures if one.id in used), key=lambda one: (one.y, one.x))
    return _runs(fixtures, _level)


def _level(above: AzureFixture, below: AzureFixture) -> bool:
    shared = min(above.y + above.h, below.y + below.h) - below.y
    beside = above.x + above.w <= below.x or below.x + below.w <= above.x
    return beside and shared >= _LEVEL * min(above.h, below.h)


def _measures(shelves: Sequence[Sequence[AzureFixture]]) -> tuple[PlannedShelf, ...]:
    bases = [min(fixture.y for fixture in fixtures) for fixtures in shelves]
    ceilings = [0.0, *(max(fixture.y + fixture.h for fixture in fixtures) for fixtures in shelves)]
    rooms = [base - ceiling for base, ceiling in zip(bases, ceilings, strict=False)]
    if any(room <= 0 for room in rooms):
        return ()
    return tuple(PlannedShelf(number, *one) for number, one in enumerate(zip(bases, rooms, strict=True), start=1))


def _blocks(planogram: AzurePlanogram, rows: Sequence[int]) -> list[list[list[int]]]:
    """Return the positions of a shelf from the left: columns of facings, grouped where they are one position."""
    lefts, _, rights, _ = planogram.boxes.T

    def in_column(one: int, other: int) -> bool:
        shared = min(rights[one], rights[other]) - max(lefts[one], lefts[other])
        return bool(shared >= _STACKED * min(rights[one] - lefts[one], rights[other] - lefts[other]))

    def alike(left: list[int], right: list[int]) -> bool:
        kinds = {planogram.positions[row].product_id for row in (*left, *right)}
        gap = lefts[right].min() - rights[left].max()
        near = gap < _APART * (rights[right[0]] - lefts[right[0]])
        return len(kinds) == 1 and len(left) == len(right) and bool(near)

    columns = _runs(sorted(rows, key=lambda row: (lefts[row], row)), in_column)
    return _runs([stack for column in columns for stack in _stacks(planogram, column)], alike)


def _stacks(planogram: AzurePlanogram, column: Sequence[int]) -> list[list[int]]:
    """Return a column from the top, the facings of one product together."""
    from_top = sorted(column, key=lambda row: (planogram.positions[row].y, planogram.positions[row].x))
    return _runs(from_top, lambda a, b: planogram.positions[a].product_id == planogram.positions[b].product_id)


def _runs(things: Sequence[T], together: Callable[[T, T], bool]) -> list[list[T]]:
    """Return neighbours that belong together as one list each."""
    cuts = [place for place, pair in enumerate(pairwise(things), start=1) if not together(*pair)]
    return [list(things[first:last]) for first, last in pairwise([0, *cuts, len(things)])] if things else []


def _position(
    planogram: AzurePlanogram, gtins: Mapping[str, Gtin], shelf: int, slot: int, block: Sequence[Sequence[int]]
) -> Position:
    boxes = planogram.boxes[[row for column in block for row in column]]
    left, right = float(boxes[:, 0].min()), float(boxes[:, 2].max())
    gtin = gtins[planogram.positions[block[0][0]].product_id]
    return Position(shelf, slot, gtin, wide=len(block), high=len(block[0]), x=left, width=right - left)
