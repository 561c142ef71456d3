import numpy as np
import pytest

from retail.planograms import Planogram, Position
from tests.vision.bays.lettered import Camera, Pack, gtin, photo, photographed, plan, whole
from vision.bays.facings import facings_of, planned
from vision.bays.slots import Slots, slots_of


def laid_out(planogram: Planogram, seen) -> Slots:
    return slots_of(planogram, facings_of(seen, planned(planogram)))


def test_measures_say_where_slots_lie():
    slots = laid_out(plan("AAB", "C"), photo("AAB", "C"))
    assert slots.lefts.tolist() == [0, 20, 0]
    assert slots.rights.tolist() == [20, 30, 10]
    assert slots.pitches.tolist() == [10, 10, 10]
    assert slots.shelves.tolist() == [1, 1, 2]
    assert slots.columns.tolist() == [0, 1, 2]
    assert slots.ends == (0, 30)


def test_the_bay_ends_where_it_says_so_unless_a_slot_reaches_beyond():
    positions = (Position(1, 1, gtin("A"), x=0.0, width=10.0),)
    assert laid_out(Planogram("bay", 1, positions, width=50.0), photo("A")).ends == (0, 50)
    assert laid_out(Planogram("bay", 1, positions, width=8.0), photo("A")).ends == (0, 10)


def test_a_stack_counts_as_facings_but_takes_no_more_room():
    slots = laid_out(Planogram("bay", 1, (Position(1, 1, gtin("A"), 2, 3, 0.0, 20.0),)), photo("AA"))
    assert slots.facings.tolist() == [6]
    assert slots.pitches.tolist() == [10]


def test_without_measures_slots_are_as_wide_as_their_products_look():
    packs = [Pack("A", 1, 0, width=10), Pack("B", 1, 10, width=20), Pack("B", 1, 30, width=20)]
    slots = laid_out(plan("ABB", measured=False), photographed(packs, whole("ABBBB")))
    # The usual facing is 20 cm wide: A is half a one.
    assert slots.lefts == pytest.approx([0, 0.5])
    assert slots.rights == pytest.approx([0.5, 2.5])
    assert slots.pitches == pytest.approx([0.5, 1.0])


def test_without_measures_a_shelf_with_fewer_products_is_as_long_as_the_others():
    slots = laid_out(plan("ABCD", "EF", measured=False), photo("ABCD", "EF"))
    assert slots.lefts == pytest.approx([0, 1, 2, 3, 0, 2])
    assert slots.ends == pytest.approx((0, 4))


def test_a_position_without_measures_makes_all_be_without():
    positions = (Position(1, 1, gtin("A"), x=0.0, width=10.0), Position(1, 2, gtin("B")))
    assert laid_out(Planogram("bay", 1, positions), photo("AB")).rights == pytest.approx([1, 2])


def test_what_is_not_seen_is_as_wide_as_usual():
    nothing = photographed([], Camera((100, 100), (0, 0)))
    assert np.allclose(laid_out(plan("AB", measured=False), nothing).rights, [1, 2])
