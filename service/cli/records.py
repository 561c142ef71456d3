"""The records, for commands that work on them without a service."""

from collections.abc import Iterator
from contextlib import contextmanager

from service.cli.terminal import fail
from service.context import open_database
from service.database import Database
from service.migrations import is_current, upgrade
from service.settings import Settings


@contextmanager
def records(settings: Settings) -> Iterator[Database]:
    """Open the records and close them again; SQLite is brought up to date, PostgreSQL must be."""
    database = open_database(settings)
    try:
        if database.is_sqlite:
            upgrade(database)
        elif not is_current(database):
            fail("The database is not up to date.", "Run 'shelfloop database upgrade' first.")
        yield database
    finally:
        database.close()
