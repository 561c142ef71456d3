"""Write a trained detector as the one ONNX file that serving runs: one pass, all signals."""

import copy
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn import functional
from ultralytics.nn.modules import Detect
from ultralytics.nn.tasks import DetectionModel

from training.architecture import classes_of, head_of
from training.rounding import to_bfloat16
from vision.artefact import METADATA_KEY, ArtefactMetadata

OUTPUTS = ("boxes", "probabilities", "edge_variances", "vectors", "image_vector")
# Most anchors that leave the graph: 400 facings with tags and shelves take about half of it before NMS. Ranking
# inside the graph keeps the copies out of it, and the distributions to decode, small.
KEPT_ANCHORS = 2000
_OPSET = 17
_TRACE_SIZE = (64, 96)  # sides differ, so a swapped axis cannot go unnoticed
_KERNEL_AXES = 4  # out, in, height, width
_SMALLEST_HALVED = 256  # elements; shape constants and biases are not worth a cast


class ExportRefused(ValueError):
    """A model and metadata that do not belong together, or weights that float16 cannot hold."""


class OnePassDetector(nn.Module):
    """A detector that returns everything one forward pass knows about its best anchors.

    A box edge is predicted as a distribution over distances 0..reg_max-1 strides (Distribution Focal Loss, Li et al.,
    NeurIPS 2020). Its mean is the edge, as in Ultralytics; its variance is how sure the model is about that edge.
    """

    distances: Tensor

    def __init__(self, model: DetectionModel, temperature: float, bias: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(model.model[:-1])
        self.head: Detect = head_of(model)
        self.temperature, self.bias = temperature, bias
        self.strides = [int(stride) for stride in self.head.stride]
        self.ones = [torch.ones(branch[0].conv.in_channels, 1, 1, 1) for branch in self.head.cv2]
        self.register_buffer("distances", torch.arange(self.head.reg_max, dtype=torch.float32).view(1, -1, 1))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Run the network on one image.

        Args:
            image: (1, 3, h, w) RGB in 0..1, both sides multiples of the largest stride.

        Returns:
            For the k anchors with the most probable classes, best first, channels before anchors because that is how
            the network computes them: boxes (1, 4, k) x1 y1 x2 y2 in input pixels; probabilities (1, c, k)
            calibrated; edge variances (1, 4, k) in square input pixels; instance vectors (1, d, k); and the image
            vector (1, v).
        """
        levels = self._features(image)
        hidden = [branch[:-1](level) for branch, level in zip(self.head.cv3, levels, strict=True)]
        logits = _joined([branch[-1](h) for branch, h in zip(self.head.cv3, hidden, strict=True)])
        best = self._best(logits)
        edge_logits = _joined([branch(level) for branch, level in zip(self.head.cv2, levels, strict=True)])
        centres, strides = (torch.index_select(values, 1, best) for values in self._anchors(levels))
        boxes, variances = self._boxes(_taken(edge_logits, best), centres, strides)
        probabilities = self._calibrated(torch.index_select(logits, 1, best))
        image_vector = torch.cat([_averaged(level, ones) for level, ones in zip(levels, self.ones, strict=True)], 1)
        return boxes[None], probabilities[None], variances[None], _taken(_joined(hidden), best)[None], image_vector

    def _best(self, logits: Tensor) -> Tensor:
        """Return the ids of the anchors with the most probable classes."""
        peaks = logits.amax(0)
        # As tensors, so that the tracer sees that a small photo has fewer anchors than are kept.
        count = torch.minimum(torch.tensor(KEPT_ANCHORS), torch.tensor(peaks.shape[0]))
        return peaks.topk(count).indices  # type: ignore[arg-type]

    def _features(self, image: Tensor) -> list[Tensor]:
        """Run backbone and neck the way Ultralytics does, returning the inputs of the head."""
        outputs = [image]  # so that index -1 is the layer before; layer i's output is at i + 1
        for layer in self.layers:
            outputs.append(layer(_inputs(layer, outputs)))
        levels = _inputs(self.head, outputs)
        return levels if isinstance(levels, list) else [levels]

    def _calibrated(self, logits: Tensor) -> Tensor:
        plain = self.temperature == 1 and self.bias == 0
        return (logits if plain else logits / self.temperature + self.bias).sigmoid()

    def _boxes(self, edge_logits: Tensor, centres: Tensor, strides: Tensor) -> tuple[Tensor, Tensor]:
        """Decode edge logits (4 * reg_max, k) of cells with centres (2, k) and strides (1, k)."""
        shares = edge_logits.view(4, self.head.reg_max, -1).softmax(1)
        mean = (shares * self.distances).sum(1)
        variance = (shares * (self.distances - mean[:, None]).square()).sum(1)
        near, far = mean.chunk(2)
        boxes = torch.cat((centres - near, centres + far)) * strides
        return boxes, variance * strides.square()

    def _anchors(self, levels: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Return cell centres (2, anchors) in strides and strides (1, anchors), from the shapes met at run time."""
        centres, strides = [], []
        for level, stride in zip(levels, self.strides, strict=True):
            height, width = level.shape[2:]
            y, x = torch.arange(height) + 0.5, torch.arange(width) + 0.5
            grid = torch.stack((x[None, :].expand(height, width), y[:, None].expand(height, width)))
            centres.append(grid.reshape(2, -1))
            strides.append(torch.full_like(centres[-1][:1], stride))
        return torch.cat(centres, 1), torch.cat(strides, 1)


def _inputs(layer: nn.Module, outputs: list[Tensor]) -> Tensor | list[Tensor]:
    """Return what Ultralytics' parser wired to a layer: one earlier output or several."""

    def earlier(index: int) -> Tensor:
        return outputs[index if index == -1 else index + 1]

    source: int | list[int] = layer.f  # type: ignore[assignment]
    return earlier(source) if isinstance(source, int) else [earlier(index) for index in source]


def _joined(maps: list[Tensor]) -> Tensor:
    """Flatten maps (1, c, h, w) of all levels to (c, anchors)."""
    return torch.cat([m.flatten(2) for m in maps], 2)[0]


def _taken(values: Tensor, anchors: Tensor) -> Tensor:
    """Take columns, then multiply by the identity.

    OpenVINO runs everything after the last matrix product or convolution in float32, whatever precision was asked for.
    Without this one it would turn the two largest maps of the head into float32 first, which costs a bf16 pass 12
    percent.
    """
    return torch.eye(values.shape[0]) @ torch.index_select(values, 1, anchors)


def _averaged(level: Tensor, ones: Tensor) -> Tensor:
    """Average a map (1, c, h, w) over its cells, (1, c), then multiply by `ones` (c, 1, 1, 1).

    For the reason given in `_taken`: otherwise the maps themselves would become float32, two percent of a bf16 pass.
    """
    return functional.conv2d(level.mean((2, 3), keepdim=True), ones, groups=len(ones)).flatten(1)


def export_onnx(
    model: DetectionModel, path: Path, metadata: ArtefactMetadata, *, weights_half: bool = True
) -> ArtefactMetadata:
    """Write an artefact and return its metadata with vector widths and strides filled in.

    The model itself is left as it is. Height and width are dynamic, the batch is 1.

    Args:
        model: a detector, not fused.
        path: where the ONNX file goes.
        metadata: its classes and architecture must be the model's.
        weights_half: store weights as float16 followed by a cast, which halves the file, and round kernels so that
            bfloat16 holds them, too; the graph stays float32.

    Raises:
        ExportRefused: if the metadata names other classes, or a weight leaves float16's range.
    """
    if metadata.classes != classes_of(model):
        raise ExportRefused(f"metadata names classes {metadata.classes}, the model has {classes_of(model)}")
    fused = copy.deepcopy(model).float().cpu().eval().fuse(verbose=False)
    wrapped = OnePassDetector(fused, metadata.temperature, metadata.bias)
    complete = _measured(wrapped, metadata)
    _trace(wrapped, path)
    graph = onnx.load(path)
    if weights_half:
        halve_weights(graph.graph)
    helper.set_model_props(graph, {METADATA_KEY: complete.model_dump_json()})
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, path)
    return complete


