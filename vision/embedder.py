"""Turns crops of facings into unit vectors: what looks alike lies close together."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Literal, Protocol

import cv2
import numpy as np
import onnxruntime
import openvino
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from vision.artefact import BadArtefact, parse_metadata
from vision.detections import Floats
from vision.naming_calibration import NamingCalibration
from vision.runtime import Precision, RuntimeName, fed_with_pixels, served_precision
from vision.starter import EMBEDDER as DEFAULT_EMBEDDER

__all__ = ["DEFAULT_EMBEDDER", "Embedder", "EmbedderMetadata", "OnnxEmbedder", "load_embedder", "read_embedder"]

EMBEDDER_KEY = "shelfloop.embedder"
INPUT, OUTPUT = "crops", "vectors"
# Crops of one pass. OpenVINO compiles for each batch size anew, which takes longer than a pass, so all passes have this
# one; more crops at once are not quicker, and fewer are slower (1.8 times at one crop).
BATCH = 8
Crops = NDArray[np.uint8]


class EmbedderMetadata(BaseModel):
    """What an embedder file says about itself.

    Attributes:
        name: first part of its id, for people.
        crop_size: side in pixels of the square crops it takes.
        width: length of its vectors.
        trained_on: its data and their licences, in words.
        precision: arithmetic it is served in, unless a setting says otherwise.
        bf16_cosine: between the f32 and the bf16 vector of one crop, reached by 99 % of the crops it was measured on;
            None where that was not measured.
        calibration: turns its scores into probabilities until the random arm has been labelled; None if never fitted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: Literal[1] = 1
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    crop_size: int = Field(ge=32, le=512)
    width: int = Field(ge=1, le=4096)
    trained_on: str
    precision: Precision = "f32"
    bf16_cosine: float | None = None
    calibration: NamingCalibration | None = None


class Embedder(Protocol):
    """Embeds crops; several threads may call it at once.

    Attributes:
        id: of exactly these weights; a gallery holds vectors of one embedder only.
        crop_size: side in pixels of the square crops it takes.
        width: length of its vectors.
    """

    id: str
    crop_size: int
    width: int

    def embed(self, crops: Crops) -> Floats:
        """Map RGB crops (n, crop_size, crop_size, 3) to unit vectors (n, width); n may be 0."""
        ...


class OnnxEmbedder:
    """An embedder file, run by OpenVINO or ONNX Runtime.

    Args:
        path: ONNX file with `EmbedderMetadata` inside.
        threads: CPU threads over all streams.
        streams: batches that OpenVINO may run side by side; further callers wait.
        runtime: what runs it.
        precision: arithmetic; by default what the file records, where runtime and processor have it.

    Raises:
        BadArtefact: if the file is no embedder, or cannot be run.
        ValueError: if ONNX Runtime is asked for another precision than f32.
    """

    def __init__(
        self,
        path: Path,
        threads: int = 2,
        streams: int = 1,
        runtime: RuntimeName = "openvino",
        precision: Precision | Literal["recorded"] = "recorded",
    ) -> None:
        self.metadata = read_embedder(path)
        self.id = f"{self.metadata.name}-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
        self.crop_size, self.width = self.metadata.crop_size, self.metadata.width
        self.precision = served_precision(precision, self.metadata.precision, runtime)
        if runtime == "openvino":
            self._run = _openvino(path, threads, streams, self.precision)
        elif self.precision == "f32":
            self._run = _onnxruntime(path, threads)
        else:
            raise ValueError(f"onnxruntime computes in f32 on a CPU, not in {self.precision}: use openvino")

    def embed(self, crops: Crops) -> Floats:
        """Map RGB crops (n, crop_size, crop_size, 3) to unit vectors (n, width); n may be 0.

        Raises:
            ValueError: for crops of another shape or type.
        """
        size = self.crop_size
        if crops.shape[1:] != (size, size, 3) or crops.dtype != np.uint8:
            raise ValueError(f"crops are uint8 (n, {size}, {size}, 3), got {crops.dtype} {crops.shape}")
        batches = [crops[start : start + BATCH] for start in range(0, len(crops), BATCH)]
        vectors = [np.empty((0, self.width), np.float32), *self._run([_filled(batch) for batch in batches])]
        return np.concatenate(vectors)[: len(crops)]


def _filled(batch: Crops) -> Crops:
    """Fill a batch up with black crops."""
    return np.concatenate((batch, np.zeros((BATCH - len(batch), *batch.shape[1:]), np.uint8)))


def load_embedder(
    path: Path = DEFAULT_EMBEDDER,
    *,
    threads: int = 2,
    streams: int = 1,
    runtime: RuntimeName = "openvino",
    precision: Precision | Literal["recorded"] = "recorded",
) -> OnnxEmbedder:
    """Load an embedder file.

    Raises:
        BadArtefact: if the file is no embedder, or cannot be run.
        ValueError: if ONNX Runtime is asked for another precision than f32.
    """
    return OnnxEmbedder(path, threads, streams, runtime, precision)


def read_embedder(path: Path) -> EmbedderMetadata:
    """Read what an embedder says about itself, without running it.

    Raises:
        BadArtefact: if the file is missing, not ONNX, or no embedder.
    """
    return parse_metadata(path, EMBEDDER_KEY, EmbedderMetadata)


def _openvino(path: Path, threads: int, streams: int, precision: Precision) -> Callable[[list[Crops]], list[Floats]]:
    settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": streams, "INFERENCE_PRECISION_HINT": precision}
    core = openvino.Core()
    try:
        graph = fed_with_pixels(core.read_model(path))
        graph.reshape([BATCH, *graph.input().partial_shape[1:]])
        model = core.compile_model(graph, "CPU", settings)
    except RuntimeError as error:
        raise BadArtefact(f"OpenVINO cannot compile {path.name}: {error}") from error
    idle: SimpleQueue[openvino.InferRequest] = SimpleQueue()
    for _ in range(streams):
        idle.put(model.create_infer_request())

    def run(batch: Crops) -> Floats:
        request = idle.get()
        try:
            request.infer([batch], share_inputs=True)
            # The request's memory belongs to its next caller.
            return np.array(request.get_tensor(OUTPUT).data)
        finally:
            idle.put(request)

    # One photo's batches run side by side: a stream has only its share of the threads.
    side_by_side = ThreadPoolExecutor(streams, "embedder")
    return lambda batches: list(side_by_side.map(run, batches))


def _onnxruntime(path: Path, threads: int) -> Callable[[list[Crops]], list[Floats]]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # one class per status, with no common base
        raise BadArtefact(f"ONNX Runtime cannot load {path.name}: {error}") from error

    def run(batch: Crops) -> Floats:
        return np.asarray(session.run([OUTPUT], {INPUT: cv2.dnn.blobFromImages(list(batch), 1 / 255)})[0], np.float32)

    return lambda batches: [run(batch) for batch in batches]
