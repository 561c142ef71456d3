import pytest

from retail.azure_planogram import (
    AzureFixture,
    AzurePlanogram,
    AzurePosition,
    AzureProduct,
    BadAzurePlanogram,
    merged,
)
from retail.gtin import Gtin
from retail.planograms import PlannedShelf, Position

OAT, COLA = Gtin("05400000000011"), Gtin("05400000000028")
PRODUCTS = (AzureProduct("oat", "Oat Milk 1 l", 8, 20), AzureProduct("cola", "Cola 0.33 l", 6, 12))
GTINS = {"oat": OAT, "cola": COLA}
UPPER, LOWER = AzureFixture("upper", 40, 2, 0, 30), AzureFixture("lower", 40, 2, 0, 60)


def test_facings_of_one_product_side_by_side_are_one_position():
    found = merged(_planogram([("1", "oat", "upper", 0, 10), ("2", "oat", "upper", 8.2, 10)]), GTINS)
    assert found.positions == (Position(1, 1, OAT, wide=2, high=1, x=0, width=16.2),)
    assert found.ids == {(1, 1): ("1", "2")}
    assert found.width == 40


def test_facings_with_room_between_them_are_two_positions():
    found = merged(_planogram([("1", "oat", "upper", 0, 10), ("2", "oat", "upper", 13, 10)]), GTINS)
    assert [(one.slot, one.wide, one.x) for one in found.positions] == [(1, 1, 0), (2, 1, 13)]


def test_stacked_facings_of_one_product_are_one_position():
    stack = [("1", "cola", "upper", 0, 18), ("2", "cola", "upper", 0, 6), ("3", "cola", "upper", 6, 18)]
    found = merged(_planogram([*stack, ("4", "cola", "upper", 6, 6)]), GTINS)
    assert found.positions == (Position(1, 1, COLA, wide=2, high=2, x=0, width=12),)
    assert found.ids == {(1, 1): ("2", "1", "4", "3")}


def test_a_product_on_another_one_is_a_position_before_it():
    columns = [("1", "oat", "upper", 0, 10), ("2", "cola", "upper", 1, -2), ("3", "oat", "upper", 8, 10)]
    found = merged(_planogram([*columns, ("4", "cola", "upper", 9, -2)]), GTINS)
    assert [(one.slot, one.gtin) for one in found.positions] == [(1, COLA), (2, OAT), (3, COLA), (4, OAT)]
    assert found.ids == {(1, 1): ("2",), (1, 2): ("1",), (1, 3): ("4",), (1, 4): ("3",)}


def test_shelves_are_fixtures_from_the_top_with_their_measures():
    found = merged(_planogram([("1", "oat", "lower", 0, 40), ("2", "cola", "upper", 0, 18)]), GTINS)
    assert [(one.shelf, one.gtin) for one in found.positions] == [(1, COLA), (2, OAT)]
    assert found.shelves == (PlannedShelf(1, 30, 30), PlannedShelf(2, 60, 28))


def test_fixtures_that_carry_nothing_are_no_shelves():
    found = merged(_planogram([("1", "oat", "lower", 0, 40)]), GTINS)
    assert found.shelves == (PlannedShelf(1, 60, 60),)


def test_fixtures_side_by_side_are_one_shelf():
    right = AzureFixture("right", 40, 2, 40, 30.5)
    positions = [("1", "oat", "right", 45, 10), ("2", "cola", "upper", 0, 18), ("3", "oat", "lower", 0, 40)]
    found = merged(_planogram(positions, (UPPER, LOWER, right)), GTINS)
    assert [(one.shelf, one.slot, one.gtin) for one in found.positions] == [(1, 1, COLA), (1, 2, OAT), (2, 1, OAT)]


def test_fixtures_without_room_above_them_have_no_measures():
    found = merged(_planogram([("1", "oat", "floor", 0, 0)], (AzureFixture("floor", 20, 4, 0, 0),)), GTINS)
    assert found.shelves == ()


@pytest.mark.parametrize(
    ("positions", "field"),
    [
        ([("1", "oat", "upper", 0, 0), ("1", "oat", "upper", 9, 0)], "positions[1].id"),
        ([("1", "tea", "upper", 0, 0)], "positions[0].productId"),
        ([("1", "oat", "upper", 0, 0), ("2", "oat", "cellar", 0, 0)], "positions[1].fixtureId"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(positions, field):
    with pytest.raises(BadAzurePlanogram) as refused:
        _planogram(positions)
    assert refused.value.field == field


def test_an_id_given_twice_is_named():
    with pytest.raises(BadAzurePlanogram, match="the id 'upper' is there twice") as refused:
        _planogram([], (UPPER, LOWER, UPPER))
    assert refused.value.field == "fixtures[2].id"


def _planogram(positions, fixtures=(UPPER, LOWER)):
    return AzurePlanogram(40, 62, PRODUCTS, fixtures, tuple(AzurePosition(*one) for one in positions))
