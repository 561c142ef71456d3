"""Runs the frozen backbone over crops, once for all fits."""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import openvino
import torch
from numpy.typing import NDArray

from training.embedder.network import FEATURES, Floats, PooledBackbone

_BATCH = 8


class FeatureExtractor:
    """Crops to pooled features, in float32 by OpenVINO, which takes a third of torch's time.

    Raises:
        NoPretrainedBackbone: if the package with the ImageNet weights is not installed.
    """

    def __init__(self, size: int, threads: int = 1) -> None:
        self.pooled = PooledBackbone().eval()
        self.pooled.backbone.load_imagenet()
        with TemporaryDirectory() as folder, warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")  # the tracing exporter is announced as deprecated
            path = Path(folder) / "pooled.onnx"
            torch.onnx.export(self.pooled, (torch.zeros(_BATCH, 3, size, size),), path, dynamo=False)
            self._model = compiled(path, size, threads)

    def extract(self, pictures: NDArray[np.uint8]) -> Floats:
        """Map RGB crops (..., s, s, 3) to features (..., FEATURES)."""
        return extracted(self._model, pictures)


def compiled(path: Path, size: int, threads: int) -> openvino.CompiledModel:
    """Make an ONNX file of crops (n, 3, size, size) ready for `extracted`."""
    core = openvino.Core()
    graph = core.read_model(path)
    graph.reshape([_BATCH, 3, size, size])
    settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    return core.compile_model(graph, "CPU", settings)


def extracted(model: openvino.CompiledModel, pictures: NDArray[np.uint8]) -> Floats:
    """Map RGB crops (..., s, s, 3) to features (..., FEATURES) by a model that `compiled` made ready."""
    crops = pictures.reshape(-1, *pictures.shape[-3:])
    features = np.empty((len(crops), FEATURES), np.float32)
    for start in range(0, len(crops), _BATCH):
        batch = list(crops[start : start + _BATCH])
        filled = batch + batch[:1] * (_BATCH - len(batch))
        features[start : start + _BATCH] = model(cv2.dnn.blobFromImages(filled, 1 / 255))[0][: len(batch)]
    return features.reshape(*pictures.shape[:-3], FEATURES)
