"""The linear map in closed form: linear discriminant analysis, which metric learning starts from."""

import numpy as np
import torch
from numpy.typing import NDArray

from training.embedder.network import PARTS, Floats, Projection

WIDTH = 192
# Added to the diagonal of the covariance within products, as a share of its mean: few products say little about rare
# directions, and unknown ones must not pay for that.
SHRINKAGE = 0.3


def closed_form(features: Floats, labels: NDArray[np.intp], width: int = WIDTH) -> Projection:
    """Whiten what varies within products, keep the directions that vary most (Fisher 1936; Hastie et al., ESL 4.3.3).

    Args:
        features: (n, FEATURES) of crops.
        labels: (n,) product of each.
        width: of the vectors, at most FEATURES.
    """
    centre = features.mean(0)
    parts = balanced(features, centre)
    mean = parts.mean(0)
    whitener = _whitener(parts, labels)
    spread = np.cov((parts - mean) @ whitener, rowvar=False, bias=True)
    _, directions = np.linalg.eigh(spread)
    matrix = (whitener @ directions[:, ::-1][:, :width]).T
    return Projection(centre, matrix.astype(np.float32), -(matrix @ mean).astype(np.float32))


def balanced(features: Floats, centre: Floats) -> NDArray[np.float64]:
    """Centre each part of features (n, FEATURES) and bring it to length 1, as `Projection` does."""
    parts = np.split(features.astype(np.float64) - centre, np.cumsum(PARTS)[:-1], 1)
    return np.concatenate([part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-12) for part in parts], 1)


def _whitener(parts: NDArray[np.float64], labels: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return L with L Lᵀ the inverse of the shrunk covariance within products."""
    _, rows, counts = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.zeros((len(counts), parts.shape[1]))
    np.add.at(means, rows, parts)
    within = np.cov(parts - (means / counts[:, None])[rows], rowvar=False, bias=True)
    within += np.eye(len(within)) * np.trace(within) / len(within) * SHRINKAGE
    return np.linalg.cholesky(np.linalg.inv(within))


@torch.inference_mode()
def project(projection: Projection, features: Floats) -> Floats:
    """Return unit vectors (n, width) of features (n, FEATURES)."""
    return np.asarray(projection(torch.from_numpy(features)).numpy(), np.float32)
