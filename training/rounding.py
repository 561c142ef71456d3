"""Rounds kernels to bfloat16 so that their errors cancel."""

import numpy as np
import torch
from numpy.typing import NDArray


def to_bfloat16(kernels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to values that bfloat16 has, each output's remainder carried to its next weight.

    What a kernel looks at is mostly of one sign, and alike from pixel to pixel, so errors that sum to nothing hardly
    move its answer; those of plain rounding do (error diffusion, Floyd and Steinberg 1976). Rounded once more, nothing
    changes.

    Args:
        kernels: (out, in, height, width).

    Returns:
        The same shape, as float32.
    """
    rows = torch.tensor(kernels.reshape(len(kernels), -1))
    rounded, remainder = torch.empty_like(rows), torch.zeros(len(rows))
    for column in range(rows.shape[1]):
        wanted = rows[:, column] + remainder
        rounded[:, column] = wanted.bfloat16()
        remainder = wanted - rounded[:, column]
    return rounded.numpy().reshape(kernels.shape)
