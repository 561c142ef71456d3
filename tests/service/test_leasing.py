"""Tasks are handed out once, held for a while, and labelled by who holds them."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from service.auth.permissions import Role
from service.context import Context
from service.records import BayRecord, CaptureRecord, RoundRecord, StoreRecord, TaskRecord
from service.tasks.circumstances import circumstances
from service.tasks.holding import LeaseRules, take_tasks
from service.tasks.queries import desk_of
from service.tasks.schemas import AnnotateRequest, LeaseRequest
from service.tasks.submitting import submit_boxes

FACING = {"kind": "facing", "box": [10, 20, 110, 220]}
MILK = "04006381333931"


def task_id(store: str, place: int) -> str:
    """The id of a task of `add_tasks`, and of its capture."""
    return f"{store.encode().hex()}{place:028x}"


FIRST, SECOND = task_id("s1", 0), task_id("s1", 1)


def add_tasks(context: Context, number: int, boxes: int = 10, store: str = "s1") -> list[str]:
    """Queue tasks of rank 1, 2, … on captures of 640 x 480."""
    now, ids = context.clock(), [task_id(store, place) for place in range(number)]
    with context.database.write() as session:
        session.add(StoreRecord(id=store, name=store, format="convenience"))
        session.flush()
        session.add(BayRecord(id=f"{store}-b", store_id=store))
        session.add(_round(store, now))
        session.flush()
        session.add_all(_capture(id, store, now) for id in ids)
        session.flush()
        for rank, id in enumerate(ids, start=1):
            task = TaskRecord(id=id, round_id=store, capture_id=id, created_at=now, state="queued", rank=rank)
            task.store_id, task.arm, task.reason, task.predicted_boxes = (
                store,
                "value",
                "2 boxes the model doubts",
                boxes,
            )
            session.add(task)
    return ids


def _round(id: str, now: datetime) -> RoundRecord:
    return RoundRecord(
        id=id, created_at=now, by="a test", config={}, pool_digest="", pool_size=0, model_version=1, near_duplicates={}
    )


def _capture(id: str, store: str, now: datetime) -> CaptureRecord:
    return CaptureRecord(
        id=id,
        sha256=id,
        store_id=store,
        bay_id=f"{store}-b",
        taken_at=now,
        received_at=now,
        width=640,
        height=480,
        image_key=f"{id}.jpg",
        image_sha256="",
        faces_blurred=0,
        stratum="neutral/frontal/convenience",
        model_version=1,
        truncated=False,
        detections=[{**FACING, "gtin": None}],
    )


def lease(client: TestClient, **request: Any) -> dict[str, Any]:
    answer = client.post("/v1/tasks/lease", json=request)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def submit(client: TestClient, task: str, token: str, boxes: list[Any], **more: Any) -> Any:
    return client.post(f"/v1/tasks/{task}/annotations", json={"lease_token": token, "boxes": boxes, **more})


def test_a_lease_shows_all_that_an_annotator_needs(context: Context, client: TestClient) -> None:
    add_tasks(context, 1)
    leased = lease(client)
    task = leased["tasks"][0]
    assert task["prelabels"] == [{**FACING, "gtin": None}]
    assert task["reason"] == "2 boxes the model doubts"
    assert task["photo_url"] == f"/v1/captures/{FIRST}/photo"
    assert leased["guideline"]["version"] == 1
    assert "facing" in leased["guideline"]["rules"]
    assert leased["leased_until"] == "2026-03-01T10:00:00Z"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({}, 1),
        ({"count": 3}, 3),
        ({"count": 9}, 5),
        ({"boxes": 25}, 2),
        ({"boxes": 1}, 1),
        ({"minutes": 1}, 1),
        ({"minutes": 1.5}, 2),
        ({"minutes": 1.5, "count": 1}, 1),
    ],
)
def test_a_lease_is_as_large_as_asked(
    context: Context, client: TestClient, request_: dict[str, Any], expected: int
) -> None:
    add_tasks(context, 5)  # of 10 boxes, so 20 boxes fit into 25, and of 33 modelled seconds each
    assert [task["rank"] for task in lease(client, **request_)["tasks"]] == list(range(1, expected + 1))


def test_sixteen_at_once_never_get_the_same_task(context: Context) -> None:
    ids = add_tasks(context, 60)

    def annotator(number: int) -> list[str]:
        got: list[str] = []
        while True:
            with context.database.write() as session:
                request = LeaseRequest(count=1 + number % 3)
                _, tasks = take_tasks(session, request, f"a{number}", None, context.clock(), LeaseRules(30))
            if not tasks:
                return got
            got += [task.id for task in tasks]

    with ThreadPoolExecutor(16) as annotators:
        handed_out = Counter(task for got in annotators.map(annotator, range(16)) for task in got)
    assert handed_out == Counter(ids)


def test_a_plan_made_while_there_are_no_annotations_does_not_read_all_of_them(context: Context) -> None:
    if context.database.is_sqlite:
        pytest.skip("SQLite keeps no plan for longer than its statement")
    add_tasks(context, 1)
    read = text("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'annotations'")
    with context.database.write() as session:
        _, (task,) = take_tasks(session, LeaseRequest(), "a1", None, context.clock(), LeaseRules(30))
        desk_of(session, [task])
        circumstances(task.id, "a1").ask(session)
        assert session.scalar(read) == 0


def test_a_submission_holds_the_catalogue_until_it_ends(context: Context) -> None:
    if context.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    add_tasks(context, 1)
    locks = "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'catalogue_changes'::regclass"
    with context.database.write() as session:
        now = context.clock()
        lease, (task,) = take_tasks(session, LeaseRequest(), "a1", None, now, LeaseRules(30))
        request = AnnotateRequest.model_validate({"lease_token": lease.token, "boxes": []})
        submit_boxes(session, task.id, request, "a1", now, context.settings.quality)
        assert "RowShareLock" in session.scalars(text(locks)).all()


def test_an_annotation_is_kept_with_its_versions(context: Context, client: TestClient) -> None:
    add_tasks(context, 1)
    client.put(f"/v1/products/{MILK}", json={"name": "Milk", "category": ["dairy"]}).raise_for_status()
    token = lease(client)["lease_token"]
    boxes = [{**FACING, "gtin": "4006381333931"}, {"kind": "shelf", "box": [-1, 230, 641, 250]}]
    answer = submit(client, FIRST, token, boxes, seconds=41.5)
    assert answer.status_code == 201, answer.text
    kept = client.get(f"/v1/tasks/{FIRST}/annotation").json()
    assert kept["boxes"] == [
        {"kind": "facing", "box": [10, 20, 110, 220], "gtin": MILK},
        {"kind": "shelf", "box": [0, 230, 640, 250], "gtin": None},
    ]
    versions = (kept["catalogue_version"], kept["guideline_version"], kept["prelabel_model_version"], kept["seconds"])
    assert versions == (1, 1, 1, 41.5)
    assert client.get("/v1/tasks?state=labelled").json()[0]["id"] == FIRST
    assert client.get("/v1/tasks?state=queued").json() == []


@pytest.mark.parametrize(
    ("boxes", "code", "field"),
    [
        ([FACING, {"kind": "facing", "box": [200, 20, 900, 220]}], "annotation-invalid", "boxes[1].x2"),
        ([{"kind": "item", "box": [10, 20, 110, 220]}], "annotation-invalid", "boxes[0].kind"),
        ([{**FACING, "gtin": "4006381333932"}], "annotation-invalid", "boxes[0].gtin"),
        ([FACING, {"kind": "facing", "box": [200, 20, 300, 220], "gtin": MILK}], "product-unknown", "boxes[1].gtin"),
    ],
)
def test_a_wrong_box_is_named_and_the_lease_goes_on(
    context: Context, client: TestClient, boxes: list[Any], code: str, field: str
) -> None:
    add_tasks(context, 1)
    token = lease(client)["lease_token"]
    answer = submit(client, FIRST, token, boxes)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)
    assert answer.json()["remedy"]
    assert submit(client, FIRST, token, [FACING]).status_code == 201


def test_a_lease_works_once(context: Context, client: TestClient) -> None:
    add_tasks(context, 1)
    token = lease(client)["lease_token"]
    submit(client, FIRST, token, [FACING]).raise_for_status()
    again = submit(client, FIRST, token, [])
    assert (again.status_code, again.json()["code"]) == (409, "lease-already-used")
    assert len(client.get(f"/v1/tasks/{FIRST}/annotation").json()["boxes"]) == 1


def test_an_expired_lease_goes_back_and_is_refused(context: Context, client: TestClient, clock: Any) -> None:
    add_tasks(context, 1)
    late = lease(client)["lease_token"]
    assert lease(client)["tasks"] == []
    clock.advance(minutes=30)
    refused = submit(client, FIRST, late, [FACING])
    assert (refused.status_code, refused.json()["code"]) == (409, "lease-expired")
    early = lease(client)
    assert [task["id"] for task in early["tasks"]] == [FIRST]
    refused = submit(client, FIRST, late, [FACING])
    assert (refused.status_code, refused.json()["code"]) == (409, "lease-expired")
    assert submit(client, FIRST, early["lease_token"], [FACING]).status_code == 201


def test_only_the_holder_may_submit(context: Context, client: TestClient, key_for: Any) -> None:
    add_tasks(context, 1)
    token = lease(client)["lease_token"]
    guessed = submit(client, FIRST, "9999999999.guess", [FACING])
    assert (guessed.status_code, guessed.json()["code"]) == (403, "lease-not-yours")
    request = {"lease_token": token, "boxes": [FACING]}
    stolen = client.post(f"/v1/tasks/{FIRST}/annotations", json=request, headers=key_for(Role.ANNOTATOR))
    assert (stolen.status_code, stolen.json()["code"]) == (403, "lease-not-yours")


def test_a_skipped_task_is_not_handed_out_again_and_a_released_one_is(context: Context, client: TestClient) -> None:
    add_tasks(context, 2)
    leased = lease(client, count=2)
    token = {"lease_token": leased["lease_token"]}
    skipped = client.post(f"/v1/tasks/{FIRST}/skip", json={**token, "reason": "unreadable"}).json()
    assert (skipped["state"], skipped["skip_reason"]) == ("skipped", "unreadable")
    assert client.post(f"/v1/tasks/{SECOND}/release", json=token).json()["state"] == "queued"
    assert submit(client, SECOND, leased["lease_token"], [FACING]).json()["code"] == "lease-expired"
    assert [task["id"] for task in lease(client, count=2)["tasks"]] == [SECOND]
    assert client.post(f"/v1/tasks/{FIRST}/skip", json={**token, "reason": "bored"}).status_code == 422


def test_a_key_for_one_store_gets_tasks_of_that_store(context: Context, client: TestClient, key_for: Any) -> None:
    add_tasks(context, 2, store="s1")
    add_tasks(context, 1, store="s2")
    leased = client.post("/v1/tasks/lease", json={"count": 9}, headers=key_for(Role.ANNOTATOR, ["s2"])).json()
    assert [task["store_id"] for task in leased["tasks"]] == ["s2"]


@pytest.mark.parametrize("path", ["", "/annotation"])
def test_a_task_of_another_store_is_not_there(context: Context, client: TestClient, key_for: Any, path: str) -> None:
    add_tasks(context, 1)
    submit(client, FIRST, lease(client)["lease_token"], [FACING]).raise_for_status()
    own, other = (key_for(Role.EXPERT, [store]) for store in ("s1", "s2"))
    assert client.get(f"/v1/tasks/{FIRST}{path}", headers=own).status_code == 200
    hidden = client.get(f"/v1/tasks/{FIRST}{path}", headers=other)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "task-not-found")


def test_a_store_system_may_not_label(context: Context, client: TestClient, key_for: Any) -> None:
    refused = client.post("/v1/tasks/lease", json={}, headers=key_for(Role.STORE))
    assert (refused.status_code, refused.json()["code"]) == (403, "role-not-allowed")


def test_an_unknown_task_is_not_found(client: TestClient) -> None:
    answer = client.post(f"/v1/tasks/{FIRST}/skip", json={"lease_token": "x", "reason": "other"})
    assert (answer.status_code, answer.json()["code"]) == (404, "task-not-found")
