"""What one holds is told again, and what waits is told roughly."""

import re

from service.auth.permissions import Role
from tests.service.test_leasing import add_tasks


def waiting(client, headers, **narrowed) -> str:
    answer = client.get("/label/queue", params=narrowed, headers=headers)
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", answer.text)


def test_the_answer_to_a_lease_can_be_had_again(client, context, key_for, clock):
    add_tasks(context, 3)
    ann, bob = key_for(Role.ANNOTATOR), key_for(Role.ANNOTATOR)
    lease = client.post("/v1/tasks/lease", json={"count": 2}, headers=ann).json()
    held = client.get("/v1/tasks/held", headers=ann).json()
    assert {one["id"] for one in held} == {task["id"] for task in lease["tasks"]}
    assert {one["lease_token"] for one in held} == {lease["lease_token"]}
    assert {one["leased_until"] for one in held} == {lease["leased_until"]}
    assert client.get("/v1/tasks/held", headers=bob).json() == []
    clock.advance(days=1)
    assert client.get("/v1/tasks/held", headers=ann).json() == []
    assert client.get("/v1/tasks/held", headers=key_for(Role.STORE)).status_code == 403


def test_what_waits_is_rounded_down_to_tens(client, context, key_for):
    add_tasks(context, 14)
    ann = key_for(Role.ANNOTATOR)
    assert "About 10 tasks wait" in waiting(client, ann)
    client.post("/v1/tasks/lease", json={"count": 5}, headers=ann)
    assert "A few tasks wait" in waiting(client, ann)
    assert "Nothing else waits" in waiting(client, ann, kind="verdicts")
    assert "Nothing else waits" in waiting(client, ann, category="food/bread")
    assert "Nothing else waits" in waiting(client, key_for(Role.ANNOTATOR, ["s2"]))
    assert "Nothing else waits" in waiting(client, key_for(Role.ANNOTATOR, ["s2"]), store_id="s1")
    assert client.get("/label/queue", headers={"Authorization": ""}).status_code == 401
