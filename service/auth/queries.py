"""API keys in the records."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.records import ApiKeyRecord


def find_valid_key(session: Session, digest: str) -> ApiKeyRecord | None:
    """Return the key with this digest unless it was revoked."""
    wanted = select(ApiKeyRecord).where(ApiKeyRecord.digest == digest, ApiKeyRecord.revoked_at.is_(None))
    return session.scalars(wanted).one_or_none()


def find_key(session: Session, id: str) -> ApiKeyRecord | None:
    """Return the key of this id, None if there is none."""
    return session.get(ApiKeyRecord, id)


def list_keys(session: Session) -> Sequence[ApiKeyRecord]:
    """Return all keys, oldest first."""
    return session.scalars(select(ApiKeyRecord).order_by(ApiKeyRecord.id)).all()


def revoke_key(session: Session, id: str, now: datetime) -> bool:
    """End a key and say whether there is one of this id; a second time changes nothing."""
    record = session.get(ApiKeyRecord, id)
    if record is not None and record.revoked_at is None:
        record.revoked_at = now
    return record is not None
