"""Signatures that another model left are renewed in a durable job, and rounds wait for none of them."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from sampling.looks import Looks
from service.context import Context
from service.jobs import Jobs
from service.models.service import add_promotion
from service.models.starter import ensure_starter
from service.problems import Problem
from service.records import CaptureRecord, LooksRecord, ModelRecord, SignatureRecord
from service.rounds.resigning import QUEUE, Overtaken, due_resignings, renew_all, resign
from service.rounds.signature_queries import count_unsigned, last_unsigned, list_unsigned, renew_signature
from service.signature_numbers import packed, unpacked

Send = Callable[..., list[str]]
STARTER = 1  # the first promotion, too


@pytest.fixture
def send(client: TestClient, bay: dict[str, str], make_photo: Callable[..., bytes], clock: Any) -> Send:
    """Send so many photos that look different, a second apart, and return the ids of their captures."""

    def captures(number: int, start: int = 0) -> list[str]:
        ids = []
        for seed in range(start, start + number):
            clock.advance(seconds=1)
            fields = {**bay, "taken_at": f"2026-02-{1 + seed:02d}T10:00:00Z"}
            answer = client.post("/v1/captures", data=fields, files={"photo": ("a.jpg", make_photo(seed))})
            answer.raise_for_status()
            ids.append(answer.json()["id"])
        return ids

    return captures


@pytest.fixture
def jobs(context: Context) -> Iterator[Jobs]:
    url = f"sqlite:///{context.settings.home}/jobs.sqlite" if context.database.is_sqlite else None
    jobs = Jobs(url or context.settings.resolved_jobs_url, "w1", {QUEUE: partial(resign, context)})
    yield jobs
    jobs.close()


def due(context: Context) -> list[str]:
    with context.database.read() as session:
        return list(due_resignings(session))


def work_off(context: Context, jobs: Jobs) -> None:
    """Do as a worker does, until nothing is left to do."""
    end = time.monotonic() + 60
    while (waiting := due(context)) and time.monotonic() < end:
        for one in waiting:
            jobs.hand_over(QUEUE, one)
        time.sleep(0.05)
    assert not waiting


def left_by(context: Context, model: int, *ids: str, **columns: Any) -> None:
    """Let another model have left the signatures of captures; of all where none is named."""
    with context.database.write() as session:
        change = update(SignatureRecord).values(model_version=model, **columns)
        session.execute(change.where(SignatureRecord.capture_id.in_(ids)) if ids else change)


def signature(context: Context, id: str) -> SignatureRecord:
    with context.database.read() as session:
        return session.get_one(SignatureRecord, id)


def test_what_an_earlier_model_left_is_renewed_and_rounds_take_it_then(
    client: TestClient, context: Context, jobs: Jobs, send: Send
) -> None:
    ids = send(3)
    before = signature(context, ids[0])
    with context.database.read() as session:
        looks = session.get_one(LooksRecord, ids[0]).looks
    wrong = {"image_vector": b"\0\x3c" * 7, "numbers": packed(value=9.0, boxes=99, hash=7), "predicted_boxes": 99}
    left_by(context, 0, *ids[:2], **wrong)
    with context.database.write() as session:
        session.execute(update(LooksRecord).values(looks=b"", model_version=0))
    assert client.get("/v1/models").json()["waiting"] == 2
    assert client.post("/v1/rounds", json={"boxes": 99}).json()["pool_size"] == 1
    work_off(context, jobs)
    renewed = signature(context, ids[0])
    names = [column.name for column in SignatureRecord.__table__.columns]
    kept = [name for name in names if name not in ("numbers", "confidence", "image_vector")]
    assert [getattr(renewed, name) for name in kept] == [getattr(before, name) for name in kept]
    numbers, numbers_before = unpacked(renewed.numbers), unpacked(before.numbers)
    assert numbers == pytest.approx(numbers_before | {"hash": 7}, abs=0.01)  # the hash is the photo's
    vectors = [np.frombuffer(one.image_vector, "<f2").astype(float) for one in (before, renewed)]
    assert vectors[0] @ vectors[1] == pytest.approx(1, abs=0.01)  # of the kept picture, not of the photo
    with context.database.read() as session:
        again = session.get_one(LooksRecord, ids[0])
    assert again.model_version == 1
    assert Looks.from_bytes(again.looks).classes == Looks.from_bytes(looks).classes
    assert client.get("/v1/models").json()["waiting"] == 0
    assert client.post("/v1/rounds", json={"boxes": 99}).json()["pool_size"] == 2


def test_what_was_not_measured_at_first_is_measured_now_and_the_rest_stays(context: Context, send: Send) -> None:
    (id,) = send(1)
    before = signature(context, id)
    left_by(context, 0, luminance=None, gradient=0.25, numbers=packed(value=9.0, boxes=9, flip=0.5))
    renew_all(context, STARTER)
    renewed = signature(context, id)
    assert renewed.luminance == pytest.approx(before.luminance, abs=0.01)
    numbers, numbers_before = unpacked(renewed.numbers), unpacked(before.numbers)
    assert renewed.gradient == 0.25
    assert numbers["hash"].bit_count() == pytest.approx(numbers_before["hash"].bit_count(), abs=6)
    assert (numbers["flip"], numbers["boxes"]) == (0.5, 4)


def test_captures_that_came_later_are_another_order(context: Context, jobs: Jobs, send: Send) -> None:
    first, second = send(2)
    left_by(context, 0)
    (order,) = due(context)
    assert order.endswith(f"/{first}")  # whose turn comes last
    work_off(context, jobs)
    left_by(context, 0, second)  # a server that had not heard of the promotion
    assert due(context) != [order]
    work_off(context, jobs)
    assert signature(context, second).model_version == 1


def test_a_photo_that_cannot_be_read_is_left_out_and_named_until_the_next_champion(
    client: TestClient, context: Context, jobs: Jobs, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    ids = send(3)
    left_by(context, 0)
    with context.database.read() as session:
        missing, broken = (session.get_one(CaptureRecord, id).image_key for id in ids[:2])
    context.images.delete(missing)
    context.images.put(broken, b"scratched")
    work_off(context, jobs)
    for id in ids[:2]:
        assert f"Capture {id} is left out of rounds" in caplog.text
    answer = client.post("/v1/rounds", json={"boxes": 99})
    assert [pick["capture_id"] for pick in answer.json()["picks"]] == ids[2:], answer.text
    with context.database.read() as session:
        assert (count_unsigned(session, 1), last_unsigned(session, 1)) == (0, None)
        assert count_unsigned(session, 2) == 3


def test_a_store_of_pictures_that_is_away_is_waited_for(
    context: Context, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    (id,) = send(1)
    left_by(context, 0)

    def away(key: str) -> bytes:
        raise ConnectionError("no route to host")

    with monkeypatch.context() as patched:
        patched.setattr(context.images, "get", away)
        with pytest.raises(ConnectionError):
            renew_all(context, STARTER)
    renew_all(context, STARTER)
    assert signature(context, id).model_version == 1


def test_newest_captures_come_first_and_near_duplicates_never(context: Context, send: Send) -> None:
    ids = send(5)
    left_by(context, 3, ids[0])
    left_by(context, -2, ids[1])
    left_by(context, 0, ids[2])
    left_by(context, 4, ids[4], near_duplicate=True)
    with context.database.read() as session:
        listed = [(capture.id, model) for capture, model in list_unsigned(session, 2, 9)]
        assert listed == [(ids[0], 3), (ids[3], 1), (ids[2], 0)]  # the second one model 2 gave up
        assert [capture.id for capture, _ in list_unsigned(session, 2, 2)] == [ids[0], ids[3]]
        assert (count_unsigned(session, 2), last_unsigned(session, 2)) == (3, ids[2])
        assert [capture.id for capture, _ in list_unsigned(session, 1, 9)] == [ids[0], ids[2], ids[1]]


def test_another_champion_overtakes_the_order(context: Context, send: Send) -> None:
    send(1)
    left_by(context, 0)
    with context.database.write() as session:
        starter = session.get_one(ModelRecord, 1)
        other = {name: getattr(starter, name) for name in ("created_at", "source", "artefact_sha256", "metadata_json")}
        session.add(ModelRecord(version=2, **other))
        session.flush()
        move = add_promotion(session, 2, action="promote", reason="", by="", now=context.clock())
    with pytest.raises(Overtaken):
        renew_all(context, STARTER)
    with pytest.raises(Problem, match="Model 2") as waiting:
        renew_all(context, move.id)  # which this process could not load
    assert (waiting.value.code, waiting.value.retry_after) == ("model-not-loaded", 5)


def test_a_signature_that_another_worker_renewed_meanwhile_stays(context: Context, send: Send) -> None:
    (id,) = send(1)
    left_by(context, 3)
    late = signature(context, id)
    late.model_version, late.predicted_boxes = 2, 99
    looks = LooksRecord(capture_id=id, model_version=2, looks=b"late")
    with context.database.write() as session:
        renew_signature(session, late, looks, left_by=1)
    with context.database.read() as session:
        kept = session.get_one(SignatureRecord, id)
        assert (kept.model_version, kept.predicted_boxes) == (3, 4)
        assert session.scalar(select(LooksRecord.looks)) != b"late"


def test_an_upgraded_starter_is_never_compared_with_the_former_one(
    client: TestClient, context: Context, send: Send, jobs: Jobs, make_photo: Callable[..., bytes], bay: dict[str, str]
) -> None:
    (first,) = send(1)
    with context.database.write() as session:
        session.execute(update(ModelRecord).values(artefact_sha256="of the former starter"))
        session.execute(update(SignatureRecord).values(image_vector=b"\0\x3c" * 7))  # of another width
    with context.database.write() as session:
        ensure_starter(session, context.clock())
    fields = {**bay, "taken_at": "2026-02-28T10:00:00Z"}
    alike = client.post("/v1/captures", data=fields, files={"photo": make_photo(0, kind=".png")})
    assert (alike.status_code, alike.json()["near_duplicate_of"]) == (201, None)
    work_off(context, jobs)
    renewed = signature(context, first)
    assert (renewed.model_version, len(renewed.image_vector)) == (1, 2 * 128)
    assert client.post("/v1/rounds", json={"boxes": 4}).json()["pool_size"] == 2


def test_a_start_without_an_upgrade_leaves_signatures_alone(context: Context, send: Send) -> None:
    (id,) = send(1)
    with context.database.write() as session:
        ensure_starter(session, context.clock())
    assert signature(context, id).model_version == 1
    assert due(context) == []
