"""What a project's key signs: its webhook, and the addresses of its photos."""

import hmac
import secrets
from datetime import datetime
from hashlib import sha256

SECRET_HEADER = "X-Shelfloop-Secret"


def new_key() -> str:
    """Return 64 hexadecimal digits that nobody can guess."""
    return secrets.token_hex(32)


def webhook_secret(key: str) -> str:
    """Return what the webhook of a project shows."""
    return _signature(key, "webhook")


def photo_token(key: str, task_id: str, until: int) -> str:
    """Return what lets somebody see the photo of one task until a time, in seconds of 1970."""
    return _signature(key, f"photo.{task_id}.{until}")


def photo_url(own_url: str, project_id: str, key: str, task_id: str, until: datetime) -> str:
    """Return the address of a task's photo for Label Studio."""
    seconds = int(until.timestamp())
    token = photo_token(key, task_id, seconds)
    path = f"/v1/label-studio/projects/{project_id}/photos/{task_id}"
    return f"{own_url.rstrip('/')}{path}?until={seconds}&token={token}"


def same(shown: str, expected: str) -> bool:
    """Compare secrets without telling by the time how far they agree."""
    return hmac.compare_digest(shown.encode(), expected.encode())


def _signature(key: str, what: str) -> str:
    return hmac.digest(bytes.fromhex(key), what.encode(), sha256).hex()
