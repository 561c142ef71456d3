"""Statements that go to the driver as they are mean the same as SQLAlchemy's own, on each database."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import String, bindparam, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError

from service.database import Database
from service.prepared import Prepared, add_now, is_one_of, loaded, rows_together
from service.records import CatalogueChangeRecord, ProductRecord, StoreRecord

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
_ID = bindparam("id", type_=String)
_PRODUCT = Prepared(lambda _: select(ProductRecord).where(ProductRecord.gtin == bindparam("gtin", type_=String)))
_STORE = Prepared(lambda _: select(StoreRecord).where(StoreRecord.id == _ID))
_RENAMED = Prepared(
    lambda _: (
        update(StoreRecord)
        .where(StoreRecord.id == _ID)
        .values(name=bindparam("to", type_=String))
        .returning(StoreRecord)
    )
)
_AMONG = Prepared(lambda dialect: select(StoreRecord.id).where(is_one_of(StoreRecord.id, "ids", dialect)))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the tables and nothing in them that the tests look at."""
    opened = Database(database_url)
    yield opened
    opened.close()


MILK = {
    "gtin": "04006381333931",
    "name": "Mjölk 1 %",
    "family": None,
    "category": ["food", "dairy"],
    "valid_from": date(2026, 1, 2),
    "valid_until": None,
    "became": None,
}


def _store(id: str) -> dict[str, Any]:
    return {"id": id, "name": f"Store {id}", "format": "convenience"}


def test_what_is_added_at_once_is_read_back_the_same_by_both(database: Database) -> None:
    with database.write() as session:
        add_now(session, ProductRecord, MILK)
    with database.read() as session:
        (row,) = _PRODUCT.rows(session, {"gtin": "04006381333931"})
        record = session.get_one(ProductRecord, "04006381333931")
    assert (row.name, row.category, row.valid_from) == ("Mjölk 1 %", ["food", "dairy"], date(2026, 1, 2))
    assert (row.valid_until, row.became) == (None, None)
    assert row._asdict() == {name: getattr(record, name) for name in row._fields}


def test_times_come_back_in_utc(database: Database) -> None:
    two_hours_ahead = timezone(timedelta(hours=2))
    change = CatalogueChangeRecord(
        version=1,
        at=NOON.astimezone(two_hours_ahead),
        by="a test",
        kind="added",
        gtin="04006381333931",
        details={"a": [1, None]},
    )
    made = Prepared(lambda _: select(CatalogueChangeRecord.at, CatalogueChangeRecord.details))
    with database.write() as session:
        session.add(change)
        (row,) = made.rows(session, {})
    assert row.at.isoformat() == "2026-04-01T12:00:00+00:00"
    assert row.details == {"a": [1, None]}


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    change = {"version": 1, "at": NOON.replace(tzinfo=None), "by": "x", "kind": "added", "gtin": "", "details": {}}
    with database.read() as session, pytest.raises(ValueError, match="without a zone"):
        add_now(session, CatalogueChangeRecord, change)


@pytest.mark.parametrize("wanted", [[], ["s2"], ["s1", "s3", "nowhere"], ['"; --', "a'b"]])
def test_lists_may_have_any_length(database: Database, wanted: list[str]) -> None:
    with database.write() as session:
        for id in ("s1", "s2", "s3", "a'b", '"; --'):
            add_now(session, StoreRecord, _store(id))
        found = {row.id for row in _AMONG.rows(session, {"ids": wanted})}
    assert found == set(wanted) - {"nowhere"}


def test_what_is_pending_in_the_session_is_seen(database: Database) -> None:
    with database.write() as session:
        session.add(StoreRecord(**_store("s1")))
        assert [row.name for row in _STORE.rows(session, {"id": "s1"})] == ["Store s1"]


