"""Receiving a capture: all of it is kept, or nothing."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from retail.stores import StoreFormat
from sampling.near_duplicates import find_near_duplicate
from service.captures.answers import detection_answers
from service.captures.looking import Seen, look_at
from service.captures.queries import VECTOR, find_by_photo, find_capture, latest_image_vectors
from service.context import Context
from service.ids import new_id
from service.metrics import stage
from service.problems import not_found
from service.records import BayRecord, CameraRecord, CaptureRecord, SignatureRecord, StoreRecord
from service.stores.queries import find_place
from vision.decoding import encode_jpeg

COMPARED_CAPTURES = 200
JPEG_QUALITY = 92


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """A photo and where and when it was taken, as a caller says."""

    photo: bytes
    store_id: str
    bay_id: str
    camera_id: str | None
    taken_at: datetime


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
    seen = look_at(sent.photo, format, context.serving.current(), context.faces, context.settings.photo)
    with stage("store"):
        return _keep(context, sent, sha256, seen)


def _keep(context: Context, sent: Sent, sha256: str, seen: Seen) -> tuple[CaptureRecord, bool]:
    picture = encode_jpeg(seen.image, JPEG_QUALITY)
    capture = _capture(context, sent, sha256, seen, picture)
    try:
        context.images.put(capture.image_key, picture)
        with context.database.write() as session:
            session.add(capture)
            session.flush()
            session.add(_signature(capture, seen))
    except IntegrityError:
        context.images.delete(capture.image_key)
        with context.database.read() as session:
            winner = find_by_photo(session, sent.store_id, sent.bay_id, sha256)
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


def _capture(context: Context, sent: Sent, sha256: str, seen: Seen, picture: bytes) -> CaptureRecord:
    now = context.clock()
    id = new_id(now)
    width, height = seen.detections.size
    return CaptureRecord(
        id=id,
        sha256=sha256,
        store_id=sent.store_id,
        camera_id=sent.camera_id,
        bay_id=sent.bay_id,
        taken_at=sent.taken_at,
        received_at=now,
        width=width,
        height=height,
        image_key=f"captures/{id[-2:]}/{id}.jpg",
        image_sha256=hashlib.sha256(picture).hexdigest(),
        faces_blurred=seen.faces_blurred,
        stratum=seen.condition.stratum,
        near_duplicate_of=_near_duplicate(context, sent.bay_id, seen),
        model_version=seen.model.version,
        truncated=seen.detections.truncated,
        detections=detection_answers(seen.detections, seen.unsure, seen.model.metadata),
    )


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
    store = find_place(session, StoreRecord, sent.store_id)
    bay = find_place(session, BayRecord, sent.bay_id)
    camera = None if sent.camera_id is None else find_place(session, CameraRecord, sent.camera_id)
    if store is None:
        raise not_found("store", sent.store_id, field="store_id", remedy=f"{register}.")
    if bay is None or bay.store_id != sent.store_id:
        raise not_found("bay", sent.bay_id, field="bay_id", remedy=f"{register}/bays/{sent.bay_id}.")
    if sent.camera_id is not None and (camera is None or camera.store_id != sent.store_id):
        raise not_found("camera", sent.camera_id, field="camera_id", remedy=f"{register}/cameras/{sent.camera_id}.")
    return StoreFormat(store.format)
