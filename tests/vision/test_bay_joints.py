"""What runs on from one bay into the next, cut where other edges end."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vision.bay_joints import cut_edges, joints

NEAR = 50.0
LEFT = [[0, 480, level] for level in (100, 400, 600)]
RIGHT = [[500, 1000, level] for level in (150, 300, 700)]
ACROSS = [20, 960, 500]


def cut(*edges) -> list[list[float]]:
    return sorted(cut_edges(np.array(edges, np.float64), NEAR).tolist())


def test_one_box_around_two_edges_is_cut_where_others_end_and_begin():
    assert cut(*LEFT, *RIGHT, ACROSS) in (
        sorted([*LEFT, *RIGHT, [20, 480, 500], [480, 960, 500]]),
        sorted([*LEFT, *RIGHT, [20, 500, 500], [500, 960, 500]]),
    )


def test_edges_as_wide_as_the_photo_stay():
    whole = [[0, 1000, level] for level in (100, 300, 500, 700)]
    assert cut(*whole) == whole


def test_ends_alone_are_no_joint():
    """Of short shelves in a bay all end somewhere; none begins there."""
    assert cut(*LEFT, ACROSS) == sorted([*LEFT, ACROSS])


def test_an_upright_that_few_edges_cross_is_believed_and_one_that_many_cross_is_not():
    crossing = [[0, 1000, level] for level in (200, 350, 520, 800)]
    assert cut(LEFT[1], RIGHT[1], *crossing) == sorted([LEFT[1], RIGHT[1], *crossing])
    assert len(cut(*LEFT, *RIGHT, *crossing[:2])) == 6 + 4


def test_three_bays_are_cut_at_both_joints():
    bays = [[left, left + 300, level] for left in (0, 320, 640) for level in (100, 300, 600)]
    assert len(cut(*bays, [10, 930, 450])) == len(bays) + 3


def test_far_away_edges_tell_nothing_where_nearer_ones_do():
    """Uprights lean in a photo: eight nearer edges are asked."""
    whole = [[0, 1000, level] for level in range(410, 490, 10)]
    edges = np.array([*whole, *LEFT, *RIGHT, [20, 960, 450]], np.float64)
    assert np.isnan(joints(edges[-1:], edges, NEAR, np.array([len(edges) - 1])))


def test_nothing_to_cut():
    assert cut_edges(np.zeros((0, 3)), NEAR).shape == (0, 3)
    assert cut(LEFT[0]) == [LEFT[0]]
    assert joints(np.array([ACROSS], np.float64), np.zeros((0, 3)), NEAR).tolist() != [0]
    assert joints(np.zeros((0, 3)), np.array(LEFT, np.float64), NEAR).shape == (0,)


ends = st.integers(0, 1000)
edges = st.lists(st.tuples(ends, ends, ends).map(lambda e: [min(e[:2]), max(e[:2]) + 1, e[2]]), min_size=1, max_size=12)


@given(edges, st.floats(0, 300))
def test_pieces_are_as_wide_together_as_what_was_cut(edges, near):
    before = np.array(edges, np.float64)
    after = cut_edges(before, near)
    for level in np.unique(before[:, 2]):
        widths = [(lines[:, 1] - lines[:, 0])[lines[:, 2] == level].sum() for lines in (before, after)]
        assert np.isclose(*widths)
    narrowest = (before[:, 1] - before[:, 0]).min()
    assert (after[:, 1] - after[:, 0]).min() >= min(narrowest, near) - 1e-6
