"""Runs a detector artefact: OpenVINO by default, ONNX Runtime where that fits better."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Literal, Protocol

import cv2
import numpy as np
import onnxruntime
import openvino
from numpy.typing import NDArray
from openvino.preprocess import PrePostProcessor

from vision.artefact import BadArtefact
from vision.background import give_way
from vision.detections import Floats
from vision.letterbox import Image

Precision = Literal["f32", "bf16"]
RuntimeName = Literal["openvino", "onnxruntime"]
_OUTPUTS = ("boxes", "probabilities", "edge_variances", "vectors", "image_vector")


@dataclass(frozen=True, slots=True, eq=False)
class RawOutputs:
    """What one pass says about its k best anchors, before confidence filter and NMS; best anchors first.

    Attributes:
        boxes: (k, 4) x1, y1, x2, y2 in input pixels.
        probabilities: (k, c) calibrated sigmoid class probabilities.
        edge_variances: (k, 4) variance of each edge in square input pixels.
        vectors: (k, d) instance vectors, not normalised.
        image_vector: (v,) pooled features of the whole input, not normalised.
    """

    boxes: Floats
    probabilities: Floats
    edge_variances: Floats
    vectors: Floats
    image_vector: Floats


class Runtime(Protocol):
    """Runs one artefact; several Python threads may call it at once."""

    def infer(self, framed: Image) -> RawOutputs:
        """Run one pass on (1, h, w, 3) RGB uint8, h and w multiples of the largest stride."""
        ...


class OpenVinoRuntime:
    """An artefact compiled by OpenVINO for the CPU.

    OpenVINO reports usage only from its conversion functions, and nothing here calls one.

    Args:
        path: ONNX file.
        threads: CPU threads over all streams.
        streams: passes that may run side by side; further callers wait.
        precision: arithmetic, always explicit: OpenVINO's own default differs between machines.
        aside: compile with low priority, beside a model that answers meanwhile.

    Raises:
        BadArtefact: if OpenVINO cannot read the file, or its outputs are not an artefact's.
    """

    def __init__(
        self, path: Path, threads: int = 2, streams: int = 1, precision: Precision = "f32", *, aside: bool = False
    ) -> None:
        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": streams,
            "INFERENCE_PRECISION_HINT": precision,
        }
        core = openvino.Core()
        try:
            model = core.read_model(path)
            _check_outputs(path, [port.get_any_name() for port in model.outputs])
            compiling = _compiled_aside if aside else _compiled
            self._model = compiling(core, fed_with_pixels(model), settings)
        except RuntimeError as error:
            raise BadArtefact(f"OpenVINO cannot compile {path.name}: {error}") from error
        self._idle: SimpleQueue[openvino.InferRequest] = SimpleQueue()
        for _ in range(streams):
            self._idle.put(self._model.create_infer_request())

    def infer(self, framed: Image) -> RawOutputs:
        """Run one pass; waits while all streams are busy."""
        request = self._idle.get()
        try:
            request.infer([framed], share_inputs=True)
            # The request's memory belongs to its next caller, so what is kept must be copied.
            return _unbatched([request.get_tensor(name).data.copy() for name in _OUTPUTS])
        finally:
            self._idle.put(request)


class OnnxRuntime:
    """An artefact run by ONNX Runtime on the CPU, in float32.

    Raises:
        BadArtefact: if ONNX Runtime cannot read the file, or its outputs are not an artefact's.
    """

    def __init__(self, path: Path, threads: int = 2) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # one class per status, with no common base
            raise BadArtefact(f"ONNX Runtime cannot load {path.name}: {error}") from error
        _check_outputs(path, [output.name for output in self._session.get_outputs()])

    def infer(self, framed: Image) -> RawOutputs:
        """Run one pass; a session may be shared between threads."""
        planes = cv2.dnn.blobFromImage(framed[0], 1 / 255)
        return _unbatched(self._session.run(list(_OUTPUTS), {"image": planes}))


def has_bf16() -> bool:
    """Say whether this processor computes in bf16; where it does not, OpenVINO would take f32 without a word."""
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def served_precision(wanted: Precision | Literal["recorded"], recorded: Precision, runtime: RuntimeName) -> Precision:
    """Return the precision to load an artefact in: what is wanted, or what the artefact records where that can run."""
    if wanted != "recorded":
        return wanted
    return recorded if runtime == "openvino" and has_bf16() else "f32"


def load_runtime(
    name: RuntimeName,
    path: Path,
    *,
    threads: int = 2,
    streams: int = 1,
    precision: Precision = "f32",
    aside: bool = False,
) -> Runtime:
    """Load an artefact into the named runtime, with low priority where that is wanted and can be.

    Raises:
        BadArtefact: if the file cannot be run.
        ValueError: if ONNX Runtime is asked for another precision than f32.
    """
    if name == "openvino":
        return OpenVinoRuntime(path, threads, streams, precision, aside=aside)
    if precision != "f32":
        raise ValueError(f"onnxruntime computes in f32 on a CPU, not in {precision}: use openvino")
    return OnnxRuntime(path, threads)


def _compiled(core: openvino.Core, model: openvino.Model, settings: Mapping[str, Any]) -> openvino.CompiledModel:
    return core.compile_model(model, "CPU", settings)


def _compiled_aside(core: openvino.Core, model: openvino.Model, settings: Mapping[str, Any]) -> openvino.CompiledModel:
    """Compile with low priority, which is three quarters of the work, and only read the result with the usual one.

    A model's threads keep the priority of the thread that made them, so what was compiled aside must not itself serve.
    """
    # Nor may its threads, which OpenVINO would hand on to the next model of the same settings.
    others = {**settings, "INFERENCE_NUM_THREADS": settings["INFERENCE_NUM_THREADS"] + 1, "NUM_STREAMS": 1}
    compiled: bytes = give_way(lambda: _compiled(core, model, others).export_model())
    return core.import_model(compiled, "CPU", settings)


def fed_with_pixels(model: openvino.Model) -> openvino.Model:
    """Let the graph turn (n, h, w, 3) bytes into (n, 3, h, w) in 0..1 itself, which saves two passes over them."""
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(openvino.Type.f32).scale(255.0)
    return steps.build()


def _check_outputs(path: Path, names: Sequence[str]) -> None:
    if missing := [name for name in _OUTPUTS if name not in names]:
        raise BadArtefact(f"{path.name} has no outputs {missing}: export it with training.export")


def _unbatched(arrays: Sequence[NDArray[np.float32]]) -> RawOutputs:
    """Drop the batch axis and put anchors first; the transposed arrays are views."""
    *per_anchor, image_vector = arrays
    boxes, probabilities, variances, vectors = (array[0].T for array in per_anchor)
    return RawOutputs(boxes, probabilities, variances, vectors, image_vector[0])
