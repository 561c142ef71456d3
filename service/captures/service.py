"""Receiving a capture: all of it is kept, or nothing."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from retail.stores import StoreFormat
from sampling.near_duplicates import find_near_duplicate
from service.captures.answers import retake_answers, shelf_answers
from service.captures.looking import Seen, look_at
from service.captures.naming import unknown_facings
from service.captures.photos import open_photo
from service.captures.queries import VECTOR, find_by_photo, find_capture, latest_image_vectors
from service.context import Context
from service.ids import new_id
from service.metrics import stage
from service.problems import not_found
from service.records import CaptureRecord, SignatureRecord
from service.stores.queries import places_of_capture

COMPARED_CAPTURES = 64  # of the same bay, the latest ones


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """A photo and where and when it was taken, as a caller says, and whether its facings are to be named."""

    photo: bytes
    store_id: str
    bay_id: str
    camera_id: str | None
    taken_at: datetime
    recognise: bool = True


def receive_capture(context: Context, sent: Sent) -> tuple[CaptureRecord, bool]:
    """Look at a photo and keep it; return its capture and whether it is new.

    The same bytes for the same bay are one capture, however often and however simultaneously they come.

    Raises:
        Problem: 404 for an unknown store, bay or camera; 413, 415 or 422 for a photo that cannot be worked on.
    """
    sha256 = hashlib.sha256(sent.photo).hexdigest()
    with context.database.read() as session:
        format = _check_place(session, sent)
        known = find_by_photo(session, sent.store_id, sent.bay_id, sha256)
    if known is not None:
        return known, False
    model = context.serving.current()
    naming = context.naming.current() if sent.recognise else None
    assortment = None if naming is None else context.naming.assortment_of(naming, sent.store_id)
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
            **_what_was_seen(seen),
        )
    with stage("store"):
        return _record(context, capture, seen)


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


def _record(context: Context, capture: CaptureRecord, seen: Seen) -> tuple[CaptureRecord, bool]:
    """Record a capture whose picture is there; whatever goes wrong, no picture stays without its record."""
    try:
        with context.database.write() as session:
            session.add(capture)
            session.flush()
            session.add(_signature(capture, seen))
            session.add_all(unknown_facings(capture, seen.names))
    except IntegrityError:
        context.images.delete(capture.image_key)
        with context.database.read() as session:
            winner = find_by_photo(session, capture.store_id, capture.bay_id, capture.sha256)
        if winner is None:
            raise
        return winner, False  # the same photo, sent twice at once
    except BaseException:
        _clear_away(context, capture)
        raise
    return capture, True


def _clear_away(context: Context, capture: CaptureRecord) -> None:
    """Delete the picture of a capture that was not recorded.

    A commit may have gone through although its confirmation was lost, so the records are asked first; if they
    cannot be asked, a picture too many is better than a capture without one.
    """
    with context.database.read() as session:
        if find_capture(session, capture.id) is None:
            context.images.delete(capture.image_key)


def _near_duplicate(context: Context, bay_id: str, seen: Seen) -> str | None:
    with context.database.read() as session:
        ids, vectors = latest_image_vectors(session, bay_id, seen.model.version, COMPARED_CAPTURES)
    row = find_near_duplicate(vectors, seen.detections.image_vector, context.settings.near_duplicate_similarity)
    return None if row is None else ids[row]


def _signature(capture: CaptureRecord, seen: Seen) -> SignatureRecord:
    return SignatureRecord(
        capture_id=capture.id,
        model_version=seen.model.version,
        image_vector=seen.detections.image_vector.astype(VECTOR).tobytes(),
        values=seen.unsure.value.astype(VECTOR).tobytes(),
        predicted_boxes=len(seen.detections),
    )


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
