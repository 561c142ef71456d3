"""Rounds: pool in, tasks out, never the same capture twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from sampling.selection import select
from service.auth.permissions import Role
from service.context import Context
from service.models.starter import ensure_starter
from service.records import CaptureRecord, ComplianceRecord, ModelRecord, SignatureRecord
from service.rounds.queries import list_stale, renew_signature

Send = Callable[..., list[str]]


@pytest.fixture
def send(client: TestClient, bay: dict[str, str], make_photo: Callable[..., bytes]) -> Send:
    """Send so many photos that look different, and return the ids of their captures; each has 4 detections.

    The photos of `start=3` are other ones than the first three.
    """

    def captures(number: int, start: int = 0) -> list[str]:
        ids = []
        for seed in range(start, start + number):
            fields = {**bay, "taken_at": f"2026-02-{1 + seed:02d}T10:00:00Z"}
            answer = client.post("/v1/captures", data=fields, files={"photo": ("a.jpg", make_photo(seed))})
            answer.raise_for_status()
            ids.append(answer.json()["id"])
        return ids

    return captures


def test_a_round_makes_a_task_of_each_pick_with_a_reason(client: TestClient, send: Send) -> None:
    ids = send(6)
    found = client.post("/v1/rounds", json={"boxes": 12, "seed": 1})
    assert found.status_code == 201, found.text
    body = found.json()
    assert (body["pool_size"], body["boxes"], sum(body["arms"].values())) == (6, 12, 3)
    assert [pick["rank"] for pick in body["picks"]] == [1, 2, 3]
    assert {pick["capture_id"] for pick in body["picks"]} < set(ids)
    assert all(pick["reason"] and pick["task_state"] == "queued" for pick in body["picks"])
    assert {pick["propensity"] is None for pick in body["picks"] if pick["arm"] == "value"} <= {True}
    assert [r["id"] for r in client.get("/v1/rounds").json()] == [body["id"]]
    assert client.get(f"/v1/rounds/{body['id']}").json() == body


def test_the_next_round_takes_other_captures_until_the_pool_is_empty(client: TestClient, send: Send) -> None:
    send(3)
    first = client.post("/v1/rounds", json={"boxes": 8}).json()
    second = client.post("/v1/rounds", json={"boxes": 8}).json()
    picked = [pick["capture_id"] for body in (first, second) for pick in body["picks"]]
    assert (len(picked), len(set(picked))) == (3, 3)
    third = client.post("/v1/rounds", json={"boxes": 8})
    assert (third.status_code, third.json()["code"]) == (409, "pool-empty")
    assert "POST /v1/captures" in third.json()["remedy"]


def test_a_replay_picks_the_same(client: TestClient, send: Send, clock: Any) -> None:
    send(5)
    clock.advance(seconds=1)
    body = client.post("/v1/rounds", json={"boxes": 12, "random_share": 0.5, "seed": 3}).json()
    clock.advance(seconds=1)
    client.post("/v1/rounds", json={"boxes": 4}).raise_for_status()
    replayed = client.post(f"/v1/rounds/{body['id']}/replay").json()
    assert (replayed["identical"], replayed["pool_unchanged"]) == (True, True), replayed


def flips(context: Context, flip: float, capture_id: str) -> None:
    """Let a capture have verdicts that would flip with a probability."""
    with context.database.write() as session:
        capture = session.get_one(CaptureRecord, capture_id)
        session.add(
            ComplianceRecord(
                capture_id=capture_id,
                bay_id=capture.bay_id,
                store_id=capture.store_id,
                planogram_id="p",
                version=1,
                at=capture.taken_at,
                photos=[capture_id],
                fits=True,
                counts={},
                flip=flip,
                answer={},
            )
        )


def test_a_capture_whose_verdicts_may_flip_is_worth_more(
    client: TestClient, context: Context, send: Send, clock: Any
) -> None:
    ids = send(3)
    flips(context, 0.75, ids[1])
    clock.advance(seconds=1)
    body = client.post("/v1/rounds", json={"boxes": 12, "random_share": 0}).json()
    assert {pick["capture_id"]: pick["terms"]["flip"] for pick in body["picks"]} == {ids[0]: 0, ids[1]: 0.75, ids[2]: 0}
    (shaky,) = (pick for pick in body["picks"] if pick["capture_id"] == ids[1])
    assert "with 75 % a wrong verdict" in shaky["reason"]
    clock.advance(seconds=1)
    flips(context, 0.5, send(1, start=3)[0])  # which is nothing to a round before
    replayed = client.post(f"/v1/rounds/{body['id']}/replay").json()
    assert (replayed["identical"], replayed["pool_unchanged"]) == (True, True), replayed


@pytest.fixture
def put_planogram(client: TestClient, bay: dict[str, str], juice: str) -> Callable[[int], None]:
    """Put a version of planogram `fridge` with so many facings, and let the bay follow it."""

    def put(facings: int) -> None:
        position = {"shelf": 1, "slot": 1, "gtin": juice, "wide": facings}
        client.put("/v1/planograms/fridge", json={"positions": [position]}).raise_for_status()
        client.put(f"/v1/bays/{bay['bay_id']}/planogram", json={"planogram_id": "fridge"}).raise_for_status()

    return put


def test_a_reset_bay_has_a_share_until_one_of_its_captures_is_picked(
    client: TestClient, send: Send, clock: Any, put_planogram: Callable[[int], None]
) -> None:
    def arms(body: dict[str, Any]) -> dict[str, str]:
        return {pick["capture_id"]: pick["arm"] for pick in body["picks"]}

    config = {"random_share": 0, "event_share": 0.5}
    clock.now = datetime(2026, 1, 31, tzinfo=UTC)
    put_planogram(1)  # the first one is no reset
    before = send(2)  # taken on 1 and 2 February
    clock.now = datetime(2026, 2, 3, tzinfo=UTC)
    assert set(arms(client.post("/v1/rounds", json={"boxes": 4, **config}).json()).values()) == {"value"}
    put_planogram(2)
    clock.now = datetime(2026, 3, 1, tzinfo=UTC)
    after = send(3, start=2)
    clock.advance(seconds=1)
    body = client.post("/v1/rounds", json={"boxes": 8, **config}).json()
    picked = arms(body)
    assert [arm for id, arm in picked.items() if id in after].count("event") == 1
    assert "event" not in [arm for id, arm in picked.items() if id in before]
    (event,) = (pick for pick in body["picks"] if pick["arm"] == "event")
    assert event["reason"].startswith("the planogram of this bay was reset")
    clock.advance(seconds=1)
    assert set(arms(client.post("/v1/rounds", json={"boxes": 4, **config}).json()).values()) == {"value"}
    replayed = client.post(f"/v1/rounds/{body['id']}/replay").json()
    assert (replayed["identical"], replayed["pool_unchanged"]) == (True, True), replayed


def test_two_rounds_at_once_never_pick_the_same(client: TestClient, send: Send) -> None:
    send(8)
    with ThreadPoolExecutor(4) as engineers:
        answers = list(engineers.map(lambda _: client.post("/v1/rounds", json={"boxes": 16}), range(4)))
    created = [answer.json() for answer in answers if answer.status_code == 201]
    refused = {answer.json()["code"] for answer in answers if answer.status_code != 201}
    picked = [pick["capture_id"] for body in created for pick in body["picks"]]
    assert created
    assert len(picked) == len(set(picked)) == len(client.get("/v1/tasks").json())
    assert refused <= {"round-overtaken", "pool-empty"}


def test_signatures_of_an_earlier_model_are_renewed(client: TestClient, context: Context, send: Send) -> None:
    send(2)
    with context.database.write() as session:
        session.execute(update(SignatureRecord).values(model_version=0, predicted_boxes=99))
    body = client.post("/v1/rounds", json={"boxes": 8}).json()
    assert [pick["predicted_boxes"] for pick in body["picks"]] == [4, 4]


def test_a_photo_that_cannot_be_read_is_left_out_and_named(
    client: TestClient, context: Context, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    ids = send(3)
    with context.database.write() as session:
        session.execute(update(SignatureRecord).values(model_version=0))
        missing, broken = (session.get_one(CaptureRecord, id).image_key for id in ids[:2])
    context.images.delete(missing)
    context.images.put(broken, b"scratched")
    answer = client.post("/v1/rounds", json={"boxes": 99})
    assert [pick["capture_id"] for pick in answer.json()["picks"]] == ids[2:], answer.text
    assert client.post("/v1/rounds", json={"boxes": 99}).json()["code"] == "pool-empty"
    for id in ids[:2]:
        assert f"Capture {id} is left out of rounds" in caplog.text


def test_of_stale_captures_the_pool_comes_first_and_the_newest_first(
    client: TestClient, context: Context, send: Send, clock: Any
) -> None:
    send(1)
    queued = client.post("/v1/rounds", json={"boxes": 4}).json()["picks"][0]["capture_id"]
    older = send(1, start=1)[0]
    clock.advance(seconds=1)
    newest = send(1, start=2)[0]
    with context.database.read() as session:
        assert list_stale(session, 1, 9) == []
        stale = list_stale(session, 2, 9)
        assert [(capture.id, left_by) for capture, left_by in stale] == [(newest, 1), (older, 1), (queued, 1)]


def test_a_signature_that_another_server_renewed_meanwhile_stays(context: Context, send: Send) -> None:
    id = send(1)[0]
    with context.database.write() as session:
        session.execute(update(SignatureRecord).values(model_version=3))
    late = SignatureRecord(capture_id=id, model_version=2, image_vector=b"", values=b"", predicted_boxes=0)
    with context.database.write() as session:
        renew_signature(session, late, left_by=1)
    with context.database.read() as session:
        assert session.get_one(SignatureRecord, id).model_version == 3


def test_an_upgraded_starter_is_never_compared_with_the_former_one(
    client: TestClient, context: Context, send: Send, make_photo: Callable[..., bytes], bay: dict[str, str]
) -> None:
    first = send(1)[0]
    with context.database.write() as session:
        session.execute(update(ModelRecord).values(artefact_sha256="of the former starter"))
        session.execute(update(SignatureRecord).values(image_vector=b"\0\x3c" * 7))  # of another width
    with context.database.write() as session:
        ensure_starter(session, context.clock())
    fields = {**bay, "taken_at": "2026-02-28T10:00:00Z"}
    alike = client.post("/v1/captures", data=fields, files={"photo": make_photo(0, kind=".png")})
    assert (alike.status_code, alike.json()["near_duplicate_of"]) == (201, None)
    body = client.post("/v1/rounds", json={"boxes": 4}).json()
    assert body["pool_size"] == 2
    with context.database.read() as session:
        renewed = session.get_one(SignatureRecord, first)
        assert (renewed.model_version, len(renewed.image_vector)) == (1, 2 * 192)


def test_a_start_without_an_upgrade_leaves_signatures_alone(context: Context, send: Send) -> None:
    id = send(1)[0]
    with context.database.write() as session:
        ensure_starter(session, context.clock())
    with context.database.read() as session:
        assert session.get_one(SignatureRecord, id).model_version == 1


def test_a_capture_that_comes_during_the_selection_is_not_in_the_replay(
    client: TestClient, send: Send, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(3)

    def slow(*given: Any) -> Any:
        clock.advance(seconds=1)
        send(2, start=3)
        return select(*given)

    monkeypatch.setattr("service.rounds.service.select", slow)
    body = client.post("/v1/rounds", json={"boxes": 8}).json()
    monkeypatch.undo()
    assert body["created_at"] == "2026-03-01T09:30:00Z"
    replayed = client.post(f"/v1/rounds/{body['id']}/replay").json()
    assert (replayed["identical"], replayed["pool_unchanged"]) == (True, True), replayed


def test_a_replay_says_why_the_pool_is_another(client: TestClient, context: Context, send: Send) -> None:
    send(3)
    body = client.post("/v1/rounds", json={"boxes": 8}).json()
    with context.database.write() as session:
        session.execute(update(SignatureRecord).values(model_version=2))
    replayed = client.post(f"/v1/rounds/{body['id']}/replay").json()
    assert (replayed["identical"], replayed["pool_unchanged"]) == (False, False)
    assert "renewed with another model" in replayed["explanation"]
    assert "were being stored while the round began" in replayed["explanation"]


@pytest.mark.parametrize("config", [{}, {"boxes": 3, "seconds": 9}, {"boxes": 0}, {"boxes": 3, "budget": 1}])
def test_a_wrong_budget_is_refused(client: TestClient, config: dict[str, Any]) -> None:
    answer = client.post("/v1/rounds", json=config)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_an_annotator_may_not_start_rounds(client: TestClient, key_for: Any) -> None:
    answer = client.post("/v1/rounds", json={"boxes": 3}, headers=key_for(Role.ANNOTATOR))
    assert answer.status_code == 403
