"""Making and reading API keys. Only a key's SHA-256 is ever kept."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from service.auth.permissions import Role
from service.ids import new_id
from service.naming.policy import UnknownPolicy
from service.records import ApiKeyRecord

PREFIX = "slk_"


def digest_of(secret: str) -> str:
    """Return what the records keep of a key.

    A plain hash is enough: the key holds 256 bits of chance, so there is nothing to guess.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_key(
    session: Session,
    *,
    name: str,
    role: Role,
    store_ids: list[str] | None,
    now: datetime,
    unknown_policy: UnknownPolicy = UnknownPolicy.REVIEW,
) -> tuple[ApiKeyRecord, str]:
    """Add a key and return its record and the secret, which is never shown again.

    `store_ids` None means all stores.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    record = ApiKeyRecord(
        id=new_id(now),
        name=name,
        digest=digest_of(secret),
        role=role,
        store_ids=store_ids,
        unknown_policy=unknown_policy,
        created_at=now,
        revoked_at=None,
    )
    session.add(record)
    return record, secret