def _measured(wrapped: OnePassDetector, metadata: ArtefactMetadata) -> ArtefactMetadata:
    with torch.inference_mode():
        *_, vectors, image_vector = wrapped(torch.zeros(1, 3, *_TRACE_SIZE))
    widths = {"vector_width": vectors.shape[1], "image_vector_width": image_vector.shape[1]}
    return ArtefactMetadata.model_validate({**metadata.model_dump(), **widths, "strides": tuple(wrapped.strides)})


def _trace(wrapped: OnePassDetector, path: Path) -> None:
    axes = {"image": {2: "height", 3: "width"}}
    axes |= {name: {2: "kept"} for name in OUTPUTS[:-1]}
    with warnings.catch_warnings(), torch.inference_mode():
        # The tracing exporter is announced as deprecated; its successor needs a package that is not installed.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            wrapped,
            (torch.zeros(1, 3, *_TRACE_SIZE),),
            path,
            input_names=["image"],
            output_names=list(OUTPUTS),
            dynamic_axes=axes,
            opset_version=_OPSET,
            dynamo=False,
        )


def halve_weights(graph: onnx.GraphProto) -> None:
    """Store large float32 initialisers as float16, each followed by a cast back that runtimes fold away.

    Kernels get values that bfloat16 has, so a pass in bf16 multiplies by the same weights as one in f32.
    """
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < _SMALLEST_HALVED:
            continue
        if np.abs(values).max() > np.finfo(np.float16).max:
            raise ExportRefused(f"weight {tensor.name} leaves float16's range: export with weights_half=False")
        name = tensor.name
        values = to_bfloat16(values) if values.ndim == _KERNEL_AXES else values
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
