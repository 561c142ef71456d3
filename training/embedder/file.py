"""An embedder's file, taken apart into backbone and map, and put together again with another map.

So a map is learned anew where the embedder serves: neither the package with the backbone's weights is needed, nor
anything that the file was made from.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import openvino
from numpy.typing import NDArray
from onnx import ModelProto, numpy_helper

from training.embedder.features import compiled, extracted
from training.embedder.network import FEATURES, Floats, Projection
from vision.embedder import EMBEDDER_KEY, EmbedderMetadata, read_embedder

_CENTRE, _MATRIX, _BIAS = "projection.centre", "projection.linear.weight", "projection.linear.bias"
_HALF = ".half"  # what `halve_weights` calls a weight that it stored as float16


class CannotRefit(ValueError):
    """An embedder that has no map of ours at its end."""


class FileFeatures:
    """Crops to pooled features by an embedder's own backbone, in float32.

    Raises:
        BadArtefact: if the file is no embedder.
        CannotRefit: if it is not one of `training.embedder`.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        self.size = read_embedder(path).crop_size
        graph = onnx.load(path)
        pooled = _node_reading(graph, _CENTRE).input[0]
        with TemporaryDirectory() as folder:
            part = Path(folder) / "pooled.onnx"
            output = onnx.helper.make_tensor_value_info(pooled, onnx.TensorProto.FLOAT, ["crops", FEATURES])
            del graph.graph.output[:]
            graph.graph.output.append(output)
            onnx.save(graph, part)
            self._model: openvino.CompiledModel = compiled(part, self.size, threads)

    def extract(self, pictures: NDArray[np.uint8]) -> Floats:
        """Map RGB crops (..., s, s, 3) to features (..., FEATURES)."""
        return extracted(self._model, pictures)


def read_map(path: Path) -> Projection:
    """Return the map from features to vectors that an embedder ends with.

    Raises:
        CannotRefit: if it is not an embedder of `training.embedder`.
    """
    graph = onnx.load(path)
    return Projection(*(_weight(graph, name) for name in (_CENTRE, _MATRIX, _BIAS)))


def write_with_map(path: Path, projection: Projection, target: Path, metadata: EmbedderMetadata) -> None:
    """Write an embedder's backbone with another map of the same size behind it, which makes it another embedder.

    Raises:
        CannotRefit: if it is not an embedder of `training.embedder`.
    """
    graph = onnx.load(path)
    state = projection.state_dict()
    for name, value in ((_CENTRE, "centre"), (_MATRIX, "linear.weight"), (_BIAS, "linear.bias")):
        kept = _initializer(graph, name)
        array = state[value].detach().numpy().astype(numpy_helper.to_array(kept).dtype)
        kept.CopyFrom(numpy_helper.from_array(array, kept.name))
    onnx.helper.set_model_props(graph, {EMBEDDER_KEY: metadata.model_dump_json()})
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, target)


def _weight(graph: ModelProto, name: str) -> Floats:
    return numpy_helper.to_array(_initializer(graph, name)).astype(np.float32)


def _initializer(graph: ModelProto, name: str) -> onnx.TensorProto:
    for one in graph.graph.initializer:
        if one.name in (name, name + _HALF):
            return one
    raise CannotRefit(f"it has no {name}: only embedders of training.embedder can be fitted further")


def _node_reading(graph: ModelProto, name: str) -> onnx.NodeProto:
    for node in graph.graph.node:
        if name in node.input and len(node.input) == 2:
            return node
    raise CannotRefit(f"nothing in it reads {name}: only embedders of training.embedder can be fitted further")
