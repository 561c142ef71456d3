"""Giving the facings that were found their products' names."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from retail.boxes import DetectionKind
from service.captures.photos import OpenedPhoto
from service.ids import new_id
from service.metrics import stage
from service.models.serving import ServingModel
from service.naming.reading import to_bytes
from service.naming.serving import NamingModel
from service.records import CaptureRecord, UnknownFacingRecord
from vision.crops import cut_crops, side_wanted
from vision.detections import Detections, Floats
from vision.gallery import Assortment
from vision.recognition import NamedFacing


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """What the facings of a photo are called.

    Attributes:
        model: what named them; None where nothing was to be named.
        facings: by row of the detections.
        vectors: what the embedder made of each of them, by row too.
    """

    model: NamingModel | None = None
    facings: dict[int, NamedFacing] = field(default_factory=dict)
    vectors: dict[int, Floats] = field(default_factory=dict)


UNNAMED = Names()


def name_facings(
    photo: OpenedPhoto,
    detections: Detections,
    detector: ServingModel,
    model: NamingModel | None,
    assortment: Assortment | None,
) -> Names:
    """Name every facing whose product the detector itself does not know."""
    rows = _unnamed_facings(detections, detector)
    if model is None or not len(rows):
        return UNNAMED if model is None else Names(model)
    with stage("name"):
        vectors = model.embedder.embed(_crops(photo, detections.boxes[rows], model.embedder.crop_size))
        named = model.recogniser.name(vectors, assortment)
    return Names(model, dict(zip(rows.tolist(), named, strict=True)), dict(zip(rows.tolist(), vectors, strict=True)))


def unknown_facings(capture: CaptureRecord, names: Names) -> Sequence[UnknownFacingRecord]:
    """Return a record of each facing that shows no known product, for a person to name."""
    if names.model is None:
        return []
    return [
        UnknownFacingRecord(
            id=new_id(capture.received_at),
            capture_id=capture.id,
            store_id=capture.store_id,
            detection=row,
            box=capture.detections[row]["box"],
            embedder_id=names.model.embedder.id,
            vector=to_bytes(names.vectors[row]),
            unknown_score=named.unknown_score,
            created_at=capture.received_at,
            state="open",
        )
        for row, named in names.facings.items()
        if named.unknown
    ]


def knows_products(detector: ServingModel) -> bool:
    """Say whether some of a detector's classes are products."""
    metadata = detector.metadata
    return any(metadata.gtin_of(id) is not None for id in range(len(metadata.classes)))


def _unnamed_facings(detections: Detections, detector: ServingModel) -> NDArray[np.int64]:
    of_class = [
        detector.metadata.kind_of(id) is DetectionKind.FACING and detector.metadata.gtin_of(id) is None
        for id in range(len(detector.metadata.classes))
    ]
    return np.flatnonzero(np.array(of_class, bool)[detections.class_ids])


def _crops(photo: OpenedPhoto, boxes: Floats, size: int) -> NDArray[np.uint8]:
    """Cut crops out of the photo, decoded no larger than the typical facing needs."""
    image = photo.at(side_wanted(boxes, photo.size, size))
    scale = np.array([image.shape[1] / photo.size[0], image.shape[0] / photo.size[1]] * 2, np.float32)
    return cut_crops(image, boxes * scale, size)
