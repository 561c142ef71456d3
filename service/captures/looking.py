"""What is seen in a photo."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from retail.boxes import Boxes, DetectionKind
from retail.conditions import Condition
from retail.stores import StoreFormat
from service.captures.answers import condition_answer, detection_answers, retake_answers, shelf_answers
from service.captures.naming import UNNAMED, Names, name_facings
from service.captures.photos import OpenedPhoto
from service.metrics import stage
from service.models.serving import ServingModel
from service.naming.policy import UnknownPolicy, policy_answer
from service.naming.serving import NamingModel
from vision.conditions import LightStatistics, estimate_lighting, estimate_yaw, light_statistics, viewing_angle
from vision.detections import Detections
from vision.difference_hash import difference_hash
from vision.gallery import Assortment
from vision.quality import Advice, retake_advice
from vision.shelves import Shelves, in_reading_order
from vision.tiling import look_closer
from vision.uncertainty import Uncertainty, uncertainty_of


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was seen in a photo."""

    faces_blurred: int
    detections: Detections
    shelves: Shelves
    unsure: Uncertainty
    condition: Condition
    light: LightStatistics
    picture_hash: int
    yaw: float | None
    retake: list[Advice]
    model: ServingModel
    names: Names = UNNAMED

    @property
    def colour_temperature(self) -> float:
        """Of the light, in kelvin, as exactly as it can be told."""
        return round(self.light.temperature, -1)

    def detection_answers(self) -> list[dict[str, Any]]:
        """Return the detections as `schemas.DetectionAnswer` describes them."""
        return detection_answers(self.detections, self.shelves, self.unsure, self.model.metadata, self.names.facings)

    def answer(self, policy: UnknownPolicy = UnknownPolicy.REVIEW) -> dict[str, Any]:
        """Return this as `schemas.AnalysisAnswer` describes it, to a caller of this policy."""
        width, height = self.detections.size
        detections = self.detection_answers()
        return {
            "width": width,
            "height": height,
            "condition": condition_answer(self.condition, self.colour_temperature, self.yaw),
            "retake": retake_answers(self.retake),
            "model_version": self.model.version,
            "detections": detections,
            "shelves": shelf_answers(self.shelves),
            "truncated": self.detections.truncated,
            "faces_blurred": self.faces_blurred,
            "naming_id": None if self.names.model is None else self.names.model.id,
            "unknown_policy": None if self.names.model is None else policy_answer(policy, detections),
        }


def look_at(
    photo: OpenedPhoto,
    format: StoreFormat,
    model: ServingModel,
    naming: NamingModel | None = None,
    assortment: Assortment | None = None,
) -> Seen:
    """Find what is in a photo of a store of this format; faces are hidden from the models, too.

    Args:
        photo: what to look at.
        format: of the store.
        model: what finds things.
        naming: what names the facings that were found; None to leave them without names.
        assortment: the only products they may have; None for all.
    """
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
        light=light,
        picture_hash=difference_hash(image),
        yaw=None if yaw is None else round(yaw, 1),
        retake=retake_advice(image, light, facings, others, size, yaw),
        model=model,
        names=name_facings(photo, detections, model, naming, assortment),
    )


def detections_in(photo: OpenedPhoto, model: ServingModel) -> Detections:
    """Return what one pass finds, and a closer look where facings are small."""
    first = model.detector.detect(photo.image, photo.size)
    return look_closer(model.detector, first, photo.at, model.most_tiles)


def _facings_and_others(detections: Detections, model: ServingModel) -> tuple[Boxes, Boxes]:
    kinds = [model.metadata.kind_of(class_id) for class_id in detections.class_ids.tolist()]
    facing = np.array([kind is DetectionKind.FACING for kind in kinds], bool)
    return detections.boxes[facing], detections.boxes[~facing]
