"""The crop embedder's network: a detector's frozen backbone, pooled, and one linear map to a unit vector."""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from training.efficientnet import EfficientNetLite0

Floats = NDArray[np.float32]
LEVELS: Final = (40, 112, 192)  # channels of the maps of the backbone that are pooled, at strides 8, 16 and 32
PARTS: Final = LEVELS * 2  # means of each, then deviations of each
FEATURES: Final = sum(PARTS)
_LEAST_VARIANCE = 1e-6


class PooledBackbone(nn.Module):
    """Crops to features: mean and standard deviation of every channel of three maps.

    Means say what is in the picture, deviations how it is spread: with both, and with the shallow map, twice as many
    products of a family are told apart as with the usual mean of the last map.
    """

    def __init__(self) -> None:
        super().__init__()
        self.backbone = EfficientNetLite0()

    def forward(self, crops: Tensor) -> Tensor:
        """Map RGB (n, 3, s, s) in 0..1 to (n, FEATURES)."""
        maps = self.backbone(crops)[: len(LEVELS)]
        means = [level.mean((2, 3)) for level in maps]
        squares = [level.square().mean((2, 3)) for level in maps]
        deviations = [(s - m.square()).clamp_min(_LEAST_VARIANCE).sqrt() for s, m in zip(squares, means, strict=True)]
        return torch.cat((*means, *deviations), 1)


class Projection(nn.Module):
    """Features to a unit vector: each part centred and brought to length 1, then one linear map.

    Brought to length 1, no part drowns the others, whatever the scale its map happens to have.
    """

    centre: Tensor

    def __init__(self, centre: Floats, matrix: Floats, bias: Floats) -> None:
        """Take the features' mean (FEATURES,), the map (width, FEATURES) and what is added after it (width,)."""
        super().__init__()
        self.register_buffer("centre", torch.from_numpy(centre.astype(np.float32)))
        self.linear = nn.Linear(matrix.shape[1], matrix.shape[0])
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(matrix))
            self.linear.bias.copy_(torch.from_numpy(bias))

    @property
    def width(self) -> int:
        """Length of the unit vector."""
        return self.linear.out_features

    def forward(self, features: Tensor) -> Tensor:
        """Map (n, FEATURES) to (n, width), unit rows."""
        return F.normalize(self.linear(self.balanced(features)))

    def balanced(self, features: Tensor) -> Tensor:
        """Centre each part and bring it to length 1, shape unchanged."""
        parts = torch.split(features - self.centre, list(PARTS), 1)
        return torch.cat([F.normalize(part) for part in parts], 1)


class EmbeddingNetwork(nn.Module):
    """Crops to unit vectors: what is exported."""

    def __init__(self, pooled: nn.Module, projection: Projection) -> None:
        super().__init__()
        self.pooled, self.projection = pooled, projection

    def forward(self, crops: Tensor) -> Tensor:
        """Map RGB (n, 3, s, s) in 0..1 to (n, width), unit rows."""
        return self.projection(self.pooled(crops))
