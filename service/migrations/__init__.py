"""The records' history: each file in `versions` is one step from the tables before to the tables after."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from service.database import Database
from service.records import Record
from service.records.tasks import IN_ORDER


def upgrade(database: Database) -> None:
    """Bring the tables up to date, in one transaction; where they are, nothing happens."""
    if database.is_sqlite:
        _upgrade_sqlite(database)
        return
    with database.engine.begin() as connection:
        command.upgrade(_config(connection), "head")


def _upgrade_sqlite(database: Database) -> None:
    with database.engine.connect() as connection:
        # SQLite changes a table by copying it, and must not mind the moment in which what refers to it has nothing
        # there. It takes this word outside of a transaction only.
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        try:
            # Two processes that start at once: the second waits here and then finds nothing to do.
            connection.execute(text("BEGIN IMMEDIATE"))
            command.upgrade(_config(connection), "head")
            if astray := connection.execute(text("PRAGMA foreign_key_check")).all():
                raise RuntimeError(f"the upgrade would leave rows that refer to nothing: {astray[:5]}")
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("PRAGMA foreign_keys=ON"))


def revise(database: Database, what: str) -> Path:
    """Write the step from the last revision to the tables that `service.records` declares; return its file.

    The database must be up to date with the last revision.
    """
    with database.engine.begin() as connection:
        script = command.revision(_config(connection), message=what, autogenerate=True)
    assert script is not None
    assert not isinstance(script, list)
    return Path(script.path)


def is_current(database: Database) -> bool:
    """Say whether the newest step was taken."""
    with database.engine.connect() as connection:
        taken = MigrationContext.configure(connection).get_current_heads()
        return taken == tuple(ScriptDirectory.from_config(_config(connection)).get_heads())


def differences(database: Database) -> list[object]:
    """Return how the tables differ from what `service.records` declares; empty after `upgrade`."""
    with database.engine.connect() as connection:
        migration = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_comparable})
        found: list[object] = compare_metadata(migration, Record.metadata)
        return found


def is_comparable(item: object, name: str | None, kind: str, reflected: bool, declared: object) -> bool:
    """Leave out the indexes that descend: Alembic cannot read back from SQLite which of their columns do."""
    return not (kind == "index" and name is not None and name.endswith(IN_ORDER))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
