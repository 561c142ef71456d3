"""The embedder's network, its export, and timm's models in the same clothes."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from training.embedder import timm_export
from training.embedder.export import choose_precision, export_embedder, write_metadata
from training.embedder.features import FeatureExtractor
from training.embedder.network import FEATURES, EmbeddingNetwork, PooledBackbone, Projection
from training.embedder.timm_export import NoTimmModel, export_timm
from vision.embedder import EmbedderMetadata, load_embedder, read_embedder
from vision.runtime import has_bf16

SIZE = 64
METADATA = EmbedderMetadata(name="test", crop_size=SIZE, width=8, trained_on="nothing")


@pytest.fixture(scope="module")
def network() -> EmbeddingNetwork:
    pooled = PooledBackbone()
    pooled.backbone.load_imagenet()
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(8, FEATURES)).astype(np.float32)
    return EmbeddingNetwork(pooled, Projection(np.zeros(FEATURES, np.float32), matrix, np.zeros(8, np.float32))).eval()


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (9, SIZE, SIZE, 3), dtype=np.uint8)


def planes(pictures: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255


def test_pooled_features_are_means_and_deviations_of_every_level(network, pictures):
    with torch.inference_mode():
        levels = network.pooled.backbone(planes(pictures[:1]))
        features = network.pooled(planes(pictures[:1]))[0]
    assert torch.allclose(features[:40], levels[0][0].mean((1, 2)), atol=1e-4)
    deviations = levels[2][0].flatten(1).std(1, correction=0)
    assert torch.allclose(features[-192:], deviations, atol=2e-3)


def test_every_part_counts_alike(network):
    features = torch.ones(1, FEATURES)
    features[0, :40] = 1000.0
    balanced = network.projection.balanced(features)
    assert balanced[0, :40].norm() == pytest.approx(1)
    assert balanced[0, 40:152].norm() == pytest.approx(1)


def test_features_of_the_frozen_pass_are_the_networks(network, pictures):
    extracted = FeatureExtractor(SIZE).extract(pictures.reshape(3, 3, SIZE, SIZE, 3))
    with torch.inference_mode():
        expected = network.pooled(planes(pictures)).numpy()
    assert extracted.shape == (3, 3, FEATURES)
    assert extracted.reshape(9, -1) == pytest.approx(expected, abs=0.02)


def test_the_file_embeds_as_the_network(network, pictures, tmp_path: Path):
    export_embedder(network, tmp_path / "e.onnx", METADATA)
    with torch.inference_mode():
        expected = network(planes(pictures)).numpy()
    for runtime in ("openvino", "onnxruntime"):
        vectors = load_embedder(tmp_path / "e.onnx", runtime=runtime, threads=1).embed(pictures)
        assert (vectors * expected).sum(1).min() > 0.999
    assert read_embedder(tmp_path / "e.onnx") == METADATA
    assert (tmp_path / "e.onnx").stat().st_size < 3_500_000


def test_new_metadata_make_another_embedder_of_the_same_vectors(network, pictures, tmp_path: Path):
    export_embedder(network, tmp_path / "e.onnx", METADATA)
    before = load_embedder(tmp_path / "e.onnx", threads=1)
    write_metadata(tmp_path / "e.onnx", METADATA.model_copy(update={"trained_on": "something"}))
    after = load_embedder(tmp_path / "e.onnx", threads=1)
    assert before.id != after.id
    assert np.array_equal(before.embed(pictures), after.embed(pictures))


@pytest.mark.parametrize(("lost", "chosen"), [(1.0, "bf16"), (-1.0, "f32")])
def test_precision_is_measured_and_recorded(network, pictures, tmp_path: Path, monkeypatch, lost: float, chosen: str):
    if not has_bf16():
        pytest.skip("this processor has no bf16")
    monkeypatch.setattr("training.embedder.export._MOST_LOST", lost)
    monkeypatch.setattr("training.embedder.export._LEAST_COSINE", 0.5)
    export_embedder(network, tmp_path / "e.onnx", METADATA)
    written = choose_precision(tmp_path / "e.onnx", pictures, np.array([0, 0, 0, 0, 0, 0, 1, 1, 1]), threads=1)
    assert written.precision == chosen
    assert written.bf16_cosine == pytest.approx(1, abs=0.05)
    assert read_embedder(tmp_path / "e.onnx") == written


class FakeTimm(SimpleNamespace):
    """What is used of timm, with one tiny model in it."""

    def __init__(self) -> None:
        config = {"mean": (0.5, 0.5, 0.5), "std": (0.25, 0.25, 0.25)}
        super().__init__(data=SimpleNamespace(resolve_model_data_config=lambda model: config))

    def create_model(self, name: str, pretrained: bool, num_classes: int) -> nn.Module:
        assert pretrained
        assert num_classes == 0
        if name != "Tiny.in1k":
            raise RuntimeError("the host of the weights cannot be reached")
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(3, 6, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def test_a_timm_model_becomes_an_embedder(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", FakeTimm())
    written = export_timm("timm:Tiny.in1k", tmp_path / "t.onnx", SIZE)
    embedder = load_embedder(tmp_path / "t.onnx", threads=1)
    assert (written.name, embedder.width, embedder.crop_size) == ("timm-tiny.in1k", 6, SIZE)
    picture = np.full((1, SIZE, SIZE, 3), 200, np.uint8)
    model = FakeTimm().create_model("Tiny.in1k", True, 0)
    with torch.inference_mode():
        expected = model((planes(picture) - 0.5) / 0.25).numpy()
    assert embedder.embed(picture) == pytest.approx(expected / np.linalg.norm(expected), abs=1e-3)


def test_without_timm_the_message_says_what_to_install(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(timm_export, "import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    with pytest.raises(NoTimmModel, match="pip install timm"):
        export_timm("resnet10t", tmp_path / "t.onnx")


def test_without_a_network_the_message_says_what_failed(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", FakeTimm())
    with pytest.raises(NoTimmModel, match=r"'resnet10t'.*cannot be reached.*a machine with internet"):
        export_timm("resnet10t", tmp_path / "t.onnx")
