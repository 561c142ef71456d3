from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.gtin import Gtin
from retail.planogram_diff import DifferenceKind, differences, measure_sentences
from retail.planograms import PlannedShelf, Planogram, Position

A, B, C, D = (Gtin(f"000000000000{end}") for end in ("17", "24", "31", "48"))
NAMES = {A: "Apple juice", B: "Banana milk", C: "Cola", D: "Dates"}


def planogram(*shelves: str) -> Planogram:
    """A planogram of shelves from the top, each a text of products: `planogram("AB", "C")`."""
    known = dict(zip("ABCD", (A, B, C, D), strict=True))
    positions = [
        Position(number, slot, known[letter])
        for number, letters in enumerate(shelves, 1)
        for slot, letter in enumerate(letters, 1)
    ]
    return Planogram("p", 1, tuple(positions))


def said(before: Planogram, after: Planogram) -> list[str]:
    return [one.sentence(NAMES) for one in differences(before, after)]


def with_position(layout: Planogram, place: int, **changes: object) -> Planogram:
    positions = list(layout.positions)
    positions[place] = replace(positions[place], **changes)  # type: ignore[arg-type]
    return replace(layout, positions=tuple(positions))


def test_alike() -> None:
    assert said(planogram("AB", "C"), planogram("AB", "C")) == []


def test_a_neighbour_that_comes_or_goes_moves_nobody() -> None:
    assert said(planogram("ABC"), planogram("DABC")) == ["Add Dates at shelf 1, position 1: 1 facing."]
    assert said(planogram("ABC"), planogram("BC")) == ["Remove Apple juice from shelf 1, position 1: 1 facing."]


def test_moves_to_another_shelf_and_past_a_neighbour() -> None:
    assert said(planogram("AB", "CD"), planogram("B", "CAD")) == [
        "Move Apple juice from shelf 1, position 1 to shelf 2, position 2."
    ]
    assert said(planogram("ABC"), planogram("BCA")) == [
        "Move Apple juice from shelf 1, position 1 to shelf 1, position 3."
    ]


def test_everything_at_once_in_the_order_of_work() -> None:
    before, after = planogram("AB", "C"), planogram("DB", "BC")
    after = with_position(after, 1, wide=3, high=2)
    assert said(before, after) == [
        "Remove Apple juice from shelf 1, position 1: 1 facing.",
        "Add Dates at shelf 1, position 1: 1 facing.",
        "Add Banana milk at shelf 2, position 1: 1 facing.",
        "Banana milk at shelf 1, position 2: 6 facings (3 wide, 2 high) instead of 1 facing.",
    ]


def test_what_moves_may_have_other_facings_too() -> None:
    after = with_position(planogram("B", "A"), 1, wide=2)
    assert said(planogram("AB"), after) == [
        "Move Apple juice from shelf 1, position 1 to shelf 2, position 1.",
        "Apple juice at shelf 2, position 1: 2 facings instead of 1 facing.",
    ]


def test_measures() -> None:
    before = with_position(planogram("AB"), 1, x=10.0, width=20.0)
    after = with_position(planogram("AB"), 1, x=12.5, width=20.0)
    assert said(before, after) == ["Banana milk at shelf 1, position 2: 12.5 to 32.5 cm instead of 10 to 30 cm."]
    assert said(planogram("AB"), after) == [
        "Banana milk at shelf 1, position 2: 12.5 to 32.5 cm instead of no measures."
    ]
    low, high = PlannedShelf(2, 60, 30), PlannedShelf(2, 70, 35)
    assert measure_sentences(replace(before, shelves=(low,)), replace(before, shelves=(high,), width=100)) == (
        "Width of the bay: 100 cm instead of none.",
        "Shelf 2: 70 cm below the top with 35 cm of room instead of 60 cm below the top with 30 cm of room.",
    )


def test_a_product_without_a_name_is_called_by_its_gtin() -> None:
    (one,) = differences(planogram("A"), planogram("AB"))
    assert one.sentence({}) == f"Add {B} at shelf 1, position 2: 1 facing."


layouts = st.lists(st.text("ABCD", max_size=6), max_size=4).map(lambda shelves: planogram(*shelves))


@given(layouts, layouts)
def test_the_differences_make_the_later_layout_of_the_earlier(before: Planogram, after: Planogram) -> None:
    found = differences(before, after)
    gone = [one.before for one in found if one.kind in (DifferenceKind.REMOVED, DifferenceKind.MOVED)]
    come = [one.after for one in found if one.kind in (DifferenceKind.ADDED, DifferenceKind.MOVED)]
    for shelf in range(1, 5):
        stays = [p.gtin for p in before.by_shelf.get(shelf, ()) if p not in gone]
        assert stays == [p.gtin for p in after.by_shelf.get(shelf, ()) if p not in come]


@given(layouts, layouts)
def test_nothing_is_both_removed_and_added(before: Planogram, after: Planogram) -> None:
    kinds: dict[Gtin, set[DifferenceKind]] = {}
    for one in differences(before, after):
        kinds.setdefault(one.gtin, set()).add(one.kind)
    assert not any({DifferenceKind.REMOVED, DifferenceKind.ADDED} <= of_product for of_product in kinds.values())


@pytest.mark.parametrize("count", [300])
def test_a_long_shelf(count: int) -> None:
    gtins = [Gtin(str(number)) for number in range(count)]
    before = Planogram("p", 1, tuple(Position(1, slot, gtin) for slot, gtin in enumerate(gtins, 1)))
    turned = Planogram("p", 2, tuple(Position(1, slot, gtin) for slot, gtin in enumerate(reversed(gtins), 1)))
    assert len(differences(before, turned)) == count - 1, "one stays, the others pass it"
