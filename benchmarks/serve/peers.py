"""What most people build: FastAPI around `YOLO.predict`. Run by uvicorn with two workers.

The decoder is OpenCV's, about twice as fast as Pillow's, and the route is a plain function, so that a worker still
reads uploads while it predicts: this is a good version of the usual service, not a straw man.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

# Before Ultralytics is imported: it is told here to look nothing up, install nothing and report nothing.
import training.architecture  # noqa: F401  # isort: skip
import cv2
import numpy as np
import openvino
from fastapi import FastAPI, UploadFile
from ultralytics import YOLO

MODEL_VARIABLE = "PEER_MODEL"  # a .pt file, or a folder with Ultralytics' OpenVINO export
PRECISION_VARIABLE = "PEER_PRECISION"  # of OpenVINO; Ultralytics leaves it to the machine


class _Core(openvino.Core):  # type: ignore[misc]
    """OpenVINO with the precision that everybody in the comparison computes in."""

    def compile_model(self, model: Any, device_name: str, config: dict[str, Any]) -> Any:
        return super().compile_model(
            model, device_name, {**config, "INFERENCE_PRECISION_HINT": os.environ[PRECISION_VARIABLE]}
        )


@asynccontextmanager
async def _load(app: FastAPI) -> AsyncIterator[None]:
    openvino.Core = _Core
    app.state.model = YOLO(os.environ[MODEL_VARIABLE], task="detect")
    app.state.model.predict(np.zeros((640, 640, 3), np.uint8), imgsz=640, verbose=False)  # a first run is slow
    yield


app = FastAPI(lifespan=_load)


@app.get("/health")
def health() -> dict[str, int]:
    """Say which worker answers."""
    return {"worker": os.getpid()}


@app.post("/predict")
def predict(photo: UploadFile) -> dict[str, list[Any]]:
    """Return boxes, scores and classes."""
    image = cv2.imdecode(np.frombuffer(photo.file.read(), np.uint8), cv2.IMREAD_COLOR)
    boxes = app.state.model.predict(image, imgsz=640, verbose=False)[0].boxes
    return {"boxes": boxes.xyxy.tolist(), "scores": boxes.conf.tolist(), "classes": boxes.cls.tolist()}
