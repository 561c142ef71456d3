"""One shelf of four slots of 10 cm for the products 0, 1, 2 and 3; on another, one for product 4."""

from dataclasses import replace

import numpy as np
import pytest

from retail.planograms import Planogram, Position
from tests.vision.bays.lettered import gtin, photographed, plan, whole
from vision.bays.facings import facings_of, planned
from vision.bays.placing import NO_SLOT, Placed, place
from vision.bays.posteriors import posteriors_of
from vision.bays.slots import Slots, slots_of
from vision.bays.standing import Standing

BAY = plan("ABCD", "E")
OTHER = -1  # a product that is not planned
FLOOR = 1e-6  # chance of what nobody names


def slots_like(planogram: Planogram) -> Slots:
    return slots_of(planogram, facings_of(photographed([], whole("ABCD")), planned(planogram)))


def standing(*facings: tuple[int, float, dict[int, float]], products: int = 5) -> Standing:
    """Facings by shelf, middle in cm, and chance of each product."""
    chances = np.full((len(facings), products), FLOOR)
    for row, (_, _, shows) in enumerate(facings):
        for product, chance in shows.items():
            if product != OTHER:
                chances[row, product] += chance
    return Standing(
        sightings=tuple(() for _ in facings),
        shelves=np.array([shelf for shelf, _, _ in facings]),
        x=np.array([x for _, x, _ in facings], float),
        widths=np.full(len(facings), 9.0),
        raised=np.zeros(len(facings)),
        chances=chances,
        others=np.maximum(1 - chances.sum(1), FLOOR),
        others_best=tuple(None for _ in facings),
        confidences=np.ones(len(facings)),
    )


def placed(*facings, bay=BAY, measured=True) -> Placed:
    return place(standing(*facings), slots_like(bay), measured)


def test_what_stands_as_planned_is_in_its_place():
    found = placed((1, 5, {0: 1}), (1, 15, {1: 1}), (1, 35, {3: 1}), (2, 5, {4: 1}))
    assert found.slots.tolist() == [0, 1, 3, 4]
    assert found.in_place.tolist() == [True] * 4


def test_two_exchanged_are_not():
    found = placed((1, 5, {0: 1}), (1, 15, {2: 1}), (1, 25, {1: 1}), (1, 35, {3: 1}))
    assert found.slots.tolist() == [0, 2, 1, 3]
    assert found.in_place.tolist() == [True, False, False, True]


def test_what_is_on_another_shelf_stands_for_its_slot_and_not_in_it():
    found = placed((1, 5, {0: 1}), (2, 5, {1: 1}))
    assert found.slots.tolist() == [0, 1]
    assert found.in_place.tolist() == [True, False]


def test_what_is_not_planned_stands_for_nothing():
    found = placed((1, 5, {0: 1}), (1, 15, {OTHER: 1}))
    assert found.slots.tolist() == [0, NO_SLOT]
    assert found.others[1] > 0.9 > 0.1 > found.others[0]


def test_of_two_siblings_that_look_alike_each_gets_its_own():
    alike = {0: 0.5, 1: 0.5}
    assert placed((1, 5, alike), (1, 15, alike)).slots.tolist() == [0, 1]


def test_more_facings_than_planned_stand_for_the_slot_as_well():
    found = placed(*((1, x, {0: 1}) for x in (5, 10, 15, 20, 25, 30)))
    assert found.slots.tolist() == [0] * 6


@pytest.mark.parametrize(("measured", "kept"), [(True, [True, False]), (False, [False, False])])
def test_where_the_bay_lies_for_sure_what_left_its_slot_was_moved(measured, kept):
    # B is in its slot and D stands left of it.
    found = placed((1, 15, {1: 1}), (1, 5, {3: 1}), measured=measured)
    assert found.in_place.tolist() == kept


def test_a_product_with_two_slots_stands_for_the_one_it_stands_in():
    twice = plan("ABA", "CDE")
    found = placed((1, 5, {0: 1}), (1, 15, {1: 1}), (1, 25, {0: 1}), bay=twice)
    assert found.slots.tolist() == [0, 1, 2]
    assert placed((1, 15, {1: 1}), (1, 25, {0: 1}), bay=twice).slots.tolist() == [1, 2]


def test_without_facings_nothing_is_placed():
    assert placed().slots.tolist() == []


def posterior(*facings, widths: float | list[float] = 9.0, bay=BAY, measured=True) -> np.ndarray:
    """Of each facing the probability of the products 0 to 4, then that of none of them."""
    slots = slots_like(bay)
    one = replace(standing(*facings), widths=np.broadcast_to(np.array(widths), len(facings)))
    near = (np.abs(one.x[:, None] - (slots.lefts + slots.rights) / 2) < 5) & (one.shelves[:, None] == slots.shelves)
    return np.column_stack(posteriors_of(one, slots, near.astype(float), measured))


def test_posteriors_sum_to_one():
    doubts = posterior((1, 5, {0: 0.3, 2: 0.3}), (2, 5, {OTHER: 1}), (1, 25, {}))
    assert doubts.sum(1) == pytest.approx([1, 1, 1])
    assert (doubts > 0).all()


def test_where_it_stands_tells_two_that_look_alike_apart():
    [in_first] = posterior((1, 5, {0: 0.5, 1: 0.5}))
    [in_second] = posterior((1, 15, {0: 0.5, 1: 0.5}))
    assert in_first[0] > 0.9
    assert in_second[1] > 0.9


def test_a_sure_neighbour_of_the_same_looks_says_what_a_doubtful_one_shows():
    doubtful = (1, 25, {0: 0.5, 1: 0.4})
    alone, beside = posterior(doubtful)[0], posterior(doubtful, (1, 34, {0: 0.5, 1: 0.4}))[0]
    assert beside[0] > alone[0]


SIZES = Planogram(
    "bay",
    1,
    tuple(
        Position(1, slot, gtin(one), x=10.0 * slot, width=8.0 if one == "B" else 10.0)
        for slot, one in enumerate("ABCDE", 1)
    ),
)


@pytest.mark.parametrize(("measured", "tells"), [(True, True), (False, False)])
def test_a_facings_width_tells_two_sizes_apart_where_widths_are_known(measured, tells):
    # Five that are as wide as planned, and one of which nobody knows whether it is the large or the small size.
    known = [(1, 15 + 10 * product, {product: 1}) for product in range(5)]
    doubtful = (1, 95, {0: 0.5, 1: 0.5})
    widths = [9, 7.2, 9, 9, 9]
    large = posterior(*known, doubtful, widths=[*widths, 9], bay=SIZES, measured=measured)[-1]
    small = posterior(*known, doubtful, widths=[*widths, 7.2], bay=SIZES, measured=measured)[-1]
    assert (large[0] > 3 * large[1], small[1] > 3 * small[0]) == (tells, tells)
