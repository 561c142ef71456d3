"""Export a timm model as an embedder, for those with internet: `python -m training.embedder.timm_export NAME OUT.onnx`.

The model is used as it comes, pooled and normalised; metric learning of one's own is not part of this.
"""

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.embedder.export import export_embedder
from vision.embedder import EmbedderMetadata

SIZE: Final = 128


class NoTimmModel(RuntimeError):
    """timm, or the model's weights, could not be had; the message says what to do."""


class Pooled(nn.Module):
    """A timm model without its classifier, fed with RGB in 0..1."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, model: nn.Module, mean: tuple[float, ...], deviation: tuple[float, ...]) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(deviation).view(1, 3, 1, 1))

    def forward(self, crops: Tensor) -> Tensor:
        """Map RGB (n, 3, s, s) in 0..1 to (n, width), unit rows."""
        return F.normalize(self.model((crops - self.mean) / self.deviation))


def export_timm(name: str, path: Path, size: int = SIZE) -> EmbedderMetadata:
    """Fetch a pretrained timm model, write it as an embedder, and return its metadata.

    Args:
        name: as timm knows it, with or without ``timm:`` before it.
        path: where the ONNX file goes.
        size: sides of its crops in pixels.

    Raises:
        NoTimmModel: if timm is not installed, knows no such model, or cannot fetch the weights.
    """
    name = name.removeprefix("timm:")
    network = _fetch(_timm(), name)
    with torch.inference_mode():
        width = network(torch.zeros(1, 3, size, size)).shape[1]
    metadata = EmbedderMetadata(
        name=f"timm-{name.lower()}"[:64], crop_size=size, width=width, trained_on=f"timm's pretrained weights of {name}"
    )
    export_embedder(network, path, metadata)
    return metadata


def _timm() -> Any:
    try:
        return import_module("timm")
    except ImportError as error:
        raise NoTimmModel("timm is not installed: pip install timm") from error


def _fetch(timm: Any, name: str) -> Pooled:
    try:
        model = timm.create_model(name, pretrained=True, num_classes=0)
    except Exception as error:  # an unknown name, no network, no weights: timm and its hub share no base class
        raise NoTimmModel(
            f"timm could not give the pretrained model {name!r}, whose weights it downloads on first use: {error}. "
            "Check the name with timm.list_models(pretrained=True), or run this once on a machine with internet "
            "and copy the ONNX file"
        ) from error
    config = timm.data.resolve_model_data_config(model)
    return Pooled(model.eval(), config["mean"], config["std"]).eval()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of a timm model, for example mobilenetv4_conv_small.e2400_r224_in1k")
    parser.add_argument("path", type=Path, help="of the ONNX file to write; serve it with naming.embedder: onnx:PATH")
    parser.add_argument("--size", type=int, default=SIZE, help="sides of a crop in pixels")
    arguments = parser.parse_args()
    written = export_timm(arguments.name, arguments.path, arguments.size)
    print(f"{arguments.path}: {written.name}, vectors of {written.width}")
