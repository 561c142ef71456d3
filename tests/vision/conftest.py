"""A tiny artefact with random weights, exported once, and detections made by hand."""

from pathlib import Path

import numpy as np
import pytest

CLASSES = ("product", "shelf", "tag", "gap")


@pytest.fixture(scope="session")
def artefact(tmp_path_factory) -> Path:
    """An untrained yolo11n for inputs of 96 px whose confidences spread over 0..1."""
    torch = pytest.importorskip("torch")
    from training.architecture import build_model
    from training.export import export_onnx
    from vision.artefact import ArtefactMetadata

    torch.manual_seed(0)
    model = build_model(CLASSES)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 1.0, 2.0)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    for branch in model.model[-1].cv3:
        torch.nn.init.normal_(branch[2].weight, std=8.0)
        torch.nn.init.zeros_(branch[2].bias)
    path = tmp_path_factory.mktemp("artefact") / "tiny.onnx"
    export_onnx(model, path, ArtefactMetadata(classes=CLASSES, architecture="yolo11n.yaml", input_size=96))
    return path


@pytest.fixture
def noise() -> np.ndarray:
    """An RGB photo of 200x120 pixels that excites a random network."""
    return np.random.default_rng(3).integers(0, 256, (120, 200, 3), dtype=np.uint8)
