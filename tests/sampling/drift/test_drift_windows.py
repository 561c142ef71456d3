"""Which captures are compared."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sampling.drift.windows import first, newest, spread

sizes = st.lists(st.integers(1, 30), min_size=1, max_size=40)


def test_days_with_many_captures_are_cut_to_a_common_size():
    days = np.array([0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 2])
    assert spread(days, 7).tolist() == [0, 2, 5, 6, 7, 9, 10]


def test_few_captures_all_stay():
    assert spread(np.array([0, 0, 1]), 3).tolist() == [0, 1, 2]


def test_more_days_than_places_leave_days_out_evenly():
    assert spread(np.arange(9), 3).tolist() == [0, 4, 8]


@given(sizes, st.integers(1, 60))
def test_spreading_keeps_order_and_number(sizes, most):
    days = np.repeat(np.arange(len(sizes)), sizes)
    rows = spread(days, most).tolist()
    assert rows == sorted(set(rows))
    assert len(rows) <= most
    assert len(set(days[rows])) == min(len(sizes), most)


def test_the_window_is_the_newest_hundred():
    days = np.repeat(np.arange(40), 5)
    assert newest(days).tolist() == list(range(100, 200))


def test_the_window_of_a_busy_camera_spans_three_days():
    days = np.repeat(np.arange(10), 300)
    rows = newest(days)
    assert len(rows) == 99
    assert np.bincount(days[rows], minlength=10).tolist() == [0] * 7 + [33] * 3


def test_a_young_camera_has_a_small_window():
    assert newest(np.array([4, 4])).tolist() == [0, 1]
    assert newest(np.array([], np.int64)).tolist() == []


def test_the_first_captures_are_two_hundred_or_those_of_twenty_days():
    assert first(np.repeat(np.arange(90), 5)) == 200
    assert first(np.repeat(np.arange(90), 30)) == 600
    assert first(np.repeat(np.arange(10), 5)) == 50
