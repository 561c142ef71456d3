"""SQL about photos to time models on."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.records import CaptureRecord


def newest_photos(session: Session, limit: int) -> list[str]:
    """Return where the pictures of the newest captures lie in the image store."""
    query = select(CaptureRecord.image_key).where(CaptureRecord.deleted_at.is_(None))
    return list(session.scalars(query.order_by(CaptureRecord.id.desc()).limit(limit)))
