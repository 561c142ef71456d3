from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.boxes import Boxes
from retail.compliance import Compliance, SeenFacing, Sighting, Verdict
from retail.facing_counts import FacingCount, facing_counts
from retail.gtin import Gtin
from retail.planograms import Planogram, Position
from retail.share_of_shelf import ShelfShare, share_of_shelf

OAT, COLA, SOAP = Gtin("05400000000011"), Gtin("05400000000028"), Gtin("05400000000035")


def test_shares_are_of_linear_width() -> None:
    boxes = _boxes([0, 0, 30, 50], [30, 10, 60, 50], [0, 90, 60, 140])
    assert share_of_shelf(_bay([OAT, COLA, OAT]), [boxes]) == {OAT: ShelfShare(0.75, 2), COLA: ShelfShare(0.25, 1)}


def test_a_stack_counts_once_with_its_lowest_facing() -> None:
    stack = _boxes([0, 0, 20, 30], [0, 30, 20, 60], [1, 58, 21, 90], [20, 0, 40, 90])
    assert share_of_shelf(_bay([COLA, OAT, OAT, SOAP]), [stack]) == {
        OAT: ShelfShare(0.5, 2),
        SOAP: ShelfShare(0.5, 1),
        COLA: ShelfShare(0, 1),
    }


def test_what_stands_on_the_shelf_above_is_no_stack() -> None:
    two_shelves = _boxes([0, 0, 20, 40], [0, 60, 20, 100])
    assert share_of_shelf(_bay([OAT, COLA]), [two_shelves]) == {OAT: ShelfShare(0.5, 1), COLA: ShelfShare(0.5, 1)}


def test_facings_without_a_known_product_have_their_share() -> None:
    boxes = _boxes([0, 0, 30, 50], [30, 0, 40, 50])
    assert share_of_shelf(_bay([None, OAT]), [boxes]) == {None: ShelfShare(0.75, 1), OAT: ShelfShare(0.25, 1)}


def test_photos_of_two_scales_are_brought_to_one_by_what_both_show() -> None:
    near = _boxes([0, 0, 20, 50], [20, 0, 40, 50])
    far = _boxes([0, 0, 10, 25], [10, 0, 20, 25])
    facings = [
        _facing(OAT, Sighting(0, 0)),
        _facing(COLA, Sighting(0, 1), Sighting(1, 0)),
        _facing(SOAP, Sighting(1, 1)),
    ]
    shares = share_of_shelf(Compliance(_PLANOGRAM, (), tuple(facings)), [near, far])
    assert {gtin: one.share for gtin, one in shares.items()} == pytest.approx({OAT: 1 / 3, COLA: 1 / 3, SOAP: 1 / 3})


def test_an_empty_bay_has_no_shares() -> None:
    assert share_of_shelf(_bay([]), [_boxes()]) == {}


@given(
    st.lists(st.tuples(*[st.integers(0, 500) for _ in range(4)], st.sampled_from([OAT, COLA, SOAP, None])), max_size=12)
)
def test_shares_of_any_photo_sum_to_one(found: list[tuple[int, int, int, int, Gtin | None]]) -> None:
    boxes = _boxes(*([x, y, x + width, y + height] for x, y, width, height, _ in found))
    shares = share_of_shelf(_bay([gtin for *_, gtin in found]), [boxes])
    assert sum(one.share for one in shares.values()) == pytest.approx(1 if found else 0)
    assert sum(one.facings for one in shares.values()) == len(found)


def test_facings_are_counted_against_the_plan() -> None:
    place = Position(1, 1, OAT, wide=2)
    planogram = Planogram("dairy", 1, (place, Position(1, 2, COLA), Position(2, 1, OAT)))
    facings = (
        SeenFacing((), 1, OAT, 1.0, Verdict.CORRECT, place),
        SeenFacing((), 2, OAT, 1.0, Verdict.WRONG_SHELF, place),
        SeenFacing((), 2, SOAP, 1.0, Verdict.UNEXPECTED, None),
        SeenFacing((), 2, None, 1.0, Verdict.UNDECIDED, None),
    )
    assert facing_counts(Compliance(planogram, (), facings)) == (
        FacingCount(OAT, planned=3, seen=2, in_place=1),
        FacingCount(COLA, planned=1, seen=0, in_place=0),
        FacingCount(SOAP, planned=0, seen=1, in_place=0),
    )


_PLANOGRAM = Planogram("dairy", 1, (Position(1, 1, OAT),))


def _bay(gtins: Sequence[Gtin | None]) -> Compliance:
    return Compliance(_PLANOGRAM, (), tuple(_facing(gtin, Sighting(0, row)) for row, gtin in enumerate(gtins)))


def _facing(gtin: Gtin | None, *sightings: Sighting) -> SeenFacing:
    return SeenFacing(sightings, 1, gtin, 1.0, Verdict.UNDECIDED, None)


def _boxes(*rows: list[int]) -> Boxes:
    return np.array(rows, np.float32).reshape(-1, 4)
