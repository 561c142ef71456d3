"""Who saw what, and who was refused what."""

import pytest

from service.auth.permissions import Role
from service.privacy.deleting import delete_expired


@pytest.fixture
def elsewhere(client, capture_of) -> str:
    """A task on a capture of store s2."""
    capture_of("s2", 1)
    client.post("/v1/rounds", json={"boxes": 100}).raise_for_status()
    (task,) = client.get("/v1/tasks").json()
    return task["id"]


def key_of(client) -> str:
    """The id of the one annotator's key."""
    (key,) = (key for key in client.get("/v1/keys").json() if key["role"] == Role.ANNOTATOR)
    return key["id"]


def test_pictures_that_were_shown_are_counted_by_day(client, capture_of, key_for, clock):
    id = capture_of("s1")
    annotator = key_for(Role.ANNOTATOR, ["s1"])
    for path in ("photo", "photo?width=100", "overlay"):
        assert client.get(f"/v1/captures/{id}/{path}", headers=annotator).status_code == 200
    clock.advance(days=1)
    client.get(f"/v1/captures/{id}/photo", headers=annotator)
    views = client.get("/v1/views", params={"subject_id": id}).json()
    assert {(view["what"], view["day"], view["times"], view["store_id"]) for view in views} == {
        ("photo", "2026-03-02", 1, "s1"),
        ("photo", "2026-03-01", 2, "s1"),
        ("overlay", "2026-03-01", 1, "s1"),
    }
    assert views[0]["day"] == "2026-03-02"
    assert {view["key_id"] for view in views} == {key_of(client)}


def test_an_annotator_who_asks_for_another_store_s_task_is_refused_and_it_is_kept(client, key_for, elsewhere):
    annotator = key_for(Role.ANNOTATOR, ["s1"])
    answer = client.get(f"/v1/tasks/{elsewhere}", headers=annotator)
    assert (answer.status_code, answer.json()["code"]) == (404, "task-not-found")
    assert "s2" not in answer.text
    submitted = client.post(
        f"/v1/tasks/{elsewhere}/annotations", json={"lease_token": "guess", "boxes": []}, headers=annotator
    )
    assert submitted.status_code in (403, 404)
    assert client.post("/v1/tasks/lease", json={}, headers=annotator).json()["tasks"] == []
    refusals = client.get("/v1/refusals", params={"key_id": key_of(client)}).json()
    asked = {(one["asked"], one["store_id"], one["times"]) for one in refusals}
    assert (f"GET /v1/tasks/{elsewhere}", "s2", 1) in asked
    assert {path for path, _, _ in asked} >= {f"POST /v1/tasks/{elsewhere}/annotations"}


def test_another_store_s_photo_is_refused_and_it_is_kept(client, key_for, capture_of):
    id = capture_of("s2", 1)
    annotator = key_for(Role.ANNOTATOR, ["s1"])
    for _ in range(3):
        assert client.get(f"/v1/captures/{id}/photo", headers=annotator).status_code == 404
    (refusal,) = client.get("/v1/refusals").json()
    assert (refusal["asked"], refusal["code"]) == (f"GET /v1/captures/{id}/photo", "capture-not-found")
    assert (refusal["store_id"], refusal["times"]) == ("s2", 3)
    assert client.get("/v1/views", params={"subject_id": id}).json() == []


def test_what_is_not_there_at_all_is_no_refusal(client, key_for):
    assert client.get(f"/v1/captures/{'0' * 32}/photo", headers=key_for(Role.ANNOTATOR)).status_code == 404
    assert client.get("/v1/refusals").json() == []


def test_only_admins_read_it(client, key_for):
    for role in (Role.STORE, Role.ANNOTATOR, Role.EXPERT, Role.ENGINEER):
        for path in ("views", "refusals", "retention", "deletions"):
            assert client.get(f"/v1/{path}", headers=key_for(role)).status_code == 403
    assert {one["code"] for one in client.get("/v1/refusals").json()} == {"role-not-allowed"}


def test_old_views_go_with_their_own_rule(client, context, capture_of, clock):
    id = capture_of("s1")
    client.get(f"/v1/captures/{id}/photo").raise_for_status()
    client.put("/v1/retention", json={"kind": "views", "days": 30}).raise_for_status()
    clock.advance(days=29)
    delete_expired(context)
    assert len(client.get("/v1/views").json()) == 1
    clock.advance(days=1)
    delete_expired(context)
    assert client.get("/v1/views").json() == []
