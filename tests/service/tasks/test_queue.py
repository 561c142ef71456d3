"""What annotators can ask of the queue, and what it keeps to."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.auth.permissions import Role
from service.context import Context
from service.records import TaskRecord
from service.tasks.queries import annotation_of

Queue = Callable[..., list[str]]
NewPerson = Callable[..., Any]


def test_tasks_of_a_store_a_category_and_a_kind_can_be_asked_for(queue: Queue, person: NewPerson) -> None:
    queue(1, "s1", "food")
    (second,) = queue(1, "s2", "food/sweets")
    (verdicts,) = queue(1, "s3", kind="verdicts")
    ada = person()
    assert ada.lease(count=9, category="food/bread")[1] == []
    assert ada.lease(count=9, store_ids=["s2", "s4"])[1] == [second]
    assert ada.lease(count=9, kind="verdicts")[1] == [verdicts]
    assert len(ada.lease(count=9, category="food")[1]) == 1


def test_an_asked_for_store_beyond_the_key_gives_nothing(queue: Queue, person: NewPerson) -> None:
    queue(1, "s1")
    queue(1, "s2")
    assert person(store_ids=["s2"]).lease(count=9, store_ids=["s1"])[1] == []


def test_urgent_tasks_come_first_and_experts_say_which(queue: Queue, person: NewPerson, client: TestClient) -> None:
    first, second, third = queue(3)
    assert client.patch(f"/v1/tasks/{third}", json={"priority": 2}).json()["priority"] == 2
    assert client.patch(f"/v1/tasks/{second}", json={"priority": 1}, headers=person(Role.ENGINEER).key).is_success
    refused = client.patch(f"/v1/tasks/{first}", json={"priority": 9}, headers=person().key)
    assert (refused.status_code, refused.json()["code"]) == (403, "role-not-allowed")
    assert [task["id"] for task in client.get("/v1/tasks").json()] == [third, second, first]
    assert person().lease(count=3)[1] == [third, second, first]


def test_a_lease_is_extended_as_a_whole_but_not_for_ever(queue: Queue, person: NewPerson, clock: Any) -> None:
    first, second = queue(2)
    ada = person()
    token, _ = ada.lease(count=2)  # until 10:00
    clock.advance(minutes=20)
    extended = ada.does("extend", first, token)
    assert extended.json() == {"lease_token": token, "leased_until": "2026-03-01T10:20:00Z"}
    assert ada.does("extend", first, token, minutes=1).json()["leased_until"] == "2026-03-01T10:20:00Z"
    clock.advance(minutes=20)
    assert person().lease(count=9)[1] == []
    assert ada.does("annotations", second, token, boxes=[]).status_code == 201
    assert ada.does("extend", first, token, minutes=1440).json()["leased_until"] == "2026-03-01T17:30:00Z"
    clock.advance(hours=10)
    assert ada.does("extend", first, token).json()["code"] == "lease-expired"
    assert person().does("extend", first, token).json()["code"] in ("lease-expired", "lease-not-yours")


def test_who_skipped_is_not_asked_again(queue: Queue, person: NewPerson, context: Context) -> None:
    (only,) = queue(1)
    ada, bob = person(), person()
    token, _ = ada.lease()
    skipped = ada.does("skip", only, token, reason="too_hard", note="the light is gone")
    assert (skipped.json()["state"], skipped.json()["note"]) == ("skipped", "the light is gone")
    assert ada.lease()[1] == bob.lease()[1] == []
    with context.database.write() as session:
        session.get_one(TaskRecord, only).state = "queued"  # somebody wants it labelled after all
    assert ada.lease()[1] == []
    assert bob.lease()[1] == [only]


def test_an_escalated_task_waits_for_an_expert_before_all_others(queue: Queue, person: NewPerson) -> None:
    first, second, _ = queue(3)
    ada, expert = person(), person(Role.EXPERT)
    token, _ = ada.lease(count=2)
    asked = ada.does("escalate", second, token, reason="rule_missing", note="a multipack of two kinds").json()
    assert (asked["state"], asked["expert"], asked["note"]) == ("queued", True, "a multipack of two kinds")
    assert ada.does("annotations", second, token, boxes=[]).json()["code"] == "lease-expired"
    assert len(ada.lease(count=9)[1]) == len(person().lease(count=9)[1]) + 1 == 1
    token, tasks = expert.lease(count=9)
    assert tasks == [second]
    again = expert.does("escalate", second, token, reason="other")
    assert (again.status_code, again.json()["code"]) == (409, "already-with-experts")
    assert expert.does("annotations", second, token, boxes=[]).status_code == 201
    assert first not in expert.lease(count=9)[1]


@pytest.mark.parametrize("request_", [{"reason": "bored"}, {"reason": "other", "note": "x" * 501}])
def test_an_unclear_escalation_is_refused(queue: Queue, person: NewPerson, request_: dict[str, str]) -> None:
    (only,) = queue(1)
    ada = person()
    token, _ = ada.lease()
    assert ada.does("escalate", only, token, **request_).status_code == 422


def test_nobody_hoards(queue: Queue, person: NewPerson, context: Context) -> None:
    context.settings.tasks.most_held = 3
    queue(5)
    ada = person()
    assert [len(ada.lease(count=2)[1]) for _ in range(3)] == [2, 1, 0]
    assert len(person().lease(count=9)[1]) == 2


def test_a_part_and_its_blind_copy_never_go_to_one_person(queue: Queue, person: NewPerson, context: Context) -> None:
    (original,) = queue(1)
    (copy,) = queue(1, rank=1)
    with context.database.write() as session:
        task = session.get_one(TaskRecord, copy)
        task.capture_id, task.purpose, task.copy, task.copy_of = original, "overlap", 1, original
    ada, bob = person(), person()
    (_, hers), (_, his) = ada.lease(count=9), bob.lease(count=9)
    assert sorted(hers + his) == sorted([original, copy])
    assert len(hers) == 1
    assert ada.lease(count=9)[1] == bob.lease(count=9)[1] == []
    seen = [person.gets("").json() for person in (ada, bob)]
    assert [[task["id"] for task in tasks] for tasks in seen] == [hers, his]
    assert seen[0][0].keys() == seen[1][0].keys()
    assert {(task["rank"], task["arm"], task["round_id"]) for tasks in seen for task in tasks} == {(None, None, None)}
    assert ada.gets(f"/{his[0]}").json()["code"] == "task-not-found"


def test_a_blind_copy_answers_like_a_task_and_counts_nowhere(
    queue: Queue, person: NewPerson, context: Context, client: TestClient
) -> None:
    (original,) = queue(1)
    (copy,) = queue(1, rank=2)
    ada, bob = person(), person()
    token, _ = ada.lease()
    assert ada.does("annotations", original, token, boxes=[]).status_code == 201
    with context.database.write() as session:
        task = session.get_one(TaskRecord, copy)
        task.capture_id, task.purpose, task.copy, task.copy_of = original, "overlap", 1, original
    token, tasks = bob.lease()
    assert tasks == [copy]
    box = {"kind": "facing", "box": [10, 20, 110, 220]}
    answer = bob.does("annotations", copy, token, boxes=[box])
    assert answer.status_code == 201, answer.text
    assert answer.json()["boxes"] == [{**box, "gtin": None}]
    assert bob.gets(f"/{copy}/annotation").json() == answer.json()
    assert ada.gets(f"/{copy}/annotation").json()["code"] == "task-not-found"
    assert bob.does("annotations", copy, token, boxes=[]).json()["code"] == "lease-already-used"
    assert [task["id"] for task in client.get("/v1/tasks").json()] == [original]


def test_boxes_are_refused_where_verdicts_are_asked_for(queue: Queue, person: NewPerson) -> None:
    (only,) = queue(1, kind="verdicts")
    ada = person()
    token, _ = ada.lease()
    assert ada.does("annotations", only, token, boxes=[]).json()["code"] == "verdicts-wanted"


def test_what_was_done_and_how_long_it_took_is_kept(
    queue: Queue, person: NewPerson, context: Context, clock: Any
) -> None:
    first, second = queue(2)
    ada = person()
    token, _ = ada.lease(count=2)
    clock.advance(seconds=40)
    kept = {"kind": "facing", "box": [10, 20, 110, 220]}
    ada.does("annotations", first, token, boxes=[kept, {"kind": "gap", "box": [300, 20, 400, 220]}]).raise_for_status()
    clock.advance(seconds=25)
    ada.does("annotations", second, token, boxes=[]).raise_for_status()
    with context.database.read() as session:
        found = [annotation_of(session, id) for id in (first, second)]
    assert [one.lead_seconds for one in found] == [40, 25]
    assert [(one.actions["accepted"], one.actions["drawn"], one.actions["deleted"]) for one in found] == [
        (1, 1, 0),
        (0, 0, 1),
    ]
