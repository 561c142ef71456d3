"""Adding a row that somebody else may be adding at the same time."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.records import Record


def insert_if_new(session: Session, kind: type[Record], /, **columns: Any) -> bool:
    """Insert a row unless there is one of its key, and say whether it is new.

    Waits for a transaction that is inserting the same key, so that a row that was there is seen afterwards.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    added = session.scalars(insert(kind).values(**columns).on_conflict_do_nothing().returning(kind))
    return added.one_or_none() is not None
