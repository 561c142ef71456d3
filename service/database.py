"""Connections to the records: SQLite (WAL) or PostgreSQL, with explicit read and write transactions."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 30_000
IDLE_SECONDS = 1.0  # after which a connection is asked whether it still is one
_LAST_USE = "last use"


class Database:
    """Hands out sessions; a transaction ends where its `with` block ends, never in a callee."""

    def __init__(self, url: str) -> None:
        """Connect lazily to an SQLAlchemy address."""
        self.engine: Engine = create_engine(
            url,
            pool_size=20,
            # A dense shelf has 40 kB of detections, on which the standard library spends three times as long.
            json_serializer=lambda value: to_json(value).decode(),
            json_deserializer=from_json,
        )
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # The same connections, for single statements: none of them begins a transaction.
        self.single = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._closed = False
        event.listen(self.engine, "connect", _prepare_sqlite if self.is_sqlite else _prepare_postgresql)
        event.listen(self.engine, "checkin", self._take_back)
        if not self.is_sqlite:
            event.listen(self.engine, "checkout", self._check_idle)

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

    def _check_idle(self, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        """Ask a server, before a connection is used that lay idle, whether it is still there; it may have restarted.

        SQLAlchemy's own check asks every time, which is as much work as a small statement.
        """
        if monotonic() - record.info.get(_LAST_USE, -math.inf) < IDLE_SECONDS:
            return
        try:
            self.engine.dialect.do_ping(connection)
        except Exception as error:
            raise DisconnectionError("the connection was closed while it lay idle") from error

    def is_up(self) -> bool:
        """Say whether the database answers."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except Exception:
            return False
        return True

    def _take_back(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[_LAST_USE] = monotonic()
        if self._closed:  # whose pool is gone already: nobody else would
            record.invalidate()

    def close(self) -> None:
        """Give back all connections; one that a thread still uses is closed when its session ends."""
        self._closed = True
        self.engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy and `write` begin transactions, the driver must not
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA secure_delete=ON")  # what was deleted because its time was over is overwritten
    # SQLite's own knows A to Z alone, so a search for "köttbullar" would miss "KÖTTBULLAR".
    connection.create_function("lower", 1, lambda text: None if text is None else text.lower(), deterministic=True)


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # Our statements are short: compiling one takes longer than running it, most of all on tables that were never
    # analysed.
    connection.execute("SET jit = off")
    connection.commit()
