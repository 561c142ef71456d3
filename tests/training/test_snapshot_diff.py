"""What changed from one snapshot to another, down to single boxes."""

import dataclasses

import pytest

from training.snapshot_diff import Moved, Relabelled, Tally, diff, match_boxes
from training.snapshots import Snapshot, add_synthetic, freeze
from training.splits import Split

COLA, WATER = "00012345678905", "04006381333931"
DIM = "dim/oblique/convenience"


@pytest.fixture
def snapshot_of():
    """Make a snapshot whose parts a test chooses."""

    def make(train=(), validation=(), set_aside=(), versions=None, rule="by hand"):
        split = Split(tuple(train), tuple(validation), tuple(set_aside), rule)
        classes = freeze([*train, *validation, *set_aside], "products").classes
        return Snapshot("products", classes, split, versions=versions or {})

    return make


def test_the_same_snapshot_has_no_difference(snapshot_of, make_capture):
    snapshot = snapshot_of([make_capture("a"), make_capture("b")], [make_capture("c")])
    found = diff(snapshot, snapshot)
    assert found.lines() == [
        "captures: 0 added, 0 removed, 0 with another picture",
        "boxes: none changed",
    ]
    assert (found.by_class, found.by_stratum, found.moved, found.versions) == ({}, {}, (), {})


def test_captures_that_come_and_go_bring_and_take_their_boxes(snapshot_of, make_capture, make_box):
    kept, gone = make_capture("kept"), make_capture("gone", boxes=(make_box(gtin=COLA), make_box("gap")))
    new = make_capture("new", boxes=(make_box(gtin=WATER),) * 2, stratum=DIM)
    found = diff(snapshot_of([kept, gone]), snapshot_of([kept, new]))
    assert (found.captures_added, found.captures_removed) == (("new",), ("gone",))
    assert found.by_class == {COLA: Tally(removed=1), "gap": Tally(removed=1), WATER: Tally(added=2)}
    assert found.by_stratum == {"neutral/frontal/convenience": Tally(removed=2), DIM: Tally(added=2)}
    assert found.boxes == Tally(added=2, removed=2)
    assert (found.classes_added, found.classes_removed) == ((WATER,), (COLA, "gap"))


def test_boxes_of_one_capture_are_told_apart(snapshot_of, make_capture, make_box):
    old = make_capture(
        "c",
        boxes=(
            make_box(gtin=COLA),
            make_box(box=(50, 8, 80, 40), gtin=WATER),
            make_box("shelf", (0, 80, 96, 90)),
            make_box("tag", (0, 90, 20, 95)),
        ),
    )
    new = dataclasses.replace(
        old,
        boxes=(
            make_box(gtin=WATER),  # another product in the same place
            make_box(box=(52, 8, 82, 40), gtin=WATER),  # moved by 2 px
            make_box("shelf", (0, 80, 96, 90)),
            make_box("gap", (60, 50, 90, 70)),  # new; and the tag is gone
        ),
    )
    found = diff(snapshot_of([old]), snapshot_of([new]))
    assert found.by_class == {
        COLA: Tally(relabelled=1),
        WATER: Tally(redrawn=1),
        "tag": Tally(removed=1),
        "gap": Tally(added=1),
    }
    assert found.relabelled == (Relabelled(COLA, WATER, 1),)
    assert f"  1 × {COLA} is now {WATER}" in found.lines()
    assert found.boxes == Tally(1, 1, 1, 1)


def test_of_two_boxes_that_overlap_as_much_the_label_decides(make_box):
    first, second = make_box(gtin=COLA), make_box(gtin=WATER)
    pairs, gone, come = match_boxes([first, second], [second, first])
    assert sorted((a.gtin, b.gtin) for a, b in pairs) == [(COLA, COLA), (WATER, WATER)]
    assert (gone, come) == ([], [])


@pytest.mark.parametrize(("old", "new"), [(0, 2), (2, 0), (0, 0)])
def test_without_boxes_on_one_side_none_are_the_same(make_box, old, new):
    pairs, gone, come = match_boxes([make_box()] * old, [make_box()] * new)
    assert (pairs, len(gone), len(come)) == ([], old, new)


def test_moves_versions_rules_and_composed_captures(snapshot_of, make_capture):
    a, b = make_capture("a"), make_capture("b")
    before = snapshot_of([a, b], versions={"catalogue": "3", "guideline": "1"})
    after = snapshot_of([a], [b], versions={"catalogue": "4", "guideline": "1", "planogram/p": "1"}, rule="anew")
    composed = make_capture("synthetic-1", store="synthetic", arm="synthetic")
    found = diff(before, add_synthetic(after, [composed]))
    assert found.moved == (Moved("b", "train", "validation"),)
    assert found.versions == {"catalogue": ("3", "4"), "planogram/p": (None, "1")}
    assert (found.synthetic_added, found.synthetic_removed) == (1, 0)
    assert found.lines()[2:] == [
        "synthetic captures: 1 added, 0 removed",
        "moved: 1 from train to validation",
        "version of catalogue: 3 → 4",
        "version of planogram/p: none → 1",
        "split: by hand → anew",
    ]


def test_another_picture_of_the_same_capture_is_told(snapshot_of, make_capture):
    capture = make_capture("a")
    found = diff(snapshot_of([capture]), snapshot_of([dataclasses.replace(capture, sha256="0" * 64)]))
    assert found.repainted == ("a",)
