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
            settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
            self._model = openvino.Core().compile_model(path, "CPU", settings)

    def extract(self, pictures: NDArray[np.uint8]) -> Floats:
        """Map RGB crops (..., s, s, 3) to features (..., FEATURES)."""
        crops = pictures.reshape(-1, *pictures.shape[-3:])
        features = np.empty((len(crops), FEATURES), np.float32)
        for start in range(0, len(crops), _BATCH):
            batch = list(crops[start : start + _BATCH])
            filled = batch + batch[:1] * (_BATCH - len(batch))
            features[start : start + _BATCH] = self._model(cv2.dnn.blobFromImages(filled, 1 / 255))[0][: len(batch)]
        return features.reshape(*pictures.shape[:-3], FEATURES)
