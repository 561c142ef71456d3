import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retail.boxes import iou
from vision.artefact import ArtefactMetadata
from vision.detections import Detections
from vision.tiling import Tiling, look_closer, merge, plan

METADATA = ArtefactMetadata(classes=("product", "shelf"), architecture="none", input_size=640)
SIZE = (2560, 1920)


def detections(boxes, class_ids=None, confidences=None, size=SIZE, truncated=False) -> Detections:
    n = len(boxes)
    class_ids = np.zeros(n, np.int64) if class_ids is None else np.array(class_ids, np.int64)
    probabilities = np.zeros((n, 2), np.float32)
    probabilities[np.arange(n), class_ids] = 0.9 if confidences is None else confidences
    return Detections(
        boxes=np.array(boxes, np.float32).reshape(n, 4),
        class_ids=class_ids,
        probabilities=probabilities,
        edge_deviations=np.ones((n, 4), np.float32),
        vectors=np.zeros((n, 2), np.float32),
        image_vector=np.array([0, 1], np.float32),
        size=size,
        truncated=truncated,
    )


def grid(side: float, columns: int = 8, rows: int = 6, pitch: float = 1.2) -> list[list[float]]:
    """Return boxes of facings side by side from the photo's corner on."""
    return [
        [x * pitch * side, y * pitch * side, x * pitch * side + side, y * pitch * side + side]
        for y in range(rows)
        for x in range(columns)
    ]


class Eye:
    """A detector that sees the things it was given as far as they are in the part of `PICTURE` that it is shown."""

    metadata = METADATA
    max_detections = 400

    def __init__(self, things, class_ids) -> None:
        self.things, self.class_ids = np.array(things, np.float32), np.array(class_ids)
        self.looks: list[tuple[int, int]] = []

    def detect(self, image, size) -> Detections:
        self.looks.append(size)
        x, y, ones = (int(value) for value in image[0, 0])
        left, top = x * 10 + ones // 10, y * 10 + ones % 10
        corner = np.array([left, top, left, top], np.float32)
        boxes = np.clip(self.things - corner, 0, [*size, *size])
        seen = (boxes[:, 2:] - boxes[:, :2]).min(1) > 2
        return detections(boxes[seen], self.class_ids[seen], size=size)


ACROSS, DOWN = np.arange(SIZE[0]), np.arange(SIZE[1])[:, None]
# An image whose pixels say where they are: tens of x, tens of y, and ones of both.
PICTURE = np.stack(np.broadcast_arrays(ACROSS // 10, DOWN // 10, ACROSS % 10 * 10 + DOWN % 10), -1).astype(np.uint8)


def test_large_facings_and_small_photos_are_not_cut():
    assert plan(detections(grid(100)), METADATA, 9) is None, "25 pixels of the input are enough"
    assert plan(detections(grid(10), size=(640, 480)), METADATA, 9) is None, "there are no more pixels"
    assert plan(detections(grid(40)[:5]), METADATA, 9) is None, "five facings say nothing"
    assert plan(detections([]), METADATA, 9) is None


def test_small_facings_are_magnified_as_far_as_the_tiles_suffice():
    small = detections(grid(40))  # 10 pixels of the input, 32 are wanted
    wide, few = plan(small, METADATA, 100), plan(small, METADATA, 4)
    assert wide is not None
    assert few is not None
    assert wide.scale == pytest.approx(0.8)
    assert len(few.tiles) <= 4
    assert 0.25 * 1.3 <= few.scale < 0.8
    assert plan(small, METADATA, 1) is None


@settings(deadline=None)
@given(st.integers(700, 6000), st.integers(400, 6000), st.floats(4, 15), st.integers(2, 16))
def test_tiles_cover_the_photo_and_hold_every_facing_whole(width, height, side, most):
    scale = 640 / max(width, height)
    tiling = plan(detections(grid(side / scale, 8, 3), size=(width, height)), METADATA, most)
    if tiling is None:
        return
    assert len(tiling.tiles) <= most
    tiles = np.array(tiling.tiles)
    assert (tiles[:, 2:] - tiles[:, :2]).max() * tiling.scale <= 641
    assert tiles.min() == 0
    assert tiles[:, 2:].max(0).tolist() == [width, height]
    for x in np.linspace(0, width - side / scale, 7):
        for y in np.linspace(0, height - side / scale, 7):
            inside = (tiles[:, :2] <= [x + 1, y + 1]) & (tiles[:, 2:] >= np.array([x, y]) + side / scale - 1)
            assert inside.all(1).any()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 45)), min_size=1, max_size=40, unique=True))
