import numpy as np
import pytest
import torch

from training.rounding import to_bfloat16


@pytest.fixture
def kernels() -> np.ndarray:
    return np.random.default_rng(5).normal(0, 0.1, (16, 24, 3, 3)).astype(np.float32)


def plainly(kernels: np.ndarray) -> np.ndarray:
    return torch.from_numpy(kernels).bfloat16().float().numpy()


def test_rounded_kernels_are_bfloat16_near_by_and_stay_as_they_are(kernels: np.ndarray):
    rounded = to_bfloat16(kernels)
    assert rounded.shape == kernels.shape
    np.testing.assert_array_equal(plainly(rounded), rounded)
    np.testing.assert_array_equal(to_bfloat16(rounded), rounded)
    largest = np.abs(kernels).max()
    assert np.abs(rounded - kernels).max() <= largest * 2**-7


def test_errors_cancel_where_all_that_a_kernel_sees_is_alike(kernels: np.ndarray):
    errors, plain = (np.abs((one - kernels).sum((1, 2, 3))) for one in (to_bfloat16(kernels), plainly(kernels)))
    assert errors.mean() < plain.mean() / 5
    assert errors.max() <= np.abs(kernels).max() * 2**-8


def test_one_output_does_not_disturb_the_next(kernels: np.ndarray):
    np.testing.assert_array_equal(to_bfloat16(kernels)[3:4], to_bfloat16(kernels[3:4]))
