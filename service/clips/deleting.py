"""Deleting a clip: its labels and pieces in one transaction, the files of its frames after it."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.clips.queries import DELETED
from service.records import ClipAnnotationRecord, ClipRecord, ClipTaskRecord


def frames_key(clip_id: str, part: int) -> str:
    """Return where the frames of a piece are in the image store."""
    return f"clips/{clip_id}/{part}.mjpeg"


def forget_clip(session: Session, clip: ClipRecord, now: datetime) -> list[str]:
    """Delete the pieces and labels of a clip, and return the keys in the image store that are to be deleted after it.

    The clip's own row stays and says when. A file that still waits to be cut is deleted by the worker's sweep, and
    whoever cuts it at this moment deletes what he wrote.
    """
    pieces = select(ClipTaskRecord.id).where(ClipTaskRecord.clip_id == clip.id)
    session.execute(delete(ClipAnnotationRecord).where(ClipAnnotationRecord.task_id.in_(pieces)))
    session.execute(delete(ClipTaskRecord).where(ClipTaskRecord.clip_id == clip.id))
    clip.state, clip.deleted_at = DELETED, now
    return [frames_key(clip.id, part) for part in range(clip.parts)]
