"""What decides when a fit stops is a part of the training photos, in whole groups."""

import pytest

from training.snapshots import freeze
from training.stopping import hold_back


def frozen(make_capture, groups, size):
    captures = [make_capture(f"c{g}-{i}", store=f"store-{g}", day=g + 1) for g in range(groups) for i in range(size)]
    return freeze(captures, "kinds")


@pytest.mark.parametrize("share", [0.1, 0.25])
def test_whole_groups_of_the_training_part_are_held_back(make_capture, share):
    snapshot = frozen(make_capture, groups=25, size=5)
    left, told = hold_back(snapshot, share)
    held, train = set(left.split.validation), set(left.split.train)
    assert held | train == set(snapshot.split.train)
    assert not held & train
    assert share * len(snapshot.split.train) <= len(held) <= 2 * share * len(snapshot.split.train)
    assert not {(c.store_id, c.day) for c in held} & {(c.store_id, c.day) for c in train}
    assert told.startswith(f"{len(held)} training photos are held back")


def test_the_validation_part_is_neither_trained_on_nor_asked(make_capture):
    snapshot = frozen(make_capture, groups=25, size=5)
    left, _ = hold_back(snapshot, 0.2)
    assert snapshot.split.validation
    assert not set(snapshot.split.validation) & set(left.split.validation + left.split.train)


def test_the_same_captures_are_held_back_again(make_capture):
    one, other = (hold_back(frozen(make_capture, groups=25, size=5), 0.2)[0] for _ in range(2))
    assert one.split == other.split


@pytest.mark.parametrize(("groups", "size"), [(3, 40), (4, 1)])
def test_where_no_group_can_be_spared_nothing_is_held_back(make_capture, groups, size):
    snapshot = frozen(make_capture, groups, size)
    left, told = hold_back(snapshot, 0.1)
    assert left.split.train == snapshot.split.train
    assert left.split.validation == ()
    assert told.startswith("no early stop")
