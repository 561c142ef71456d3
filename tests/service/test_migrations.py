from datetime import UTC, date, datetime

import numpy as np
import pytest
from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text

from retail.catalogue_events import PlanogramReset
from retail.catalogue_log import read_event
from retail.catalogue_rules import replay
from retail.gtin import Gtin
from retail.planograms import Planogram, Position
from sampling.projection import narrowed
from service.catalogue.loading import load_catalogue
from service.catalogue.queries import list_changes
from service.database import Database
from service.migrations import _config, differences, is_current, revise, upgrade
from service.planograms.queries import in_force
from service.planograms.resets import reset_times
from service.records import SignatureRecord
from service.rounds.queries import read_pool
from service.rounds.signature_queries import unsigned_ids
from service.signature_numbers import packed, unpacked


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


def test_signatures_say_what_their_captures_said(database_url):
    """One old capture that has verdicts, one near-duplicate; uncertainties become a value, wide vectors narrow."""
    database = Database(database_url)
    _move(database, "0005")
    wide = np.eye(192)[3].astype("<f2").tobytes()
    with database.engine.begin() as connection:
        connection.execute(text("INSERT INTO stores (id, name, format) VALUES ('s1', 'One', 'supermarket')"))
        connection.execute(text("INSERT INTO bays (id, store_id) VALUES ('b1', 's1')"))
        for id, values, twin in (("c1", [0.25] * 12 + [0.5], None), ("c2", [], "c1")):
            capture = {"id": id, "twin": twin, "at": "2026-02-01 10:00:00+00:00"}
            connection.execute(text(_OLD_CAPTURE), capture)
            vector = wide if id == "c1" else np.array([0.6, 0.8], "<f2").tobytes()
            row = {"id": id, "vector": vector, "values": np.array(values, "<f2").tobytes()}
            insert = 'INSERT INTO signatures (capture_id, model_version, image_vector, "values", predicted_boxes) '
            connection.execute(text(f"{insert} VALUES (:id, 1, :vector, :values, 13)"), row)
        compliance = "INSERT INTO compliances (capture_id, bay_id, store_id, planogram_id, version, at, photos, fits, "
        compliance += "counts, flip, answer) VALUES ('c1', 'b1', 's1', 'p', 1, :at, '[]', :fits, '{}', 0.75, '{}')"
        connection.execute(text(compliance), {"at": "2026-02-01 10:00:00+00:00", "fits": True})
    upgrade(database)
    assert differences(database) == []
    with database.read() as session:
        first, twin = session.scalars(select(SignatureRecord).order_by(SignatureRecord.capture_id))
        assert (first.store_id, first.bay_id, first.camera_id) == ("s1", "b1", None)
        assert (first.stratum, first.received_at) == (
            "neutral/frontal/supermarket",
            datetime(2026, 2, 1, 10, tzinfo=UTC),
        )
        assert unpacked(first.numbers) == unpacked(packed(value=2.75, boxes=13, doubted=1, flip=0.75))
        assert unpacked(twin.numbers) == unpacked(packed(value=0, boxes=13))
        assert (first.near_duplicate, first.unknown, twin.near_duplicate) == (False, None, True)
        assert np.frombuffer(first.image_vector, "<f2") == pytest.approx(narrowed(np.eye(192)[3]), abs=1e-3)
        assert np.frombuffer(twin.image_vector, "<f2") == pytest.approx([0.6, 0.8], abs=1e-3)
        assert read_pool(session, 0, datetime.now(UTC)).ids == ("c1",)  # a worker will look at it again
    _move(database, "0005")
    upgrade(database)
    assert differences(database) == []
    database.close()


def test_captures_whose_value_left_facings_out_are_looked_at_again(database_url):
    database = Database(database_url)
    _move(database, "0018")
    with database.engine.begin() as connection:
        connection.execute(text("INSERT INTO stores (id, name, format) VALUES ('s1', 'One', 'supermarket')"))
        connection.execute(text("INSERT INTO bays (id, store_id) VALUES ('b1', 's1')"))
        for id, version, facings in (("c1", 3, 10), ("c2", 3, 11), ("c3", -3, 11), ("c4", 3, None)):
            connection.execute(text(_OLD_CAPTURE), {"id": id, "twin": None, "at": "2026-02-01 10:00:00+00:00"})
            columns = {"capture_id": id, "model_version": version, "facings": facings, "store_id": "s1", "bay_id": "b1"}
            kept = {"image_vector": b"", "numbers": b"", "predicted_boxes": 11, "near_duplicate": False}
            at = {"received_at": datetime(2026, 2, 1, tzinfo=UTC), "stratum": "neutral/frontal/supermarket"}
            connection.execute(insert(SignatureRecord).values(columns | kept | at))
    upgrade(database)
    with database.read() as session:
        assert [due for due, _ in unsigned_ids(session, 3)] == ["c4", "c2"]  # not what cannot be read any more
    database.close()


_OLD_CAPTURE = """
INSERT INTO captures (id, sha256, store_id, bay_id, taken_at, received_at, width, height, image_key, image_sha256,
faces_blurred, stratum, retake, near_duplicate_of, model_version, truncated, detections, shelves) VALUES (:id, :id,
's1', 'b1', :at, :at, 640, 480, '', '', 0, 'neutral/frontal/supermarket', '[]', :twin, 1, FALSE, '[]', '[]')
"""
