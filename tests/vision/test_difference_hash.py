import cv2
import numpy as np
import pytest

from vision.difference_hash import difference_hash


def ramp(*columns: int) -> np.ndarray:
    """A picture of vertical stripes, one per column of the hash."""
    return np.repeat(np.array([columns], np.uint8), 8, axis=0)[:, :, None].repeat(3, axis=2)


def test_each_bit_says_whether_it_gets_brighter_to_the_right() -> None:
    assert difference_hash(ramp(*range(0, 90, 10))) == 2**64 - 1
    assert difference_hash(ramp(*range(80, -1, -10))) == 0
    assert difference_hash(ramp(0, 9, 9, 9, 9, 9, 9, 9, 9)) == 0x8080808080808080
    assert difference_hash(ramp(9, 9, 9, 9, 9, 9, 9, 9, 10)) == 0x0101010101010101


def test_the_first_row_is_the_highest() -> None:
    picture = np.zeros((8, 9, 3), np.uint8)
    picture[0, 1] = 200
    assert difference_hash(picture) == 1 << 63


def test_a_picture_of_one_shade_has_none() -> None:
    assert difference_hash(np.full((50, 70, 3), 99, np.uint8)) == 0


@pytest.mark.parametrize("seed", range(5))
def test_size_brightness_and_compression_change_few_bits(seed: int) -> None:
    patches = np.random.default_rng(seed).integers(0, 200, (8, 9, 3)).astype(np.uint8)
    picture = cv2.resize(patches, (900, 800), interpolation=cv2.INTER_CUBIC)
    smaller = cv2.resize(picture, (450, 400), interpolation=cv2.INTER_AREA) + np.uint8(20)
    again = cv2.imdecode(cv2.imencode(".jpg", smaller, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_COLOR)
    assert (difference_hash(picture) ^ difference_hash(again)).bit_count() <= 4
    other = np.random.default_rng(seed + 100).integers(0, 200, (8, 9, 3)).astype(np.uint8)
    assert (difference_hash(picture) ^ difference_hash(other)).bit_count() > 12
