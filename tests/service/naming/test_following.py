"""Several servers over one database: what one of them learns, all of them know."""

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from service.context import Context
from service.database import Database
from service.naming.queries import append_gallery_changes
from service.naming.serving import Naming
from service.problems import Problem
from service.records import EmbedderRecord, GalleryChangeRecord, NamingRecord, ReferenceVectorRecord
from service.settings import NamingSettings

AT_MOST = 2.0  # seconds until a change is live everywhere


@pytest.fixture
def other(context: Context) -> Iterator[Naming]:
    """What names facings on another server, with connections and a gallery of its own."""
    database = Database(context.settings.resolved_database_url)
    naming = Naming(context.settings, database, context.images, context.naming.embedders, context.clock)
    yield naming
    naming.stop()
    database.close()


def wait_for(reached: Callable[[], bool]) -> float:
    begin = time.monotonic()
    while not reached():
        assert time.monotonic() - begin < AT_MOST
        time.sleep(0.01)
    return time.monotonic() - begin


def gtins(naming: Naming) -> set[str]:
    return set() if (model := naming.current()) is None else set(model.gallery.gtins)


def test_a_new_product_is_live_on_the_other_server_in_two_seconds_and_gone_as_fast(
    client, other, cola, picture, add_reference
):
    with pytest.raises(Problem, match="still being loaded"):
        other.current()
    other.start()
    wait_for(lambda: other.position is not None)
    assert gtins(other) == set()
    added = add_reference(cola, picture("red"))
    wait_for(lambda: gtins(other) == {cola})
    client.delete(f"/v1/products/{cola}/references/{added['id']}").raise_for_status()
    wait_for(lambda: gtins(other) == set())
    assert other.error is None


def test_a_server_that_starts_later_loads_what_there_is(context, other, cola, picture, add_reference):
    add_reference(cola, picture("red"))
    add_reference(cola, picture("blue"))
    other.refresh()
    model = other.current()
    assert model is not None
    assert (len(model.gallery), other.position) == (2, 2)
    assert model.id == context.naming.current().id  # one naming for all servers


def test_what_lost_its_vector_is_read_again(context, other, cola, picture, add_reference):
    add_reference(cola, picture("red"))
    with context.database.write() as session:
        kept = session.scalars(select(ReferenceVectorRecord)).one()
        before = kept.vector
        session.delete(kept)
    other.refresh()
    assert len(other.current().gallery) == 1
    with context.database.read() as session:
        assert session.scalars(select(ReferenceVectorRecord)).one().vector == before


def test_a_lost_picture_keeps_nothing_else_from_naming(context, other, cola, picture, add_reference, caplog):
    lost, kept = add_reference(cola, picture("red")), add_reference(cola, picture("blue"))
    with context.database.write() as session:
        for vector in session.scalars(select(ReferenceVectorRecord)):
            session.delete(vector)
    context.images.delete(f"references/{lost['id'][-2:]}/{lost['id']}.jpg")
    other.refresh()
    assert other.error is None
    assert len(other.current().gallery) == 1
    assert f"Reference {lost['id']} is left out" in caplog.text
    assert kept["id"] not in caplog.text


def test_a_database_that_is_away_leaves_the_gallery_as_it_is(context, cola, picture, add_reference, monkeypatch):
    add_reference(cola, picture("red"))
    naming = context.naming
    monkeypatch.setattr(naming, "_database", Database("sqlite:////nowhere/at-all.sqlite"))
    naming.refresh()
    assert "unable to open" in naming.error
    assert gtins(naming) == {cola}
    monkeypatch.undo()
    naming.refresh()
    assert naming.error is None


def test_without_naming_nothing_is_loaded(context):
    context.settings.naming = NamingSettings(enabled=False)
    assert context.naming.current() is None


def test_changes_of_one_transaction_are_numbered_in_order(context):
    with context.database.write() as session:
        append_gallery_changes(session, ["a", "b", "c"], context.clock())
    with context.database.read() as session:
        rows = session.execute(select(GalleryChangeRecord.id, GalleryChangeRecord.reference_id)).all()
    assert sorted(rows) == [(1, "a"), (2, "b"), (3, "c")]


def test_the_first_naming_is_the_installed_embedders(context, other):
    other.refresh()
    with context.database.read() as session:
        (naming,) = session.scalars(select(NamingRecord))
        (embedder,) = session.scalars(select(EmbedderRecord))
    assert (naming.embedder_id, naming.by, naming.reason) == ("literal-1", "system", "comes with the installation")
    assert (embedder.source, embedder.state) == ("default", "serving")


def test_an_upgraded_installation_takes_over_and_an_older_server_does_not_take_it_back(
    context, other, cola, picture, add_reference, tmp_path, monkeypatch
):
    add_reference(cola, picture("red"))
    (tmp_path / "new.onnx").write_bytes(b"weights")
    upgraded = type(context.naming.embedders)(context.settings, context.images)
    monkeypatch.setattr(upgraded, "installed", lambda: upgraded.load("literal-2"))
    monkeypatch.setattr(upgraded, "installed_path", lambda: tmp_path / "new.onnx")
    other.embedders = upgraded
    other.refresh()
    assert other.error is None
    assert other.current().embedder.id == "literal-2"
    assert context.images.get("embedders/literal-2.onnx") == b"weights"
    context.naming.refresh()
    assert context.naming.current().embedder.id == "literal-2"
    restarted = Naming(context.settings, context.database, context.images, context.naming.embedders, context.clock)
    restarted.refresh()
    assert restarted.current().embedder.id == "literal-2"
    with context.database.read() as session:
        states = {one.id: one.state for one in session.scalars(select(EmbedderRecord))}
    assert states == {"literal-1": "ready", "literal-2": "serving"}