def test_a_thing_cut_by_a_border_appears_once(places):
    """Things of 36 pixels on a grid of 42, and a shelf edge through all tiles; the first pass misses half of them."""
    things = [[x * 42, y * 42, x * 42 + 36, y * 42 + 36] for x, y in places if y * 42 + 36 <= 1920]
    things.append([0, 1890, 2560, 1910])
    eye = Eye(things, [0] * (len(things) - 1) + [1])
    first = detections([*things[:-1:2], things[-1]], [0] * len(things[:-1:2]) + [1])
    tiling = Tiling(0.5, tuple((x, y, x + 1280, y + 1280) for x in (0, 640, 1280) for y in (0, 640)))
    passes = [_moved(eye.detect(PICTURE[y:, x:], (1280, 1280)), (x, y)) for x, y, _, _ in tiling.tiles]
    merged = merge(first, passes, tiling, METADATA, 400)
    assert sorted(merged.boxes.tolist()) == sorted([float(side) for side in thing] for thing in things)


def _moved(found: Detections, corner: tuple[int, int]) -> Detections:
    return detections(found.boxes + np.tile(corner, 2), found.class_ids)


def test_a_photo_of_small_facings_is_looked_at_again_in_tiles():
    things = grid(40, 40, 30)
    eye = Eye(things, [0] * len(things))
    eye.max_detections = 2000
    asked = []

    def decode_at(long_side: int) -> np.ndarray:
        asked.append(long_side)
        return PICTURE

    first = detections(things[::3])
    found = look_closer(eye, first, decode_at, 9)
    assert len(asked) == 1
    assert 640 < asked[0] <= 2560
    assert 1 < len(eye.looks) <= 9
    assert len(found) == len(things)
    assert (iou(found.boxes, np.array(things, np.float32)).max(0) > 0.99).all()
    assert found.image_vector.tolist() == first.image_vector.tolist()
    assert found.size == SIZE


def test_nothing_more_is_decoded_where_nothing_is_to_be_gained():
    first = detections(grid(200))
    assert look_closer(Eye([], []), first, lambda _: pytest.fail("decoded"), 9) is first


TWO = Tiling(0.5, ((0, 0, 1380, 1920), (1180, 0, 2560, 1920)))


def test_a_part_is_given_up_for_the_whole_that_another_pass_sees():
    whole = detections([[1300, 100, 1600, 700]])
    cut = detections([[1300, 100, 1380, 700]])
    other = detections([[1302, 100, 1600, 700]], confidences=[0.5])
    assert merge(detections([]), [cut, other], TWO, METADATA, 400).boxes.tolist() == [[1302, 100, 1600, 700]]
    assert merge(whole, [cut, detections([])], TWO, METADATA, 400).boxes.tolist() == [[1300, 100, 1600, 700]]
    assert len(merge(detections([]), [cut, detections([])], TWO, METADATA, 400)) == 0


def test_a_box_at_the_photos_own_border_is_not_cut():
    edge = detections([[0, 100, 60, 200]])
    assert len(merge(detections([]), [edge, detections([])], TWO, METADATA, 400)) == 1


def test_large_things_come_from_the_first_pass_and_small_ones_from_a_tile():
    large, small = [100, 100, 400, 500], [800, 100, 840, 140]
    first = detections([large, small])
    tile = detections([[100, 100, 400, 420], [800, 101, 840, 141], [110, 110, 200, 400]])
    merged = merge(first, [tile, detections([])], TWO, METADATA, 400)
    assert sorted(merged.boxes.tolist()) == [large, [800, 101, 840, 141]]


def test_kinds_do_not_remove_each_other_and_neither_does_one_pass_itself():
    first = detections([])
    tile = detections([[100, 100, 200, 200], [100, 100, 200, 200], [110, 100, 200, 200]], [0, 1, 0])
    assert len(merge(first, [tile, detections([])], TWO, METADATA, 400)) == 3


def test_more_than_the_most_is_truncated_and_so_is_a_truncated_pass():
    tile, none = detections([[100, 100, 140, 140], [200, 100, 240, 140]], confidences=[0.5, 0.8]), detections([])
    merged = merge(none, [tile, none], TWO, METADATA, 1)
    assert (merged.boxes.tolist(), merged.truncated) == ([[200, 100, 240, 140]], True)
    assert not merge(none, [tile, none], TWO, METADATA, 2).truncated
    assert merge(none, [tile, detections([], truncated=True)], TWO, METADATA, 2).truncated
    assert merge(detections([], truncated=True), [tile, none], TWO, METADATA, 2).truncated
