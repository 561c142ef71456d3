"""Another embedder reads every reference in a durable job, and then names on all servers at once."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest
from sqlalchemy import func, select

from service.context import Context
from service.jobs import Jobs
from service.naming import reembedding
from service.naming.queries import unfinished_orders
from service.naming.reembedding import QUEUE, Order, Overtaken, read_all, reembed, swap
from service.records import EmbedderRecord, NamingRecord, ReferenceVectorRecord

Add = Callable[..., dict]


@pytest.fixture
def jobs(context: Context) -> Iterator[Jobs]:
    url = f"sqlite:///{context.settings.home}/jobs.sqlite" if context.database.is_sqlite else None
    jobs = Jobs(url or context.settings.resolved_jobs_url, "w1", {QUEUE: partial(reembed, context)})
    yield jobs
    jobs.close()


def order(client, name: str) -> dict:
    sent = client.post("/v1/embedders", params={"reason": "sharper"}, content=name.encode())
    assert sent.status_code == 202, sent.text
    return sent.json()


def unfinished(context: Context) -> list[str]:
    with context.database.read() as session:
        return list(unfinished_orders(session))


def work_off(context: Context, jobs: Jobs) -> None:
    """Do as a worker does, until nothing is left to do."""
    end = time.monotonic() + 60
    while (waiting := unfinished(context)) and time.monotonic() < end:
        for one in waiting:
            jobs.hand_over(QUEUE, one)
        time.sleep(0.05)
    assert not waiting


def states(context: Context) -> dict[str, str]:
    with context.database.read() as session:
        return {one.id: one.state for one in session.scalars(select(EmbedderRecord))}


def vectors(context: Context) -> dict[str, int]:
    with context.database.read() as session:
        per = select(ReferenceVectorRecord.embedder_id, func.count()).group_by(ReferenceVectorRecord.embedder_id)
        return {id: count for id, count in session.execute(per)}


def test_an_embedder_serves_when_it_has_read_everything_and_the_last_one_can_come_back(
    client, context, jobs, cola, picture, add_reference
):
    for colour in ("red", "blue", "green"):
        add_reference(cola, picture(colour))
    before = context.naming.current()
    ordered = order(client, "literal-2")
    assert (ordered["id"], ordered["state"]) == ("literal-2", "embedding")
    assert ordered["progress"] == {"order": 1, "reason": "sharper", "by": "a admin"}
    work_off(context, jobs)
    context.naming.refresh()
    after = context.naming.current()
    assert (after.embedder.id, len(after.gallery)) == ("literal-2", 3)
    assert before.embedder.id == "literal-1"  # who took it keeps it to the end of a request
    assert states(context) == {"literal-1": "ready", "literal-2": "serving"}
    assert vectors(context) == {"literal-1": 3, "literal-2": 3}
    listed = client.get("/v1/embedders").json()["embedders"]
    assert next(one for one in listed if one["id"] == "literal-2")["progress"]["read"] == 3
    order(client, "literal-3")
    work_off(context, jobs)
    assert states(context) == {"literal-1": "retired", "literal-2": "ready", "literal-3": "serving"}
    assert vectors(context) == {"literal-2": 3, "literal-3": 3}
    order(client, "literal-1")
    work_off(context, jobs)
    assert states(context) == {"literal-1": "serving", "literal-2": "retired", "literal-3": "ready"}
    with context.database.read() as session:
        newest = session.scalars(select(NamingRecord).order_by(NamingRecord.id.desc())).first()
    assert (newest.embedder_id, newest.reason, newest.by) == ("literal-1", "sharper", "a admin")


def test_ordering_what_serves_or_is_on_its_way_changes_nothing(client, context, cola):
    assert order(client, "literal-1")["state"] == "serving"
    first, again = order(client, "literal-2"), order(client, "literal-2")
    assert first == again
    assert unfinished(context) == ["literal-2/1"]


def test_what_is_no_embedder_is_refused(client, context):
    refused = client.post("/v1/embedders", params={"reason": "why not"}, content=b"something else")
    assert (refused.status_code, refused.json()["code"]) == (422, "bad-embedder")
    assert unfinished(context) == []


def test_what_goes_wrong_is_written_down_and_can_be_ordered_again(
    client, context, jobs, cola, picture, add_reference, monkeypatch
):
    add_reference(cola, picture("red"))
    order(client, "literal-2")

    def broken(*_: object) -> None:
        raise ValueError("a broken batch")

    monkeypatch.setattr(reembedding, "read_references", broken)
    work_off(context, jobs)
    with context.database.read() as session:
        failed = session.get_one(EmbedderRecord, "literal-2")
    assert (failed.state, failed.error) == ("failed", "ValueError: a broken batch")
    context.naming.refresh()
    assert context.naming.current().embedder.id == "literal-1"
    monkeypatch.undo()
    assert order(client, "literal-2")["progress"]["order"] == 2
    work_off(context, jobs)
    assert states(context)["literal-2"] == "serving"


def test_a_job_that_was_interrupted_reads_only_what_is_left(client, context, cola, picture, add_reference, monkeypatch):
    for colour in ("red", "blue", "green"):
        add_reference(cola, picture(colour))
    order(client, "literal-2")
    monkeypatch.setattr(reembedding, "BATCH", 1)
    work, counts = Order(context, "literal-2", 1), []

    def counting(database, images, embedder, references):
        if len(counts) == 2:
            raise KeyboardInterrupt
        counts.append(len(references))
        return reading(database, images, embedder, references)

    reading = reembedding.read_references
    monkeypatch.setattr(reembedding, "read_references", counting)
    with pytest.raises(KeyboardInterrupt):
        read_all(work)
    assert vectors(context)["literal-2"] == 2
    counts.clear()
    read_all(work)
    assert counts == [1]
    swap(work)
    with pytest.raises(Overtaken):
        swap(work)


def test_vectors_are_unit_vectors_of_the_embedder(client, context, cola, picture, add_reference):
    add_reference(cola, picture("red"))
    with context.database.read() as session:
        kept = session.scalars(select(ReferenceVectorRecord)).one()
    assert np.linalg.norm(np.frombuffer(kept.vector, "<f2").astype(float)) == pytest.approx(1, abs=1e-3)
