"""Signatures by which a receiver knows who sent a webhook, as Standard Webhooks 1.0 says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """Return what a webhook's deliveries are signed with, as its receiver is given it."""
    return PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(secret: str, id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers that name a message, the time of this attempt, and prove both and the body."""
    seconds = int(at.timestamp())
    key = b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, b"%s.%d.%s" % (id.encode(), seconds, body), hashlib.sha256)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{b64encode(digest).decode()}",
    }
