"""Photos in folds and in groups of views, counted by hand."""

from pathlib import Path

import numpy as np

from benchmarks.recognition.checkout import fused_groups, groups_of
from benchmarks.recognition.folds import Klasson, assign_folds, read_klasson
from benchmarks.recognition.naming import with_truth
from benchmarks.recognition.trials import Photos, Trials, gtin_of
from benchmarks.recognition.unknown import INNER_WITHHELD, KNOWN, WITHHELD
from vision.recognition import ProductShortlists


def turned(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)


def test_scenes_stay_whole_and_folds_even():
    # Two scenes of three photos, of which the first is a chain, and four photos alone.
    vectors = turned(0, 30, 60, 120, 121, 122, 180, 220, 260, 300)
    folds = assign_folds(np.zeros(10, int), vectors, likeness=0.8)
    assert len(set(folds[:3])) == len(set(folds[3:6])) == 1
    assert sorted(np.bincount(folds).tolist()) == [1, 1, 2, 3, 3]


def test_alike_photos_of_different_products_are_no_scene():
    folds = assign_folds(np.array([0, 1, 0, 1]), turned(0, 0, 90, 90))
    assert sorted(folds.tolist()) == [0, 1, 2, 3]


def test_the_sixteen_withheld_products_are_fixed():
    assert WITHHELD.tolist() == [2, 7, 12, 17, 22, 27, 32, 37, 42, 47, 52, 57, 62, 67, 72, 77]
    assert len(KNOWN) == 65
    assert set(INNER_WITHHELD) <= set(KNOWN)


def test_groups_are_of_one_product_and_share_no_photo():
    products = np.array([4, 4, 4, 4, 4, 9, 9, 9, 5])
    groups = groups_of(products, 2)
    assert [set(products[group]) for group in groups] == [{4}, {4}, {9}]
    assert len(set(np.concatenate(groups))) == 6


def test_the_truth_is_found_on_a_list_or_not():
    lists = ProductShortlists(
        np.array([[0.9, 0.8], [0.9, -np.inf], [0.9, 0.8]], np.float32),
        np.array([0.95, 0.9, 0.85], np.float32),
        [[gtin_of(3), gtin_of(1)], [gtin_of(2)], [gtin_of(1), gtin_of(2)]],
        [["", ""], [""], ["", ""]],
    )
    told = with_truth(lists, np.array([1, 1, 7]), np.array([1, 2, 3]))
    assert (told.truth.tolist(), told.known.tolist()) == ([1, -1, -1], [True, True, False])
    fused = fused_groups(lists, [np.array([0, 2]), np.array([1])])
    assert [gtins[0] for gtins in fused.gtins] == [gtin_of(1), gtin_of(2)]
    assert np.isinf(fused.scores[1, 1:]).all()
    assert fused.nearest.tolist() == [np.float32([0.95, 0.85]).mean(), np.float32(0.9)]


def test_the_lists_name_every_photo_and_product(shop_data: Path):
    klasson = read_klasson(shop_data)
    assert (len(klasson.paths), len(klasson.packs), len(klasson.names)) == (2936, 81, 43)
    assert np.unique(klasson.products).tolist() == list(range(81))
    assert all(path.exists() for path in [*klasson.paths, *klasson.packs])


def test_a_fold_teaches_and_fills_nothing_that_it_is_judged_by():
    klasson = Klasson(
        [Path(str(n)) for n in range(12)], np.repeat([0, 1], 6), [Path("a"), Path("b")], np.zeros(2, int), []
    )
    trials = Trials(Photos(klasson, np.zeros((14, 1, 4), np.float32), []))
    trials.__dict__["folds"] = np.tile([0, 1, 2, 3, 4, 0], 2)
    both = np.array([0, 1])
    assert trials.gallery_rows("all", frozenset({0, 4}), both) == [1, 2, 3, 7, 8, 9]
    assert trials.gallery_rows("all", frozenset({0, 4}), both[1:]) == [7, 8, 9]
    assert trials.gallery_rows("pack-shots", frozenset({0}), both) == [12, 13]
    few = trials.gallery_rows("2 shots", frozenset({0, 4}), both)
    assert [trials.products[row] for row in few] == [0, 0, 1, 1]
    assert set(few) < {1, 2, 3, 7, 8, 9}
    assert trials.fold(0).tolist() == [0, 5, 6, 11]
    assert trials.fold(0, both[1:]).tolist() == [6, 11]
