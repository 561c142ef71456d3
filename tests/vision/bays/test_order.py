import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.bays.order import groups, in_order


def kept(slots, outside=()):
    """Which are in order; those `outside` of their slots by place."""
    flags = np.isin(np.arange(len(slots)), outside)
    return in_order(np.array(slots, np.int64), flags).astype(int).tolist()


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ([0, 1, 2, 3], [1, 1, 1, 1]),
        ([0, 2, 3], [1, 1, 1]),  # one that lacks leaves all others in order
        ([0, 0, 1], [1, 1, 1]),
        ([3, 0, 1, 2], [0, 1, 1, 1]),
        ([1, 2, 3, 0], [1, 1, 1, 0]),
        ([0, 2, 1, 3], [1, 0, 0, 1]),  # either may have been moved
        ([3, 1, 2, 0], [0, 1, 1, 0]),
        ([3, 2, 1, 0], [0, 0, 0, 0]),
        ([], []),
    ],
)
def test_whatever_is_in_most_wrong_pairs_was_moved(slots, expected):
    assert kept(slots) == expected


def test_of_two_wrong_ways_round_the_one_outside_of_its_slot_was_moved():
    assert kept([0, 2, 1, 3], outside=[1]) == [1, 0, 1, 1]


def test_one_outside_of_its_slot_but_in_order_stays():
    assert kept([0, 1, 2], outside=[1]) == [1, 1, 1]


@given(st.lists(st.integers(0, 9), max_size=9))
def test_what_is_kept_is_in_order_and_what_was_in_order_is_kept(slots):
    left = [slot for slot, keep in zip(slots, kept(slots), strict=True) if keep]
    assert left == sorted(left)
    assert kept(sorted(slots)) == [1] * len(slots)


def grouped(slots, x, widths=None):
    widths = np.ones(len(x)) if widths is None else np.array(widths, float)
    return [group.tolist() for group in groups(np.array(slots, np.int64), np.array(x, float), widths)]


def test_facings_of_one_slot_side_by_side_are_a_group_from_the_left():
    assert grouped([1, 0, 1, 0], x=[3, 1, 2, 0]) == [[3, 1], [2, 0]]


def test_what_stands_between_and_holds_them_apart_parts_them():
    assert grouped([0, 1, 0], x=[0, 1, 2]) == [[0], [1], [2]]


def test_what_is_merely_seen_between_them_does_not():
    assert grouped([0, 1, 0], x=[0, 0.5, 1]) == [[0, 2], [1]]


def test_an_empty_place_between_them_does_not():
    assert grouped([0, 0], x=[0, 4]) == [[0, 1]]
