"""Who was shown what, and who was refused what: a row for each key, thing and day."""

from datetime import datetime
from typing import Any

from fastapi import Request
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.auth.callers import Caller
from service.context import Context
from service.problems import Problem
from service.records import Record, RefusalRecord, ViewRecord

_LONGEST = 300


def note_view(context: Context, caller: Caller, what: str, subject_id: str, store_id: str) -> None:
    """Keep that the caller is about to be shown a picture; without this row nobody is shown it.

    Args:
        context: has the records and the clock.
        caller: who is shown it.
        what: photo, overlay, crop or frame.
        subject_id: of the capture or the clip.
        store_id: where it was taken.
    """
    now = context.clock()
    with context.database.write() as session:
        key = {"key_id": caller.id, "day": now.date(), "what": what, "subject_id": subject_id}
        _count(session, ViewRecord, key, store_id, now)


def keep_refusal(request: Request, problem: Problem) -> None:
    """Keep that the holder of a key asked for what is not for him; without a valid key nobody is known."""
    context: Context = request.app.state.context
    key_id: str | None = getattr(request.state, "key_id", None)
    if key_id is not None:
        _note_refusal(context, key_id, problem.code, f"{request.method} {request.url.path}", problem.hidden_in)


def _note_refusal(context: Context, key_id: str, code: str, asked: str, store_id: str | None) -> None:
    now = context.clock()
    with context.database.write() as session:
        key = {"key_id": key_id, "day": now.date(), "code": code, "asked": asked[:_LONGEST]}
        _count(session, RefusalRecord, key, store_id, now)


def _count(session: Session, kind: type[Record], key: dict[str, Any], store_id: str | None, now: datetime) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    first = insert(kind).values(**key, store_id=store_id, first_at=now, last_at=now, times=1)
    again = {"last_at": now, "times": kind.__table__.c.times + 1}
    session.execute(first.on_conflict_do_update(index_elements=list(key), set_=again))
