"""Receiving a capture: what is seen in it, and what becomes of it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from retail.planograms import Planogram
from retail.stores import StoreFormat
from sampling.gate.near_duplicates import find_near_duplicate
from sampling.projection import narrowed
from service.captures.answers import retake_answers, shelf_answers
from service.captures.looking import Seen, look_at
from service.captures.naming import knows_products
from service.captures.photos import open_photo
from service.captures.queries import latest_image_vectors
from service.captures.recording import Received, received_before, record
from service.compliance.judging import BayCase, Judgement, judge_capture
from service.compliance.schemas import Unjudged
from service.context import Context
from service.ids import new_id
from service.metrics import stage
from service.models.serving import ServingModel
from service.naming.serving import NamingModel
from service.planograms.queries import in_force
from service.problems import not_found
from service.records import CaptureRecord
from service.stores.queries import places_of_capture
from vision.bays.chances import bay_photo
from vision.gallery import Assortment

COMPARED_CAPTURES = 64  # of the same bay, the latest ones


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """A photo and where and when it was taken, as a caller says, and what is to be done with it.

    Attributes:
        recognise: name its facings.
        planogram: judge its bay by it; needs names.
    """

    photo: bytes
    store_id: str
    bay_id: str
    camera_id: str | None
    taken_at: datetime
    recognise: bool = True
    planogram: bool = True


def receive_capture(context: Context, sent: Sent) -> Received:
    """Look at a photo, judge its bay and keep it.

    The same bytes for the same bay are one capture, however often and however simultaneously they come.

    Raises:
        Problem: 404 for an unknown store, bay or camera; 413, 415 or 422 for a photo that cannot be worked on.
    """
    sha256 = hashlib.sha256(sent.photo).hexdigest()
    with context.database.read() as session:
        format = _check_place(session, sent)
        known = received_before(session, sent.store_id, sent.bay_id, sha256)
    if known is not None:
        return known
    model = context.serving.current()
    naming = context.naming.current() if sent.recognise else None
    assortment = None if naming is None else context.naming.assortment_of(naming, sent.store_id)
    planogram = _planogram(context, sent, model, naming)
    photo = open_photo(sent.photo, model, context.faces, context.settings.photo)
    now, picture = context.clock(), photo.picture()
    id = new_id(now)
    key = f"captures/{id[-2:]}/{id}.jpg"
    with context.images.putting(key, picture):  # the disk works while the model looks
        seen = look_at(photo, format, model, naming, assortment)
        capture = CaptureRecord(
            id=id,
            sha256=sha256,
            store_id=sent.store_id,
            camera_id=sent.camera_id,
            bay_id=sent.bay_id,
            taken_at=sent.taken_at,
            received_at=now,
            image_key=key,
            image_sha256=hashlib.sha256(picture).hexdigest(),
            near_duplicate_of=_near_duplicate(context, sent.bay_id, seen),
            unjudged=planogram if isinstance(planogram, Unjudged) else None,
            **_what_was_seen(seen),
        )
        judgement = None
        if isinstance(planogram, Planogram):
            judgement = _judgement(context, capture, seen, planogram, assortment)
    return record(context, capture, seen, judgement)


def _planogram(context: Context, sent: Sent, model: ServingModel, naming: NamingModel | None) -> Planogram | Unjudged:
    """Return the planogram in force when the photo was taken, or why the bay is not judged by any."""
    if not sent.planogram:
        return Unjudged.NOT_ASKED
    if not sent.recognise:
        return Unjudged.NOT_RECOGNISED
    if naming is None and not knows_products(model):
        return Unjudged.NO_NAMES
    with context.database.read() as session:
        return in_force(session, sent.bay_id, sent.taken_at.date()) or Unjudged.NO_PLANOGRAM


def _judgement(
    context: Context, capture: CaptureRecord, seen: Seen, planogram: Planogram, assortment: Assortment | None
) -> Judgement:
    recogniser = None if seen.names.model is None else seen.names.model.recogniser
    with stage("planogram"), context.database.read() as session:
        photo = bay_photo(
            seen.detections, seen.model.metadata, seen.names.vectors, recogniser, planogram.gtins, assortment
        )
        return judge_capture(session, BayCase(capture, photo, planogram, context.settings.planogram))


def _what_was_seen(seen: Seen) -> dict[str, Any]:
    """Return a capture's columns that come from looking at it."""
    width, height = seen.detections.size
    return {
        "width": width,
        "height": height,
        "faces_blurred": seen.faces_blurred,
        "stratum": seen.condition.stratum,
        "colour_temperature": seen.colour_temperature,
        "yaw": seen.yaw,
        "retake": retake_answers(seen.retake),
        "model_version": seen.model.version,
        "truncated": seen.detections.truncated,
        "detections": seen.detection_answers(),
        "shelves": shelf_answers(seen.shelves),
        "naming_id": None if seen.names.model is None else seen.names.model.id,
    }


def _near_duplicate(context: Context, bay_id: str, seen: Seen) -> str | None:
    with context.database.read() as session:
        ids, vectors = latest_image_vectors(session, bay_id, seen.model.version, COMPARED_CAPTURES)
    row = find_near_duplicate(
        vectors, narrowed(seen.detections.image_vector), context.settings.near_duplicate_similarity
    )
    return None if row is None else ids[row]


def _check_place(session: Session, sent: Sent) -> StoreFormat:
    """Return the store's format if the store, the bay and the camera are known and belong together."""
    register = f"Register it with PUT /v1/stores/{sent.store_id}"
    format, store_of_bay, store_of_camera = places_of_capture(session, sent.store_id, sent.bay_id, sent.camera_id)
    if format is None:
        raise not_found("store", sent.store_id, field="store_id", remedy=f"{register}.")
    if store_of_bay != sent.store_id:
        raise not_found("bay", sent.bay_id, field="bay_id", remedy=f"{register}/bays/{sent.bay_id}.")
    if sent.camera_id is not None and store_of_camera != sent.store_id:
        raise not_found("camera", sent.camera_id, field="camera_id", remedy=f"{register}/cameras/{sent.camera_id}.")
    return StoreFormat(format)
