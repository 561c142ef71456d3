"""Names for new records."""

import secrets
from datetime import datetime
from typing import Annotated

from fastapi import Path

RECORD_ID = "^[0-9a-f]{32}$"
RecordId = Annotated[str, Path(pattern=RECORD_ID, description="32 hexadecimal digits")]


def new_id(now: datetime) -> str:
    """Return 32 hexadecimal digits that sort by time: 12 of milliseconds, 20 of chance."""
    return f"{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}"
