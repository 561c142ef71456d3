"""Searches the places where something of a deleted photo or clip may be."""

from pathlib import Path

from sqlalchemy import select

from service.context import Context
from service.privacy.forgetting import PIECES, PLACES
from service.privacy.retention import Kind
from service.records import DeletionRecord


def what_is_left(context: Context, deletion: DeletionRecord, photo_sha256: str | None) -> list[str]:
    """Search every place that has held something of a capture or clip; nothing where the deletion is complete.

    Args:
        context: has the records, the image store and the service's home.
        deletion: of the capture or clip.
        photo_sha256: of a capture's stored photo, by which retrainings name their copies; None for a clip.
    """
    left = [key for key in deletion.keys if context.images.exists(key)]
    left += [str(path) for path in copies_of(context, deletion.subject_id, photo_sha256)]
    with context.database.read() as session:
        places = PIECES if deletion.kind == Kind.CLIPS else PLACES
        for kind, of_subject in places.items():
            if session.scalar(select(select(kind).where(of_subject(deletion.subject_id)).exists())):
                left.append(f"rows of {kind.__tablename__}")
    return left


def copies_of(context: Context, subject_id: str, photo_sha256: str | None) -> list[Path]:
    """Return copies on this disk: of a photo those of retrainings that run or failed, of a clip what was sent."""
    if photo_sha256 is None:
        return sorted(context.settings.resolved_clip_folder.glob(f"{subject_id}*"))
    return sorted((context.settings.home / "retrainings").glob(f"*/scratch/**/*{photo_sha256}*"))
