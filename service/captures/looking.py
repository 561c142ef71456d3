"""From a photo's bytes to what is seen in it, and to the picture of it that may be kept."""

import sys
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from retail.boxes import Boxes, DetectionKind
from retail.conditions import Condition
from retail.stores import StoreFormat
from service.captures.answers import condition_answer, detection_answers, retake_answers, shelf_answers
from service.metrics import stage
from service.models.serving import ServingModel
from service.problems import Problem
from service.settings import PhotoSettings
from vision.conditions import estimate_lighting, estimate_yaw, light_statistics, viewing_angle
from vision.decoding import BadPhoto, DecodeLimits, Photo, decode
from vision.detections import Detections
from vision.faces import FaceFinder, hide_faces
from vision.kept_picture import picture_to_keep
from vision.letterbox import Image
from vision.quality import Advice, retake_advice
from vision.shelves import Shelves, in_reading_order
from vision.tiling import look_closer
from vision.uncertainty import Uncertainty, uncertainty_of


@dataclass(frozen=True, slots=True, eq=False)
class OpenedPhoto:
    """A photo decoded at the smallest scale that the model can use, and the faces in it.

    Attributes:
        data: the file.
        decoded: its pixels, faces and all.
        faces: (n, 4) boxes in pixels of the decoded image.
    """

    data: bytes
    decoded: Photo
    faces: Boxes = field(default_factory=lambda: np.zeros((0, 4), np.float32))

    def picture(self) -> bytes:
        """Return the picture that may be kept, a JPEG: upright, faces hidden, without metadata."""
        return picture_to_keep(self.data, self.decoded, self.faces)

    @property
    def image(self) -> Image:
        """The photo as it was decoded, faces hidden."""
        return hide_faces(self.decoded.image, self.faces)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole photo in pixels."""
        return self.decoded.width, self.decoded.height

    def at(self, long_side: int) -> Image:
        """Return the photo, faces hidden, with so many pixels along its longer side, or as many as it has."""
        image = self.decoded.image
        if max(image.shape[:2]) < min(long_side, max(self.decoded.width, self.decoded.height)):
            image = decode(self.data, _ACCEPTED, long_side=long_side).image
        return hide_faces(image, self.faces * np.float32(max(image.shape) / max(self.decoded.image.shape)))


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the model saw in a photo."""

    faces_blurred: int
    detections: Detections
    shelves: Shelves
    unsure: Uncertainty
    condition: Condition
    colour_temperature: float
    yaw: float | None
    retake: list[Advice]
    model: ServingModel

    def answer(self) -> dict[str, Any]:
        """Return this as `schemas.AnalysisAnswer` describes it."""
        width, height = self.detections.size
        return {
            "width": width,
            "height": height,
            "condition": condition_answer(self.condition, self.colour_temperature, self.yaw),
            "retake": retake_answers(self.retake),
            "model_version": self.model.version,
            "detections": detection_answers(self.detections, self.shelves, self.unsure, self.model.metadata),
            "shelves": shelf_answers(self.shelves),
            "truncated": self.detections.truncated,
            "faces_blurred": self.faces_blurred,
        }


_ACCEPTED = DecodeLimits(sys.maxsize, sys.maxsize, sys.maxsize)  # what was opened is not checked again
_STATUS = {"photo-too-large": 413, "photo-too-many-pixels": 413, "photo-type": 415}


def open_photo(data: bytes, model: ServingModel, faces: FaceFinder | None, limits: PhotoSettings) -> OpenedPhoto:
    """Decode a photo and find its faces.

    Args:
        data: a JPEG, PNG or WebP file.
        model: what will look at it.
        faces: None to leave faces alone.
        limits: what is refused.

    Raises:
        Problem: 413, 415 or 422 if this is no photo that can be worked on.
    """
    with stage("decode"):
        decoded = _decoded(data, limits, model.metadata.input_size)
    if faces is None:
        return OpenedPhoto(data, decoded)
    with stage("faces"):
        return OpenedPhoto(data, decoded, faces.find(decoded.image))


def look_at(photo: OpenedPhoto, format: StoreFormat, model: ServingModel) -> Seen:
    """Find what is in a photo of a store of this format; faces are hidden from the model, too."""
    image, size = photo.image, photo.size
    with stage("infer"):
        detections = detections_in(photo, model)
    kinds = [model.metadata.kind_of(class_id) for class_id in detections.class_ids.tolist()]
    detections, shelves = in_reading_order(detections, kinds)
    facings, others = _facings_and_others(detections, model)
    light, yaw = light_statistics(image), estimate_yaw(facings, size)
    return Seen(
        faces_blurred=len(photo.faces),
        detections=detections,
        shelves=shelves,
        unsure=uncertainty_of(detections),
        condition=Condition(estimate_lighting(light), viewing_angle(yaw), format),
        colour_temperature=round(light.temperature, -1),
        yaw=None if yaw is None else round(yaw, 1),
        retake=retake_advice(image, light, facings, others, size, yaw),
        model=model,
    )


def detections_in(photo: OpenedPhoto, model: ServingModel) -> Detections:
    """Return what one pass finds, and a closer look where facings are small."""
    first = model.detector.detect(photo.image, photo.size)
    return look_closer(model.detector, first, photo.at, model.most_tiles)


def _decoded(photo: bytes, limits: PhotoSettings, long_side: int) -> Photo:
    most = DecodeLimits(file_bytes=int(limits.megabytes * 1e6), pixels=int(limits.megapixels * 1e6))
    try:
        return decode(photo, most, long_side=long_side)
    except BadPhoto as bad:
        detail, remedy = (text[0].upper() + text[1:] + "." for text in (bad.detail, bad.remedy))
        raise Problem(_STATUS.get(bad.code, 422), bad.code, detail, field="photo", remedy=remedy) from bad


def _facings_and_others(detections: Detections, model: ServingModel) -> tuple[Boxes, Boxes]:
    kinds = [model.metadata.kind_of(class_id) for class_id in detections.class_ids.tolist()]
    facing = np.array([kind is DetectionKind.FACING for kind in kinds], bool)
    return detections.boxes[facing], detections.boxes[~facing]
