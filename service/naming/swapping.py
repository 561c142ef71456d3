"""Letting an embedder name products, and what becomes of those that did before."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.naming.queries import drop_vectors
from service.records import EmbedderRecord, NamingRecord


class EmbedderState(StrEnum):
    """How far an embedder is; `ready` has read every reference and can come back at once."""

    EMBEDDING = "embedding"
    READY = "ready"
    SERVING = "serving"
    RETIRED = "retired"
    FAILED = "failed"


def let_serve(
    session: Session, embedder: EmbedderRecord, calibration: dict[str, Any], reason: str, by: str, now: datetime
) -> NamingRecord:
    """Let an embedder name from now on; all servers swap when they see the record.

    The one that named until now keeps its vectors, so that going back is quick; those before it are retired and lose
    theirs. `lock_gallery` comes first.
    """
    others = select(EmbedderRecord).where(
        EmbedderRecord.id != embedder.id, EmbedderRecord.state.in_((EmbedderState.READY, EmbedderState.SERVING))
    )
    for other in session.scalars(others).all():
        if other.state == EmbedderState.SERVING:
            other.state = EmbedderState.READY
        else:
            other.state = EmbedderState.RETIRED
            drop_vectors(session, other.id)
    embedder.state = EmbedderState.SERVING
    naming = NamingRecord(embedder_id=embedder.id, calibration=calibration, measured={}, reason=reason, by=by, at=now)
    session.add(naming)
    session.flush()
    return naming
