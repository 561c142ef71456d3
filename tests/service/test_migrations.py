from datetime import UTC, date, datetime

import pytest
from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from retail.catalogue_events import PlanogramReset
from retail.catalogue_log import read_event
from retail.catalogue_rules import replay
from retail.gtin import Gtin
from retail.planograms import Planogram, Position
from service.catalogue.loading import load_catalogue
from service.catalogue.queries import list_changes
from service.database import Database
from service.migrations import _config, differences, is_current, revise, upgrade
from service.planograms.queries import in_force
from service.planograms.resets import reset_times


def test_the_newest_step_ends_at_the_declared_tables(database_url):
    database = Database(database_url)
    assert is_current(database)
    assert differences(database) == [], "the records changed: run 'shelfloop database revise' and read what it wrote"
    upgrade(database)
    database.close()


@pytest.fixture
def empty(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    yield database
    database.close()


def test_an_empty_database_is_not_current_and_two_may_upgrade_it_at_once(empty):
    from concurrent.futures import ThreadPoolExecutor

    assert not is_current(empty)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(upgrade, empty)
        other.result()
    upgrade(empty)
    assert is_current(empty)


def test_a_step_is_written_from_the_difference(empty, tmp_path, monkeypatch):
    upgrade(empty)
    with empty.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE stores DROP COLUMN name")
    path = revise(empty, "names of stores")
    try:
        assert 'sa.Column("name", sa.String(length=200), nullable=False)'.replace('"', "'") in path.read_text()
    finally:
        path.unlink()


def _move(database, revision):
    """Go to a revision forwards or backwards, as `upgrade` does."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.execute(text("PRAGMA foreign_keys=OFF"))
        config = _config(connection)
        known = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
        (now,) = MigrationContext.configure(connection).get_current_heads()
        go = command.upgrade if known.index(revision) < known.index(now) else command.downgrade
        go(config, revision)
        connection.commit()
        if database.is_sqlite:
            connection.execute(text("PRAGMA foreign_keys=ON"))


def test_positions_of_bays_become_planograms_that_the_bays_follow(database_url):
    database = Database(database_url)
    _move(database, "0004")
    gtins = ("00000000000017", "00000000000024")
    with database.engine.begin() as connection:
        connection.execute(text("INSERT INTO stores (id, name, format) VALUES ('s1', 'One', 'supermarket')"))
        connection.execute(text("INSERT INTO bays (id, store_id) VALUES ('b1', 's1'), ('b2', 's1'), ('b3', 's1')"))
        for gtin in gtins:
            product = "INSERT INTO products (gtin, name, category) VALUES (:gtin, 'Milk', '[\"drinks\"]')"
            connection.execute(text(product), {"gtin": gtin})
        positions = [
            ("b1", 1, 1, gtins[0], 1, "replaced"),
            ("b1", 2, 1, gtins[0], 3, "current"),
            ("b1", 2, 2, gtins[1], 1, "expired"),
            ("b2", 1, 1, gtins[1], 2, "current"),
        ]
        for bay, version, slot, gtin, facings, state in positions:
            row = {"bay": bay, "version": version, "slot": slot, "gtin": gtin, "facings": facings, "state": state}
            insert = "INSERT INTO positions (bay_id, version, shelf, slot, gtin, facings, state) "
            connection.execute(text(f"{insert} VALUES (:bay, :version, 1, :slot, :gtin, :facings, :state)"), row)
    upgrade(database)
    assert differences(database) == []
    with database.read() as session:
        day = date(2026, 3, 1)
        assert in_force(session, "b1", day) == Planogram("b1", 2, (Position(1, 1, Gtin(gtins[0]), 3),))
        assert in_force(session, "b2", day) == Planogram("b2", 1, (Position(1, 1, Gtin(gtins[1]), 2),))
        assert in_force(session, "b3", day) is None
        log = [read_event(one.kind, one.gtin, one.details) for one in list_changes(session, 0, 10)]
        assert log == [PlanogramReset("b1", 2, ("b1",)), PlanogramReset("b2", 1, ("b2",))]
        assert load_catalogue(session).followed == replay(log).followed
        assert reset_times(session, datetime.now(UTC)) == {}
    database.close()
