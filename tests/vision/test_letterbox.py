import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.letterbox import Letterbox

SIDES = st.integers(1, 6000)


@pytest.mark.parametrize(
    ("photo", "inner", "outer", "pad"),
    [
        ((640, 640), (640, 640), (640, 640), (0, 0)),
        ((1000, 1333), (480, 640), (480, 640), (0, 0)),
        ((4640, 3472), (640, 479), (640, 480), (0, 0)),
        ((1280, 700), (640, 350), (640, 352), (0, 1)),
        ((100, 3), (640, 19), (640, 32), (0, 6)),
    ],
)
def test_smallest_frame_that_fits(photo, inner, outer, pad):
    box = Letterbox.fit(photo, 640)
    assert (box.inner, box.outer, box.pad) == (inner, outer, pad)


@given(SIDES, SIDES, st.data())
def test_boxes_return_to_where_they_were(width: int, height: int, data: st.DataObject):
    letterbox = Letterbox.fit((width, height), 640)
    xs = sorted(data.draw(st.lists(st.floats(0, width), min_size=2, max_size=2)))
    ys = sorted(data.draw(st.lists(st.floats(0, height), min_size=2, max_size=2)))
    boxes = np.array([[xs[0], ys[0], xs[1], ys[1]]], np.float32)
    np.testing.assert_allclose(
        letterbox.to_photo(letterbox.to_input(boxes)), boxes, rtol=1e-4, atol=1e-3 * max(width, height)
    )


@given(SIDES, SIDES)
def test_frame_has_whole_strides_and_holds_the_photo(width: int, height: int):
    box = Letterbox.fit((width, height), 640)
    assert all(side % 32 == 0 and 0 <= side - inner < 32 for side, inner in zip(box.outer, box.inner, strict=True))
    assert max(box.inner) == 640


def test_boxes_outside_are_clipped_to_the_photo():
    boxes = np.array([[-20, -20, 900, 900]], np.float32)
    assert Letterbox.fit((320, 160), 640).to_photo(boxes).tolist() == [[0, 0, 320, 160]]


def test_lengths_scale_without_shifting():
    lengths = np.array([[2, 4, 2, 4]], np.float32)
    assert Letterbox.fit((1280, 700), 640).lengths_to_photo(lengths).tolist() == [[4, 8, 4, 8]]


@pytest.mark.parametrize("shape", [(70, 128), (20, 37), (700, 1280)])
def test_input_is_the_photo_in_a_grey_frame(shape: tuple[int, int]):
    image = np.full((*shape, 3), (255, 0, 51), np.uint8)
    framed = Letterbox.fit((1280, 700), 640).apply(image)
    assert (framed.shape, framed.dtype) == ((1, 352, 640, 3), np.uint8)
    assert framed[0, 176, 320].tolist() == framed[0, 1, 0].tolist() == [255, 0, 51]
    assert framed[0, 0, 0].tolist() == [114, 114, 114]


def test_empty_photo_is_refused():
    with pytest.raises(ValueError, match="0x5 pixels"):
        Letterbox.fit((0, 5), 640)
