import pytest

from retail.planograms import PlannedShelf, Planogram
from tests.vision.bays.lettered import Edge, packs, photographed, plan, whole
from vision.bays.facings import facings_of, planned
from vision.bays.rows import shelves_of
from vision.bays.slots import slots_of


def matched(planogram: Planogram, *shelves: str) -> dict[int, int]:
    """The planogram's shelf by the photo's, the topmost of which is 0."""
    edges = [Edge(number, 10.0 * len(cells)) for number, cells in enumerate(shelves, 1)]
    facings = facings_of(photographed(packs(*shelves), whole(*shelves), edges), planned(planogram))
    bases = {shelf.number: shelf.base for shelf in planogram.shelves}
    return shelves_of(facings, slots_of(planogram, facings), bases or {n: float(n) for n in planogram.by_shelf})


@pytest.mark.parametrize("measured", [True, False])
@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (("ABC", "DEF", "GHI"), {0: 1, 1: 2, 2: 3}),
        (("CBA", "FED", "IHG"), {0: 1, 1: 2, 2: 3}),  # wherever on it they stand
        (("DEF", "GHI"), {0: 2, 1: 3}),  # the upper part is not in the photo
        (("ABC", "DEF"), {0: 1, 1: 2}),
        (("xyz", "ABC", "DEF", "GHI"), {1: 1, 2: 2, 3: 3}),  # a shelf too many, of another bay above
        (("ABG", "DEF", "CHI"), {0: 1, 1: 2, 2: 3}),  # exchanged across shelves
        (("ABC", "xyz", "GHI"), {0: 1, 1: 2, 2: 3}),  # nothing planned is left of a shelf between two
        (("A..", "DEF", "..I"), {0: 1, 1: 2, 2: 3}),
    ],
)
def test_shelves_follow_each_other_as_planned(seen, expected, measured):
    assert matched(plan("ABC", "DEF", "GHI", measured=measured), *seen) == expected


def test_a_photo_without_facings_has_no_shelves():
    assert matched(plan("ABC"), "...") == {}


def test_a_shelf_for_which_nothing_is_planned_counts():
    three = plan("ABC", "DEF", "GHI")
    positions = tuple(one for one in three.positions if one.shelf != 2)
    assert matched(Planogram("bay", 1, positions, three.shelves), "ABC", "xyz", "GHI") == {0: 1, 1: 2, 2: 3}


def test_without_a_facing_on_its_shelf_the_number_of_shelves_tells():
    bay = plan("ABC", "DEF", "GHI")
    assert bay.shelves == (PlannedShelf(1, 30, 28), PlannedShelf(2, 60, 28), PlannedShelf(3, 90, 28))
    assert matched(bay, "DEF", "GHI", "ABC") in ({0: 1, 1: 2, 2: 3}, {0: 2, 1: 3})
