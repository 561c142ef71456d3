import pytest

from service.database import Database
from service.migrations import differences, is_current, revise, upgrade


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
