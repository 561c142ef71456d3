"""What staff should do about a bay, in plain words, the most valuable first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from retail.compliance import Compliance, PositionVerdict, Verdict
from retail.gtin import Gtin
from retail.planograms import Position

_MISPLACED = (Verdict.WRONG_POSITION, Verdict.WRONG_SHELF)
_MAYBE_THERE = (Verdict.CORRECT, Verdict.UNDECIDED)  # nobody refills behind a facing whose name is in doubt
_WORTH_A_LOOK = 0.5  # chance that something is wrong with an undecided position
_IN_WORDS = {
    Verdict.WRONG_POSITION: "elsewhere on its shelf",
    Verdict.WRONG_SHELF: "on another shelf",
    Verdict.OUT_OF_STOCK: "out of stock",
}


class ActionKind(StrEnum):
    """What to do, the most urgent first: an empty place sells nothing."""

    REFILL = "refill"
    MOVE = "move"
    REMOVE = "remove"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class StaffAction:
    """One thing to do in a bay.

    Attributes:
        text: a sentence for staff.
        value: facings put right times the probability that they are wrong. Of a refill that is not of an empty
            place only the bare share of it: what still stands there sells.
        gtin: the product; None for one that nobody knows.
        probability: that there is something to do.
        position: where the product belongs, or which to check; None for what belongs nowhere in the bay.
        facings: rows of `Compliance.facings` that are to be moved or removed.
    """

    kind: ActionKind
    text: str
    value: float
    gtin: Gtin | None
    probability: float
    position: Position | None
    facings: tuple[int, ...] = ()


def list_actions(compliance: Compliance, names: Mapping[Gtin, str]) -> tuple[StaffAction, ...]:
    """Return what to do, refills before moves before removals before checks, each by value.

    Nothing where the photo does not look like the planogram's bay; places that no photo shows are left out.

    Args:
        names: of the products, as printed on the pack; one without is called by its GTIN.
    """
    if not compliance.fits:
        return ()
    bay = _Bay(compliance, names)
    found = [*bay.refills(), *bay.moves(), *bay.removals(), *bay.checks()]
    urgency = list(ActionKind)
    return tuple(sorted(found, key=lambda action: (urgency.index(action.kind), -action.value)))


class _Bay:
    """A bay that was judged, with the words for it."""

    def __init__(self, compliance: Compliance, names: Mapping[Gtin, str]) -> None:
        self._facings = compliance.facings
        self._positions = [one for one in compliance.positions if one.in_view]
        self._names = names
        self._place_of = {row: one.position for one in compliance.positions for row in one.facings}

    def refills(self) -> Iterator[StaffAction]:
        for one in self._positions:
            planned = one.position.facings
            if one.verdict is Verdict.OUT_OF_STOCK:
                yield self._refill(one, planned)
            elif one.verdict is Verdict.CORRECT:
                there = sum(self._facings[row].verdict in _MAYBE_THERE for row in one.facings)
                if (missing := planned - there - len(one.elsewhere)) > 0:
                    yield self._refill(one, missing)

    def _refill(self, one: PositionVerdict, missing: int) -> StaffAction:
        planned, gtin = one.position.facings, one.position.gtin
        text = f"Refill {self._name(gtin)} on {_place(one.position)}: {planned - missing} of {_count(planned)}."
        value = missing * missing / planned * one.probability
        return StaffAction(ActionKind.REFILL, text, value, gtin, one.probability, one.position)

    def moves(self) -> Iterator[StaffAction]:
        for one in self._positions:
            rows = [row for row in one.elsewhere if self._facings[row].verdict in _MISPLACED]
            for where, group in self._by_place(rows).items():
                same = where == f"shelf {one.position.shelf}"
                yield self._move(one.position, "elsewhere on that shelf" if same else where, group)

    def _move(self, position: Position, where: str, rows: Sequence[int]) -> StaffAction:
        counted = "" if len(rows) == 1 else f" ({_count(len(rows))})"
        text = f"Move {self._name(position.gtin)} to {_place(position)}, from {where}{counted}."
        value, probability = self._worth(rows)
        return StaffAction(ActionKind.MOVE, text, value, position.gtin, probability, position, tuple(rows))

    def removals(self) -> Iterator[StaffAction]:
        strangers = [row for row, one in enumerate(self._facings) if one.verdict is Verdict.UNEXPECTED]
        for gtin in dict.fromkeys(self._facings[row].gtin for row in strangers):
            rows = [row for row in strangers if self._facings[row].gtin == gtin]
            for where, group in self._by_place(rows).items():
                yield self._removal(gtin, where, group)

    def _removal(self, gtin: Gtin | None, where: str, rows: Sequence[int]) -> StaffAction:
        what = "the unknown product" if gtin is None else self._name(gtin)
        counted = "" if len(rows) == 1 else f" ({_count(len(rows))})"
        text = f"Remove {what} from {where}{counted}: the planogram has it nowhere in this bay."
        value, probability = self._worth(rows)
        return StaffAction(ActionKind.REMOVE, text, value, gtin, probability, None, tuple(rows))

    def checks(self) -> Iterator[StaffAction]:
        for one in self._positions:
            wrong = 1 - one.chances.get(Verdict.CORRECT, 0.0)
            if one.verdict is Verdict.UNDECIDED and wrong >= _WORTH_A_LOOK:
                guess = max(_IN_WORDS, key=lambda verdict: one.chances.get(verdict, 0.0))
                text = f"Check {_place(one.position)}: {self._name(one.position.gtin)} may be {_IN_WORDS[guess]}."
                value = one.position.facings * wrong
                yield StaffAction(ActionKind.CHECK, text, value, one.position.gtin, wrong, one.position)

    def _by_place(self, rows: Iterable[int]) -> dict[str, list[int]]:
        groups: dict[str, list[int]] = {}
        for row in rows:
            groups.setdefault(self._where(row), []).append(row)
        return groups

    def _where(self, row: int) -> str:
        if (position := self._place_of.get(row)) is not None:
            return _place(position)
        shelf = self._facings[row].shelf
        return "this bay" if shelf is None else f"shelf {shelf}"

    def _worth(self, rows: Sequence[int]) -> tuple[float, float]:
        value = sum(self._facings[row].probability for row in rows)
        return value, value / len(rows)

    def _name(self, gtin: Gtin) -> str:
        return self._names.get(gtin, gtin)


def _place(position: Position) -> str:
    return f"shelf {position.shelf}, position {position.slot}"


def _count(facings: int) -> str:
    return f"{facings} facing" + ("" if facings == 1 else "s")
