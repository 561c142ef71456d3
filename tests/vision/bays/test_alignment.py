import pytest

from vision.bays.alignment import NO_SLOT, aligned


@pytest.mark.parametrize(
    ("stacks", "slots", "wide", "expected"),
    [
        ([7, 8, 9], [7, 8, 9], [1, 1, 1], [0, 1, 2]),
        ([7, 9], [7, 8, 9], [1, 1, 1], [0, 2]),  # one is sold out
        ([7, 5, 8], [7, 8], [1, 1], [0, NO_SLOT, 1]),  # a stranger
        ([7, 7, 8], [7, 8], [2, 1], [0, 0, 1]),  # two columns of one slot
        ([7, 8, 7], [7, 8, 7], [1, 1, 1], [0, 1, 2]),  # a product with two slots
        ([8, 7], [7, 8, 7], [1, 1, 1], [1, 2]),  # of which the first is empty
        ([7, 7, 8, 7], [7, 8, 7], [1, 1, 1], [0, NO_SLOT, 1, 2]),  # one more than planned
        ([], [7], [1], []),
        ([7], [], [], [NO_SLOT]),
    ],
)
def test_stacks_are_in_slots_of_their_product_in_order(stacks, slots, wide, expected):
    found = aligned(stacks, slots, wide).tolist()
    if stacks == [7, 7, 8, 7]:  # either of the first two may be the one that is planned
        assert found in (expected, [expected[1], expected[0], *expected[2:]])
    else:
        assert found == expected


def test_of_two_that_stand_the_wrong_way_round_neither_is_trusted():
    assert aligned([8, 7, 9], [7, 8, 9], [1, 1, 1]).tolist() == [NO_SLOT, NO_SLOT, 2]


def test_what_was_moved_past_many_is_alone_out_of_order():
    assert aligned([6, 7, 8, 5], [5, 6, 7, 8], [1, 1, 1, 1]).tolist() == [1, 2, 3, NO_SLOT]
