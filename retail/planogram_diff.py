"""What is otherwise in one layout than in another, for people who refill shelves."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from retail.gtin import Gtin
from retail.planograms import PlannedShelf, Planogram, Position


class DifferenceKind(StrEnum):
    """What became of a position."""

    REMOVED = "removed"
    MOVED = "moved"  # to another shelf, or past a neighbour that stays
    ADDED = "added"
    FACINGS = "facings"
    MEASURES = "measures"  # it stands as before, some cm from there or on more or fewer cm


_KINDS = tuple(DifferenceKind)


@dataclass(frozen=True, slots=True)
class Difference:
    """One position that is otherwise; `before` is None for an added one, `after` for a removed one."""

    kind: DifferenceKind
    gtin: Gtin
    before: Position | None
    after: Position | None

    def sentence(self, names: Mapping[Gtin, str]) -> str:
        """Say it in plain words; a product without a name is called by its GTIN."""
        name, before, after = names.get(self.gtin, self.gtin), self.before, self.after
        if before is None or after is None:
            at = after or before
            assert at is not None
            verb, place = ("Add", f"at {_place(at)}") if before is None else ("Remove", f"from {_place(at)}")
            return f"{verb} {name} {place}: {_facings(at)}."
        match self.kind:
            case DifferenceKind.MOVED:
                return f"Move {name} from {_place(before)} to {_place(after)}."
            case DifferenceKind.FACINGS:
                return f"{name} at {_place(after)}: {_facings(after)} instead of {_facings(before)}."
            case _:
                return f"{name} at {_place(after)}: {_measures(after)} instead of {_measures(before)}."


def differences(before: Planogram, after: Planogram) -> tuple[Difference, ...]:
    """Return what is otherwise, by shelf and slot: removals first, then moves, additions, facings and measures.

    Whatever keeps its shelf and its order among those that stay has not moved, also where its slot's number changed
    because a neighbour came or went. A position that moved may have other facings too: it is then in both lists.
    """
    stayed, left, come = _stayed(before, after)
    moved, removed, added = _moved(left, come)
    other_facings = [(one, to) for one, to in stayed + moved if (one.wide, one.high) != (to.wide, to.high)]
    other_measures = [
        (one, to)
        for one, to in stayed
        if (one.wide, one.high) == (to.wide, to.high) and (one.x, one.width) != (to.x, to.width)
    ]
    found = [Difference(DifferenceKind.REMOVED, one.gtin, one, None) for one in removed]
    found += [Difference(DifferenceKind.MOVED, one.gtin, one, to) for one, to in moved]
    found += [Difference(DifferenceKind.ADDED, one.gtin, None, one) for one in added]
    found += [Difference(DifferenceKind.FACINGS, one.gtin, one, to) for one, to in other_facings]
    found += [Difference(DifferenceKind.MEASURES, one.gtin, one, to) for one, to in other_measures]
    return tuple(sorted(found, key=_reading_order))


def measure_sentences(before: Planogram, after: Planogram) -> tuple[str, ...]:
    """Say in plain words what is otherwise in the measures of the bay and its shelves."""
    said = []
    if before.width != after.width:
        said.append(f"Width of the bay: {_cm(after.width)} instead of {_cm(before.width)}.")
    old, new = ({shelf.number: shelf for shelf in one.shelves} for one in (before, after))
    for number in sorted(old.keys() | new.keys()):
        if old.get(number) != new.get(number):
            said.append(f"Shelf {number}: {_where(new.get(number))} instead of {_where(old.get(number))}.")
    return tuple(said)


Pair = tuple[Position, Position]


def _stayed(before: Planogram, after: Planogram) -> tuple[list[Pair], list[Position], list[Position]]:
    """Return the positions that keep their shelf and order, and the others of before and of after."""
    stayed: list[Pair] = []
    for number in before.by_shelf.keys() & after.by_shelf.keys():
        stayed += _common(before.by_shelf[number], after.by_shelf[number])
    kept, keeping = {_order(one) for one, _ in stayed}, {_order(one) for _, one in stayed}
    left = [one for one in before.positions if _order(one) not in kept]
    return stayed, left, [one for one in after.positions if _order(one) not in keeping]


def _common(before: tuple[Position, ...], after: tuple[Position, ...]) -> Iterator[Pair]:
    """Yield a longest common subsequence of two shelves by product."""
    longest = [[0] * (len(after) + 1) for _ in range(len(before) + 1)]
    for i in reversed(range(len(before))):
        for j in reversed(range(len(after))):
            longest[i][j] = (
                longest[i + 1][j + 1] + 1
                if before[i].gtin == after[j].gtin
                else max(longest[i + 1][j], longest[i][j + 1])
            )
    i = j = 0
    while i < len(before) and j < len(after):
        if before[i].gtin == after[j].gtin:
            yield before[i], after[j]
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1


def _moved(left: Iterable[Position], come: Iterable[Position]) -> tuple[list[Pair], list[Position], list[Position]]:
    """Pair what left one place with what came to another, product by product; return the rest of both too."""
    waiting: dict[Gtin, list[Position]] = defaultdict(list)
    for one in sorted(left, key=_order, reverse=True):
        waiting[one.gtin].append(one)
    moved, added = [], []
    for one in sorted(come, key=_order):
        if waiting[one.gtin]:
            moved.append((waiting[one.gtin].pop(), one))
        else:
            added.append(one)
    return moved, [one for rest in waiting.values() for one in rest], added


def _reading_order(one: Difference) -> tuple[int, int, int]:
    at = one.after or one.before
    assert at is not None
    return _KINDS.index(one.kind), *_order(at)


def _order(position: Position) -> tuple[int, int]:
    return position.shelf, position.slot


def _place(position: Position) -> str:
    return f"shelf {position.shelf}, position {position.slot}"


def _facings(position: Position) -> str:
    count = "1 facing" if position.facings == 1 else f"{position.facings} facings"
    return count if position.high == 1 else f"{count} ({position.wide} wide, {position.high} high)"


def _measures(position: Position) -> str:
    if position.x is None or position.width is None:
        return "no measures"
    return f"{position.x:g} to {position.x + position.width:g} cm"


def _cm(length: float | None) -> str:
    return "none" if length is None else f"{length:g} cm"


def _where(shelf: PlannedShelf | None) -> str:
    if shelf is None:
        return "no measures"
    return f"{shelf.base:g} cm below the top with {shelf.clear:g} cm of room"
