"""A bay of two shelves of 50 cm, seen at 10 px per cm around its middle, which is x 25 and between the shelves."""

from dataclasses import replace

import numpy as np
import pytest

from retail.planograms import Planogram
from tests.vision.bays.lettered import APART, Camera, Edge, packs, photographed, plan, whole
from vision.bays.facings import facings_of, planned
from vision.bays.plane import NO_SHELF, BayPlane, find_plane
from vision.bays.rows import shelves_of
from vision.bays.slots import slots_of
from vision.perspective import RowPerspective

BAY = plan("ABCDE", "FGHIJ")
STRAIGHT = whole("ABCDE", "FGHIJ")


def found(*shelves: str, camera: Camera = STRAIGHT, bay: Planogram = BAY) -> tuple[BayPlane, RowPerspective]:
    edges = [Edge(1, 50), Edge(2, 50)]
    facings = facings_of(photographed(packs(*shelves), camera, edges), planned(bay))
    slots, bases = slots_of(bay, facings), {shelf.number: shelf.base for shelf in bay.shelves}
    plane = find_plane(facings, slots, shelves_of(facings, slots, bases), bases)
    assert plane is not None
    return plane, facings.perspective


def test_seen_straight_a_cm_is_ten_pixels():
    plane, _ = found("ABCDE", "FGHIJ")
    assert plane.fitted
    assert plane.across(np.array([0.0, 25.0, 50.0]), np.zeros(3)) == pytest.approx([-250, 0, 250], abs=1)
    assert plane.along(np.array([-250.0, 0.0, 250.0]), np.zeros(3)) == pytest.approx([0, 25, 50], abs=0.1)
    assert plane.levels == pytest.approx({1: 0, 2: 300}, abs=1)


@pytest.mark.parametrize("shelves", [("A.C.E", "FG.IJ"), ("AxCDE", "FGHyJ"), ("BACDE", "FGHIJ"), ("ABCDJ", "FGHIE")])
def test_what_lacks_or_was_moved_does_not_shift_it(shelves):
    plane, _ = found(*shelves)
    assert plane.along(np.array([-250.0, 250.0]), np.zeros(2)) == pytest.approx([0, 50], abs=1)


@pytest.mark.parametrize(
    ("shelves", "seen"),
    [
        (("AABBC", "DDEEF"), ("AA.BC", "D.EEF")),
        (("AAABC", "DDDEF"), ("A..BC", "D..EF")),  # all that is left of two slots stands at their left
        (("AABBB", "CCCDD"), (".AB.B", "C.CD.")),  # no slot is full
    ],
)
def test_slots_that_are_not_full_do_not_shift_it(shelves, seen):
    plane, _ = found(*seen, bay=plan(*shelves))
    assert plane.along(np.array([-250.0, 250.0]), np.zeros(2)) == pytest.approx([0, 50], abs=1)


@pytest.mark.parametrize(
    "camera", [replace(STRAIGHT, yaw=0.3), replace(STRAIGHT, roll=0.05), replace(STRAIGHT, scale=4)]
)
def test_however_the_photo_is_taken_every_place_is_found(camera):
    plane, perspective = found("ABCDE", "FGHIJ", camera=camera)
    for shelf in (1, 2):
        x = np.array([0.0, 20.0, 50.0])
        u = plane.across(x, np.full(3, plane.levels[shelf]))
        points = perspective.to_photo(np.column_stack([u, np.full(3, plane.levels[shelf])]))
        expected = camera.project([(one, shelf * APART) for one in x])
        assert points == pytest.approx(expected, abs=0.2 * 10 * camera.scale)  # a fifth of a facing
        assert plane.along(u, np.full(3, plane.levels[shelf])) == pytest.approx(x)


def test_a_shelf_of_which_nothing_is_seen_lies_where_the_others_tell():
    bay = plan("ABC", "DEF", "GHI")
    facings = facings_of(photographed(packs("ABC", "...", "GHI"), whole("ABC", "", "GHI")), planned(bay))
    bases = {1: 30.0, 2: 60.0, 3: 90.0}
    plane = find_plane(facings, slots_of(bay, facings), {0: 1, 1: 3}, bases)
    assert plane is not None
    assert plane.levels == pytest.approx({1: -150, 2: 150, 3: 450}, abs=1)


def test_what_is_on_no_shelfs_level_is_on_none():
    plane, _ = found("ABCDE", "FGHIJ")
    things = np.array([[0, -100, 90, 5], [0, -100, 90, 290], [0, 0, 90, 150]], float)
    assert plane.shelves_at(things).tolist() == [1, 2, NO_SHELF]


def test_with_nothing_in_its_place_the_bay_is_what_the_photo_shows():
    plane, _ = found("xxAxx", "yyyyy")
    assert not plane.fitted
    assert plane.along(np.array([-245.0, 245.0]), np.zeros(2)) == pytest.approx([0, 50], abs=0.1)


def test_without_a_shelf_there_is_no_plane():
    facings = facings_of(photographed(packs("xyz"), whole("xyz")), planned(BAY))
    assert find_plane(facings, slots_of(BAY, facings), {}, {1: 30.0, 2: 60.0}) is None
