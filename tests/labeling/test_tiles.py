"""Tiles cover the photo, cut few boxes, and let each thing count in one of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import AnnotatedBox
from labeling.tiles import bounded, boxes_within, cut_tiles, shows
from retail.boxes import DetectionKind


def grid(columns: int, rows: int, side: int = 100) -> np.ndarray:
    """Facings of 80 x 80 px in the middle of cells of 100 x 100."""
    corners = [(side * x + 10, side * y + 10) for y in range(rows) for x in range(columns)]
    return np.array([(x, y, x + 80, y + 80) for x, y in corners], np.float32)


def tiles(boxes: np.ndarray, size: tuple[int, int], most: int) -> list[tuple[int, ...]]:
    return cut_tiles(size, boxes, np.zeros(len(boxes), bool), most)


def test_a_photo_of_few_boxes_is_one_tile() -> None:
    assert tiles(grid(4, 2), (400, 200), 8) == [(0, 0, 400, 200)]


def test_a_photo_of_many_is_cut_between_its_rows_first() -> None:
    assert tiles(grid(4, 2), (400, 200), 4) == [(0, 0, 400, 110), (0, 110, 400, 200)]


def test_a_long_row_is_cut_between_its_facings_and_across_its_shelf() -> None:
    boxes = np.concatenate([grid(4, 1), [[0, 85, 400, 99]]]).astype(np.float32)
    shelves = np.array([False] * 4 + [True])
    assert cut_tiles((400, 100), boxes, shelves, 3) == [(0, 0, 210, 100), (210, 0, 400, 100)]


def test_boxes_on_one_place_cannot_be_parted() -> None:
    assert tiles(np.repeat(grid(1, 1), 9, axis=0), (400, 400), 4) == [(0, 0, 400, 400)]


def test_a_tile_holds_at_least_one_box() -> None:
    with pytest.raises(ValueError, match="at most 0 boxes"):
        tiles(grid(1, 1), (100, 100), 0)


corners = st.tuples(st.integers(0, 900), st.integers(0, 700), st.integers(5, 200), st.integers(5, 200))


@given(st.lists(corners, max_size=60), st.integers(1, 20))
def test_tiles_cover_the_photo_once_and_each_box_is_in_one(drawn: list[tuple[int, ...]], most: int) -> None:
    boxes = np.array([(x, y, min(x + w, 1000), min(y + h, 800)) for x, y, w, h in drawn], np.float32).reshape(-1, 4)
    found = tiles(boxes, (1000, 800), most)
    covered = np.zeros((800, 1000), int)
    for x1, y1, x2, y2 in found:
        covered[y1:y2, x1:x2] += 1
    assert (covered == 1).all()
    assert sum(boxes_within(tile, boxes).sum() for tile in found) == len(boxes)


def box(x1: float, x2: float, kind: DetectionKind = DetectionKind.FACING) -> AnnotatedBox:
    return AnnotatedBox(kind, x1, 10, x2, 50)


LEFT, RIGHT = (0, 0, 100, 100), (100, 0, 200, 100)


@pytest.mark.parametrize(
    ("x1", "x2", "left", "right"),
    [(10, 50, False, True), (70, 110, False, True), (90, 130, True, False), (80, 120, True, False)],
)
def test_each_box_counts_in_one_tile(x1: float, x2: float, left: bool, right: bool) -> None:
    assert [bounded([box(x1, x2)], tile)[0].ignore for tile in (LEFT, RIGHT)] == [left, right]


def test_a_corner_of_which_little_is_seen_is_to_be_ignored() -> None:
    wide = AnnotatedBox(DetectionKind.FACING, 60, 60, 139, 139)  # its centre is in the tile, 40 of 79 px each way
    assert bounded([wide], LEFT)[0].ignore


def test_a_shelf_is_cut_where_the_tile_ends() -> None:
    shelf = AnnotatedBox(DetectionKind.SHELF, 0, 10, 200, 20)
    assert [bounded([shelf], tile) for tile in (LEFT, RIGHT)] == [
        (AnnotatedBox(DetectionKind.SHELF, 0, 10, 100, 20),),
        (AnnotatedBox(DetectionKind.SHELF, 100, 10, 200, 20),),
    ]


def test_a_tile_shows_what_it_has_a_pixel_of() -> None:
    assert shows(LEFT, [99, 0, 150, 10])
    assert not shows(LEFT, [99.5, 0, 150, 10])
