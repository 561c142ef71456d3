"""From a photo's bytes to what is seen in it, without keeping anything."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes, DetectionKind
from retail.conditions import Condition
from retail.stores import StoreFormat
from service.captures.answers import condition_answer, detection_answers
from service.metrics import stage
from service.models.serving import ServingModel
from service.problems import Problem
from service.settings import PhotoSettings
from vision.conditions import estimate_angle, estimate_lighting
from vision.decoding import BadPhoto, DecodeLimits, Photo, decode
from vision.detections import Detections
from vision.faces import FaceBlurrer
from vision.uncertainty import Uncertainty, uncertainty_of


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A photo with its faces blurred, and what the model saw in it."""

    image: NDArray[np.uint8]
    faces_blurred: int
    detections: Detections
    unsure: Uncertainty
    condition: Condition
    model: ServingModel

    def answer(self) -> dict[str, Any]:
        """Return this as `schemas.AnalysisAnswer` describes it."""
        width, height = self.detections.size
        return {
            "width": width,
            "height": height,
            "condition": condition_answer(self.condition),
            "model_version": self.model.version,
            "detections": detection_answers(self.detections, self.unsure, self.model.metadata),
            "truncated": self.detections.truncated,
            "faces_blurred": self.faces_blurred,
        }


_STATUS = {"photo-too-large": 413, "photo-too-many-pixels": 413, "photo-type": 415}


def look_at(
    photo: bytes,
    format: StoreFormat,
    model: ServingModel,
    faces: FaceBlurrer | None,
    limits: PhotoSettings,
    *,
    reduced: bool = False,
) -> Seen:
    """Decode a photo, blur its faces and find what is in it.

    Args:
        photo: a JPEG, PNG or WebP file.
        format: of the store it is from, for the condition.
        model: what looks at it.
        faces: None to leave faces alone.
        limits: what is refused.
        reduced: decode no more pixels than the model takes, which is faster; the image is then not worth keeping.

    Raises:
        Problem: 413, 415 or 422 if this is no photo that can be worked on.
    """
    with stage("decode"):
        decoded = _decoded(photo, limits, model.metadata.input_size if reduced else None)
    image, blurred = decoded.image, 0
    if faces is not None:
        with stage("blur"):
            image, blurred = faces.blur(image)
    with stage("infer"):
        detections = model.detector.detect(image, (decoded.width, decoded.height))
    condition = Condition(
        estimate_lighting(image), estimate_angle(_facings(detections, model), detections.size), format
    )
    return Seen(image, blurred, detections, uncertainty_of(detections), condition, model)


def _decoded(photo: bytes, limits: PhotoSettings, long_side: int | None) -> Photo:
    most = DecodeLimits(file_bytes=int(limits.megabytes * 1e6), pixels=int(limits.megapixels * 1e6))
    try:
        return decode(photo, most, long_side=long_side)
    except BadPhoto as bad:
        detail, remedy = (text[0].upper() + text[1:] + "." for text in (bad.detail, bad.remedy))
        raise Problem(_STATUS.get(bad.code, 422), bad.code, detail, field="photo", remedy=remedy) from bad


def _facings(detections: Detections, model: ServingModel) -> Boxes:
    kinds = [model.metadata.kind_of(class_id) for class_id in detections.class_ids.tolist()]
    return detections.boxes[[kind is DetectionKind.FACING for kind in kinds]]