def test_changes_of_a_loaded_record_are_written(database: Database) -> None:
    with database.write() as session:
        add_now(session, StoreRecord, _store("s1"))
    with database.write() as session:
        loaded(session, StoreRecord, _STORE.rows(session, {"id": "s1"})[0]).name = "Corner"
    with database.read() as session:
        assert session.get_one(StoreRecord, "s1").name == "Corner"


def test_a_record_that_the_session_knows_is_brought_up_to_date(database: Database) -> None:
    with database.write() as session:
        known = add_now(session, StoreRecord, _store("s1"))
        (row,) = _RENAMED.rows(session, {"id": "s1", "to": "Corner"})
        assert loaded(session, StoreRecord, row) is known
        assert known.name == "Corner"


def test_errors_are_sqlalchemys(database: Database) -> None:
    with database.read() as session:
        add_now(session, StoreRecord, _store("s1"))
        with pytest.raises(IntegrityError):
            add_now(session, StoreRecord, _store("s1"))


def test_a_missing_value_is_named(database: Database) -> None:
    with database.read() as session, pytest.raises(KeyError, match="to"):
        _RENAMED.rows(session, {"id": "s1"})


def test_a_connection_that_is_cut_between_two_statements_fails_that_transaction_alone(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no connection to cut")

    def go_on_after_the_cut() -> None:
        with database.write() as session:
            add_now(session, StoreRecord, _store("s1"))
            with database.write() as other:
                other.execute(select(func.pg_terminate_backend(session.scalar(select(func.pg_backend_pid())))))
            _STORE.rows(session, {"id": "s1"})

    with pytest.raises(OperationalError):
        go_on_after_the_cut()
    with database.write() as session:
        assert _STORE.rows(session, {"id": "s1"}) == []
        add_now(session, StoreRecord, _store("s2"))
    with database.read() as session:
        assert session.get_one(StoreRecord, "s2").name == "Store s2"


def test_a_look_up_alone_leaves_transactions_what_they_were(database: Database) -> None:
    def fail_after_adding(id: str) -> None:
        with database.write() as session:
            add_now(session, StoreRecord, _store(id))
            raise LookupError

    for id in ("s1", "s2"):
        with pytest.raises(LookupError):
            fail_after_adding(id)
        assert _STORE.alone(database, {"id": id}) == []
    with database.write() as session:
        add_now(session, StoreRecord, _store("s1"))
    assert [row.name for row in _STORE.alone(database, {"id": "s1"})] == ["Store s1"]


def test_a_look_up_alone_fails_once_if_its_connection_was_cut(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no connection to cut")
    _STORE.alone(database, {"id": "s1"})  # the pool has a connection now
    other = Database(database.engine.url.render_as_string(hide_password=False))
    with other.write() as session:
        pids = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
        session.execute(text(f"{pids} current_database()"))
    other.close()
    with pytest.raises(OperationalError):
        _STORE.alone(database, {"id": "s1"})
    assert _STORE.alone(database, {"id": "s1"}) == []


def test_statements_asked_together_answer_in_their_order(database: Database) -> None:
    with database.write() as session:
        add_now(session, StoreRecord, _store("s1"))
        renamed, there, missing = rows_together(
            session, (_RENAMED, {"id": "s1", "to": "Corner"}), (_STORE, {"id": "s1"}), (_STORE, {"id": "s2"})
        )
    assert [row.name for row in (*renamed, *there, *missing)] == ["Corner", "Corner"]


def test_one_that_fails_takes_the_others_with_it(database: Database) -> None:
    def rename_and_repeat() -> None:
        with database.write() as session:
            again = insert(StoreRecord).values(_store("s1"))
            rows_together(session, (_RENAMED, {"id": "s1", "to": "Corner"}), (Prepared(lambda _: again), {}))

    with database.write() as session:
        add_now(session, StoreRecord, _store("s1"))
    with pytest.raises(IntegrityError):
        rename_and_repeat()
    assert [row.name for row in _STORE.alone(database, {"id": "s1"})] == ["Store s1"]
