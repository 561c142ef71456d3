"""Drafts survive a reload, an old tab and the end of a lease, and nobody else sees them."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from service.auth.permissions import Role
from service.records import DraftRecord, TaskRecord
from tests.service.compliance.painted import paint

CONTENT = {"boxes": [{"kind": "facing", "box": [1, 2, 3.5, 40], "gtin": None}], "note": "Käse \0 🧀"}


@pytest.fixture
def task_id(bay, sent, task_of) -> str:
    return task_of(sent(paint("rgb"), recognise="false")["id"])


@pytest.fixture
def put(client, annotator, task_id) -> Any:
    def send(token: str, number: int, content: dict[str, Any] = CONTENT, key: dict[str, str] | None = None) -> Any:
        body = {"lease_token": token, "number": number, "content": content}
        return client.put(f"/v1/tasks/{task_id}/draft", json=body, headers=key or annotator)

    return send


@pytest.fixture
def get(client, annotator, task_id) -> Any:
    return lambda key=None: client.get(f"/v1/tasks/{task_id}/draft", headers=key or annotator)


def test_a_draft_comes_back_as_it_was(client, annotator, task_id, leased, put, get) -> None:
    token = leased()
    assert (get().status_code, get().json()["code"]) == (404, "draft-not-found")
    kept = put(token, 1)
    assert kept.status_code == 200, kept.text
    assert (kept.json()["number"], kept.json()["lease_ended"], kept.json()["message"]) == (1, False, None)
    assert get().json() == kept.json()
    assert get().json()["content"] == CONTENT
    view = client.get(f"/v1/tasks/{task_id}/view", headers=annotator).json()
    assert view["draft"] == kept.json()


def test_an_old_tab_overwrites_nothing(leased, put, get) -> None:
    token = leased()
    put(token, 5).raise_for_status()
    put(token, 5).raise_for_status()
    for number, content in ((4, CONTENT), (5, {"boxes": []})):
        late = put(token, number, content)
        assert (late.status_code, late.json()["code"], late.json()["number"]) == (409, "draft-outdated", 5)
    assert get().json()["content"] == CONTENT
    put(token, 1_790_000_000_000, {"boxes": []}).raise_for_status()  # milliseconds of a browser's clock
    assert get().json()["number"] == 1_790_000_000_000


def test_of_drafts_that_come_at_once_the_highest_number_stays(leased, put, get) -> None:
    token = leased()
    with ThreadPoolExecutor(6) as tabs:
        answers = list(tabs.map(lambda number: put(token, number, {"number": number}), range(1, 13)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert get().json()["content"] == {"number": 12}


def test_a_draft_outlives_the_lease_and_is_its_annotators_alone(
    client, clock, annotator, task_id, leased, put, get, key_for
) -> None:
    token, other = leased(), key_for(Role.ANNOTATOR, ["s1"])
    put(token, 1).raise_for_status()
    clock.advance(hours=1)
    assert (put(token, 2).status_code, put(token, 2).json()["code"]) == (409, "lease-expired")
    leased(other)  # the task goes to somebody else
    ended = get().json()
    assert ended["content"] == CONTENT
    assert ended["lease_ended"] is True
    assert "until somebody labels the task" in ended["message"]
    view = client.get(f"/v1/tasks/{task_id}/view", headers=annotator).json()
    assert view["draft"] == ended
    assert view["leased_until"] is None
    assert client.get(f"/v1/tasks/{task_id}/view", headers=other).json()["draft"] is None
    assert get(other).status_code == 404


def test_who_leases_a_task_again_goes_on_from_his_draft(clock, leased, put, get) -> None:
    put(leased(), 7).raise_for_status()
    clock.advance(hours=1)
    token = leased()
    assert get().json()["lease_ended"] is False
    put(token, 8, {"more": True}).raise_for_status()
    assert get().json()["content"] == {"more": True}


def test_a_draft_is_over_once_somebody_labelled_the_task(
    client, clock, context, annotator, task_id, leased, put, get, key_for
) -> None:
    token, other = leased(), key_for(Role.ANNOTATOR, ["s1"])
    with context.database.read() as session:
        holder = session.get_one(TaskRecord, task_id).leased_by
    put(token, 1).raise_for_status()
    clock.advance(hours=1)
    answer = {"lease_token": leased(other), "boxes": []}
    client.post(f"/v1/tasks/{task_id}/annotations", json=answer, headers=other).raise_for_status()
    assert get().status_code == 404
    assert client.get(f"/v1/tasks/{task_id}/view", headers=annotator).status_code == 404
    with context.database.write() as session:  # queued again, and leased to the first one
        task = session.get_one(TaskRecord, task_id)
        task.state, task.leased_by, task.leased_until = "queued", None, None
        # However the task was labelled: a draft from before does not come back.
        kept = {"number": 9, "saved_at": clock.now.replace(hour=9, minute=40), "content": {}}
        session.merge(DraftRecord(task_id=task_id, annotator=holder, **kept))
    assert get().status_code == 404


def test_a_draft_is_deleted_unless_a_newer_one_came(client, annotator, task_id, leased, put, get) -> None:
    token = leased()
    put(token, 3).raise_for_status()
    address = f"/v1/tasks/{task_id}/draft"
    assert client.delete(f"{address}?number=2", headers=annotator).status_code == 204
    assert get().json()["number"] == 3
    assert client.delete(f"{address}?number=3", headers=annotator).status_code == 204
    assert get().status_code == 404


def test_nobody_drafts_without_the_lease(leased, put, key_for) -> None:
    token = leased()
    assert put("guessed", 1).json()["code"] == "lease-not-yours"
    assert put(token, 1, key=key_for(Role.ANNOTATOR, ["s1"])).json()["code"] == "lease-not-yours"


@pytest.mark.parametrize(
    ("content", "says"),
    [('{"a": "\\ud800"}', "written as JSON"), (json.dumps({"a": "x" * 1_000_001}), "at most 1000000")],
)
def test_what_cannot_be_kept_is_refused(client, annotator, task_id, leased, get, content: str, says: str) -> None:
    body = f'{{"lease_token": "{leased()}", "number": 1, "content": {content}}}'
    headers = {**annotator, "Content-Type": "application/json"}
    refused = client.put(f"/v1/tasks/{task_id}/draft", content=body, headers=headers)
    assert refused.status_code == 422
    assert says in refused.json()["detail"]
    nan = f'{{"lease_token": "{leased()}", "number": 1, "content": {{"a": NaN}}}}'
    client.put(f"/v1/tasks/{task_id}/draft", content=nan, headers=headers)
    assert get().status_code == 404
