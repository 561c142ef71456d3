"""A capture's photo with the detections that were answered then, whatever model serves now."""

from typing import Any

import numpy as np

from retail.boxes import DetectionKind
from vision.artefact import PRODUCT, ArtefactMetadata
from vision.decoding import decode, encode_jpeg
from vision.detections import Detections
from vision.overlay import draw
from vision.uncertainty import Uncertainty

OVERLAY_QUALITY = 85


def overlay_of(picture: bytes, answers: list[dict[str, Any]]) -> bytes:
    """Draw kept detections into a kept picture and return the JPEG."""
    image = decode(picture).image
    detections, metadata = _restored(answers, (image.shape[1], image.shape[0]))
    return encode_jpeg(draw(image, detections, metadata, _unsure(answers)), OVERLAY_QUALITY)


def _restored(answers: list[dict[str, Any]], size: tuple[int, int]) -> tuple[Detections, ArtefactMetadata]:
    """Read detections back as far as they were kept: boxes, classes and confidences, without vectors."""
    names = [_class_name(answer) for answer in answers]
    classes = tuple(dict.fromkeys([PRODUCT, *names]))
    class_ids = np.array([classes.index(name) for name in names], np.int64)
    probabilities = np.zeros((len(answers), len(classes)), np.float32)
    probabilities[np.arange(len(answers)), class_ids] = [answer["confidence"] for answer in answers]
    detections = Detections(
        boxes=np.array([answer["box"] for answer in answers], np.float32).reshape(-1, 4),
        class_ids=class_ids,
        probabilities=probabilities,
        edge_deviations=np.zeros((len(answers), 4), np.float32),
        vectors=np.zeros((len(answers), 0), np.float32),
        image_vector=np.zeros(0, np.float32),
        size=size,
    )
    return detections, ArtefactMetadata(classes=classes, architecture="kept")


def _class_name(answer: dict[str, Any]) -> str:
    facing = answer["kind"] == DetectionKind.FACING
    return str((answer["gtin"] or PRODUCT) if facing else answer["kind"])


def _unsure(answers: list[dict[str, Any]]) -> Uncertainty:
    def column(name: str) -> np.ndarray[Any, np.dtype[np.float32]]:
        return np.array([answer["uncertainty"][name] for answer in answers], np.float32)

    return Uncertainty(column("entropy"), 1 - column("margin"), column("localisation"))
