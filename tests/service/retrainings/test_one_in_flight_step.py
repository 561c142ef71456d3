"""The step to one retraining at a time, with several that wait, on each database."""

from datetime import UTC, datetime, timedelta

from alembic import command
from sqlalchemy import text

from service.database import Database
from service.migrations import _config, is_current
from service.records import RetrainingRecord
from service.retrainings.queries import find_in_flight, list_retrainings

START = datetime(2026, 3, 1, tzinfo=UTC)


def _step(database, direction, revision):
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.execute(text("PRAGMA foreign_keys=OFF"))
        direction(_config(connection), revision)
        connection.commit()


def test_of_retrainings_that_wait_the_one_that_runs_stays(database_url):
    database = Database(database_url)
    _step(database, command.downgrade, "0017")
    old = "id, created_at, by, state, reason, request, base_version, progress"
    with database.engine.begin() as connection:
        for number, state in enumerate(("completed", "queued", "running", "queued")):
            row = {"id": f"{number:032x}", "at": START + timedelta(days=number), "state": state}
            values = ":id, :at, 'Ada', :state, 'a test', '{}', 1, '{}'"
            connection.execute(text(f"INSERT INTO retrainings ({old}) VALUES ({values})"), row)
    _step(database, command.upgrade, "head")
    assert is_current(database)
    with database.read() as session:
        found = {int(record.id, 16): record for record in list_retrainings(session, 10)}
        assert find_in_flight(session, "detector").id == found[2].id
    assert [found[number].state for number in range(4)] == ["completed", "cancelled", "running", "cancelled"]
    assert all((record.trigger, record.model) == ("manual", "detector") for record in found.values())
    assert found[1].finished_at is not None
    assert "order it again" in found[1].error
    assert found[0].error is None
    _step(database, command.downgrade, "0017")
    _step(database, command.upgrade, "head")
    with database.read() as session:
        assert session.get_one(RetrainingRecord, f"{2:032x}").state == "running"
    database.close()
