import numpy as np
import pytest

from vision.thinning import thinned


@pytest.mark.parametrize(
    ("shape", "long_side", "step"), [((600, 900), 256, 3), ((901, 602), 256, 3), ((2, 999), 256, 3)]
)
def test_every_nth_pixel_is_left(shape, long_side, step):
    height, width = shape
    image = np.stack(np.meshgrid(np.arange(width) % 251, np.arange(height) % 241, [7]), -1)[:, :, 0].astype(np.uint8)
    sparse = thinned(image, long_side)
    assert sparse.shape == image[::step, ::step].shape
    if height % step == width % step == 0:
        np.testing.assert_array_equal(sparse, image[::step, ::step])


def test_a_small_picture_stays_as_it_is():
    image = np.zeros((300, 511, 3), np.uint8)
    assert thinned(image, 256) is image
