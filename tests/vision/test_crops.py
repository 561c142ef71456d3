import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.crops import cut_crops, side_wanted

RED, BLUE, GREY = [200, 0, 0], [0, 0, 200], [127, 127, 127]


def picture() -> np.ndarray:
    """Red on the left, blue from x = 20 on; 40 x 30 pixels."""
    image = np.zeros((30, 40, 3), np.uint8)
    image[:, :20], image[:, 20:] = RED, BLUE
    return image


def boxes(*rows) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_a_tall_facing_stands_in_the_middle_of_grey():
    [crop] = cut_crops(picture(), boxes([0, 0, 10, 20]), 8)
    assert crop[:, 2:6].tolist() == [[RED] * 4] * 8
    assert crop[:, :2].tolist() == [[GREY] * 2] * 8
    assert crop[:, 6:].tolist() == [[GREY] * 2] * 8


def test_a_wide_facing_keeps_its_colours_and_their_sides():
    [crop] = cut_crops(picture(), boxes([12, 5, 28, 13]), 16)
    assert crop[4:12, :8].tolist() == [[RED] * 8] * 8
    assert crop[4:12, 8:].tolist() == [[BLUE] * 8] * 8
    assert crop[[0, 3, 12, 15]].tolist() == [[GREY] * 16] * 4


def test_every_pixel_counts_when_a_crop_is_shrunk():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::4] = 200
    [crop] = cut_crops(stripes, boxes([0, 0, 64, 64]), 8)
    assert (crop == 50).all()


def test_what_is_outside_is_left_out():
    inside, clipped = cut_crops(picture(), boxes([30, 0, 40, 10], [30, -50, 90, 10]), 8)
    assert np.array_equal(inside, clipped)


def test_slivers_and_boxes_outside_still_give_a_crop():
    crops = cut_crops(picture(), boxes([5, 5, 5.2, 25], [100, 100, 120, 120], [-9, -9, -5, -5]), 8)
    assert [RED in crop.reshape(-1, 3).tolist() for crop in crops] == [True, False, True]
    assert BLUE in crops[1].reshape(-1, 3).tolist()


def test_no_boxes_give_no_crops():
    crops = cut_crops(picture(), boxes(), 96)
    assert crops.shape == (0, 96, 96, 3)
    assert crops.dtype == np.uint8


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(*[st.floats(-60, 100, width=32)] * 4), min_size=1, max_size=5), st.integers(1, 40))
def test_any_boxes_give_crops_without_a_colour_that_is_not_there(rows, size):
    crops = cut_crops(np.full((30, 40, 3), 90, np.uint8), boxes(*rows), size)
    assert crops.shape == (len(rows), size, size, 3)
    assert set(np.unique(crops)) <= {90, 127}
    assert (crops == 90).any((1, 2, 3)).all()


def test_a_photo_is_decoded_no_larger_than_its_typical_facing_needs():
    facings = boxes([0, 0, 100, 256], [0, 0, 256, 90], [0, 0, 30, 40])
    assert side_wanted(facings, (4000, 3000), 128) == 2000
    assert side_wanted(facings, (3000, 4000), 512) == 4000, "there are no more pixels"
    assert side_wanted(boxes(), (4000, 3000), 128) == 1
