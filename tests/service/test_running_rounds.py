"""Rounds: pool in, tasks out, never the same capture twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from service.auth.permissions import Role
from service.context import Context
from service.records import SignatureRecord

Send = Callable[[int], list[str]]


@pytest.fixture
def send(client: TestClient, bay: dict[str, str], make_photo: Callable[..., bytes]) -> Send:
    """Send so many photos that look different, and return the ids of their captures; each has 4 detections."""

    def captures(number: int) -> list[str]:
        ids = []
        for seed in range(number):
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


@pytest.mark.parametrize("config", [{}, {"boxes": 3, "seconds": 9}, {"boxes": 0}, {"boxes": 3, "budget": 1}])
def test_a_wrong_budget_is_refused(client: TestClient, config: dict[str, Any]) -> None:
    answer = client.post("/v1/rounds", json=config)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_an_annotator_may_not_start_rounds(client: TestClient, key_for: Any) -> None:
    answer = client.post("/v1/rounds", json={"boxes": 3}, headers=key_for(Role.ANNOTATOR))
    assert answer.status_code == 403
