"""Connections to the records: SQLite (WAL) or PostgreSQL, with explicit read and write transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.orm import Session

BUSY_TIMEOUT_MS = 30_000


class Database:
    """Hands out sessions; a transaction ends where its `with` block ends, never in a callee."""

    def __init__(self, url: str) -> None:
        """Connect lazily to an SQLAlchemy address."""
        self.engine: Engine = create_engine(
            url,
            pool_pre_ping=not url.startswith("sqlite"),
            pool_size=20,
            # A dense shelf has 40 kB of detections, on which the standard library spends three times as long.
            json_serializer=lambda value: to_json(value).decode(),
        )
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session for reading; nothing is committed."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that commits at the end of the block and rolls back if it raises."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            if self.is_sqlite:
                # A read transaction that turns into a write one fails at once when another wrote meanwhile;
                # asking for the write lock first makes it wait instead.
                session.execute(text("BEGIN IMMEDIATE"))
            yield session

    def is_up(self) -> bool:
        """Say whether the database answers."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except Exception:
            return False
        return True

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy and `write` begin transactions, the driver must not
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")
    # SQLite's own knows A to Z alone, so a search for "köttbullar" would miss "KÖTTBULLAR".
    connection.create_function("lower", 1, lambda text: None if text is None else text.lower(), deterministic=True)
