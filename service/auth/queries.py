"""API keys in the records."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import String, bindparam, select
from sqlalchemy.orm import Session

from service.database import Database
from service.prepared import Prepared
from service.records import ApiKeyRecord


class Key(Protocol):
    """What a key says of its holder."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def role(self) -> str: ...  # noqa: D102
    @property
    def store_ids(self) -> list[str] | None: ...  # noqa: D102
    @property
    def unknown_policy(self) -> str: ...  # noqa: D102


def find_valid_key(database: Database, digest: str) -> Key | None:
    """Return the key with this digest unless it was revoked."""
    rows = _VALID.alone(database, {"digest": digest})
    return rows[0] if rows else None


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


_VALID = Prepared(
    lambda _: select(ApiKeyRecord).where(
        ApiKeyRecord.digest == bindparam("digest", type_=String), ApiKeyRecord.revoked_at.is_(None)
    )
)
