"""A changed rule queues again exactly what it alters."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.auth.permissions import Role
from service.context import Context
from service.guidelines.catching_up import catch_up
from service.records import AnnotationRecord, TaskCategoryRecord, TaskRecord

JUICE, CRISPS = "04006381333931", "00012345678905"
AddTask = Callable[..., str]


def box(kind: str = "facing", place: int = 0, gtin: str | None = None, **flags: bool) -> dict[str, Any]:
    x = 10 + 80 * place
    return {"kind": kind, "box": [x, 20, x + 60, 120], "gtin": gtin, **flags}


@pytest.fixture
def shipped(client: TestClient) -> dict[str, Any]:
    """The guideline in force, as it is put in again."""
    found = client.get("/v1/guidelines/in-force").json()
    return {name: found[name] for name in ("text", "rules", "when_to_skip", "when_to_escalate")}


@pytest.fixture
def products(client: TestClient) -> None:
    client.put(f"/v1/products/{JUICE}", json={"name": "Apple juice", "category": ["drinks", "juice"]})
    client.put(f"/v1/products/{CRISPS}", json={"name": "Crisps", "category": ["snacks"]})


def changed(guideline: dict[str, Any], id: str, **changes: Any) -> dict[str, Any]:
    other = copy.deepcopy(guideline)
    next(rule for rule in other["rules"] if rule["id"] == id).update(changes)
    return other


def with_rule(guideline: dict[str, Any], **rule: Any) -> dict[str, Any]:
    return {**guideline, "rules": [*guideline["rules"], {"id": "new", "text": "Look at the cap.", **rule}]}


def put(client: TestClient, guideline: dict[str, Any], dry_run: bool = False, **more: Any) -> dict[str, Any]:
    answer = client.put("/v1/guidelines", json={**guideline, **more}, params={"dry_run": dry_run})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def queued(context: Context) -> set[str]:
    with context.database.read() as session:
        waiting = session.query(TaskRecord).where(TaskRecord.state == "queued", TaskRecord.purpose == "label")
        return {task.id for task in waiting}


def test_the_shipped_guideline_is_version_1_until_somebody_changes_it(
    client: TestClient, shipped: dict[str, Any], key_for: Any
) -> None:
    assert client.get("/v1/guidelines").json()["in_force"] == 1
    assert put(client, shipped) == {
        "version": 1, "dry_run": False, "changed": False, "in_force": True, "changes": [], "altered": 0, "task_ids": [],
    }  # fmt: skip
    rules = {rule["id"]: rule for rule in shipped["rules"]}
    assert rules["cut-by-edge"]["flags"] == ["truncated"]
    annotator = key_for(Role.ANNOTATOR)
    assert client.get("/v1/guidelines/1", headers=annotator).status_code == 200
    assert client.put("/v1/guidelines", json=shipped, headers=annotator).json()["code"] == "role-not-allowed"
    assert client.get("/v1/guidelines/9").json()["code"] == "guideline-not-found"


def test_a_changed_rule_queues_again_exactly_what_it_alters(
    client: TestClient, context: Context, shipped: dict[str, Any], add_task: AddTask
) -> None:
    hidden = add_task([box(), box(place=1, occluded=True)])
    also_hidden = add_task([box(occluded=True, truncated=True)])
    for boxes in ([box()], [box("tag", occluded=True)], [box(truncated=True)], [], None):
        add_task(boxes)
    waiting = queued(context)
    other = changed(shipped, "hidden-by-tag-or-promotion", text="One box around each visible part, flagged occluded.")

    tried = put(client, other, dry_run=True)
    assert (tried["version"], tried["altered"], tried["dry_run"]) == (2, 2, True)
    assert queued(context) == waiting
    assert client.get("/v1/guidelines").json()["in_force"] == 1

    done = put(client, other, note="Parts apart")
    assert sorted(done["task_ids"]) == sorted([hidden, also_hidden])
    (change,) = done["changes"]
    assert (change["rule"], change["change"], change["alters"]) == ("hidden-by-tag-or-promotion", "changed", 2)
    assert queued(context) == waiting | {hidden, also_hidden}
    with context.database.read() as session:
        assert session.get_one(TaskRecord, hidden).reason == (
            "rule hidden-by-tag-or-promotion changed: One box around each visible part, flagged occluded."
        )
    assert put(client, other)["changed"] is False
    assert client.post("/v1/guidelines/2/requeue").json()["altered"] == 0


def test_by_kind_and_by_what_the_edge_cuts(
    client: TestClient, context: Context, shipped: dict[str, Any], add_task: AddTask
) -> None:
    tag = add_task([box(), box("tag", 1)])
    cut = add_task([{"kind": "facing", "box": [0, 20, 60, 120], "gtin": None}])  # from before there were flags
    add_task([box()])
    assert put(client, changed(shipped, "tag-or-poster", text="Posters are tags."), dry_run=True)["task_ids"] == [tag]
    assert put(client, changed(shipped, "cut-by-edge", text="Leave it out."), dry_run=True)["task_ids"] == [cut]


def test_by_category_of_the_product_that_a_facing_shows_today(
    client: TestClient, context: Context, shipped: dict[str, Any], add_task: AddTask, products: None
) -> None:
    juice = add_task([box(gtin=JUICE)])
    add_task([box(gtin=CRISPS)])
    add_task([box()])
    rule = {"boundary": "product:drinks/juice", "kinds": ["facing"], "categories": ["drinks"]}
    assert put(client, with_rule(shipped, **rule), dry_run=True)["task_ids"] == [juice]


def test_what_nobody_drew_counts_where_a_rule_says_what_is_drawn(
    client: TestClient, context: Context, shipped: dict[str, Any], add_task: AddTask
) -> None:
    overlooked = add_task([box()], detections=[box("gap", 3)])
    drawn = add_task([box("gap")])
    add_task([box()], detections=[box("facing")])
    narrower = changed(shipped, "gap-wide-enough", text="One box for each empty place, however narrow.")
    assert sorted(put(client, narrower, dry_run=True)["task_ids"]) == sorted([overlooked, drawn])
    in_drinks = with_rule(shipped, boundary="presence", kinds=["gap"], categories=["drinks"])
    with context.database.write() as session:
        session.add(TaskCategoryRecord(task_id=overlooked, category="drinks"))
    assert put(client, in_drinks, dry_run=True)["task_ids"] == [overlooked]


def test_other_words_and_examples_alter_nothing(
    client: TestClient, context: Context, shipped: dict[str, Any], add_task: AddTask
) -> None:
    add_task([box()])
    other = changed(shipped, "gtin-when-certain", text="Name a facing only when certain.", examples=[])
    assert put(client, other, wording_only=["gtin-when-certain"])["altered"] == 0
    shown = changed(other, "cannot-tell", counter_examples=[{"text": "A label seen from the front."}])
    (change,) = put(client, shown)["changes"]
    assert (change["change"], change["alters"]) == ("examples", 0)
    assert queued(context) == set()
    again = changed(shown, "gtin-when-certain", text="Name only what you are certain of.")
    assert put(client, again, dry_run=True)["altered"] == 1  # not spared by what an earlier version said of it
    refused = client.put("/v1/guidelines", json={**again, "wording_only": ["nonsense"]}).json()
    assert (refused["code"], refused["field"]) == ("guideline-invalid", "wording_only[0]")


def test_a_draft_holds_for_nobody_until_it_is_put_in_force(
    client: TestClient, context: Context, shipped: dict[str, Any], add_task: AddTask
) -> None:
    labelled = add_task([box("tag")])
    draft = put(client, changed(shipped, "tag-each", text="Only readable tags."), draft=True)
    assert (draft["version"], draft["in_force"], draft["altered"]) == (2, False, 1)
    assert queued(context) == set()
    assert client.post("/v1/guidelines/2/requeue").json()["code"] == "guideline-is-draft"
    assert client.post("/v1/guidelines/2/put-in-force", params={"dry_run": True}).json()["altered"] == 1
    assert client.get("/v1/guidelines").json()["in_force"] == 1
    assert client.post("/v1/guidelines/2/put-in-force").json()["task_ids"] == [labelled]
    assert queued(context) == {labelled}
    assert client.get("/v1/guidelines").json()["in_force"] == 2


def test_an_overtaken_draft_is_refused(client: TestClient, shipped: dict[str, Any]) -> None:
    put(client, changed(shipped, "tag-each", text="Only readable tags."), draft=True)
    assert put(client, changed(shipped, "tag-each", text="Tags larger than a stamp."))["version"] == 3
    assert client.post("/v1/guidelines/2/put-in-force").json()["code"] == "guideline-outdated"


def test_who_leased_before_a_version_held_labelled_by_the_earlier_one(
    client: TestClient, context: Context, clock: Any, shipped: dict[str, Any], add_task: AddTask
) -> None:
    first, second = add_task(), add_task()
    lease = client.post("/v1/tasks/lease", json={"count": 1}).json()
    assert lease["guideline"]["version"] == 1
    clock.advance(minutes=1)
    assert put(client, changed(shipped, "tag-each", text="Only readable tags."))["altered"] == 0
    body = {"lease_token": lease["lease_token"], "boxes": [{"kind": "tag", "box": [10, 20, 60, 40]}]}
    kept = client.post(f"/v1/tasks/{first}/annotations", json=body).json()
    assert kept["guideline_version"] == 1
    clock.advance(minutes=1)
    lease = client.post("/v1/tasks/lease", json={"count": 1}).json()
    assert (lease["tasks"][0]["id"], lease["guideline"]["version"]) == (second, 2)
    body["lease_token"] = lease["lease_token"]
    assert client.post(f"/v1/tasks/{second}/annotations", json=body).json()["guideline_version"] == 2
    assert client.post("/v1/guidelines/2/requeue", params={"dry_run": True}).json()["task_ids"] == [first]
    assert (catch_up(context), catch_up(context)) == (1, 0)
    assert queued(context) == {first}
    with context.database.read() as session:
        assert session.query(AnnotationRecord).where(AnnotationRecord.superseded_by.is_(None)).count() == 2


def test_what_is_wrong_with_a_guideline_is_said(client: TestClient, shipped: dict[str, Any]) -> None:
    refused = client.put("/v1/guidelines", json=changed(shipped, "tag-each", kinds=["bottle"]))
    assert refused.status_code == 422
    place = next(place for place, rule in enumerate(shipped["rules"]) if rule["id"] == "tag-each")
    assert (refused.json()["code"], refused.json()["field"]) == ("guideline-invalid", f"rules[{place}].kinds")
    half = json.dumps(changed(shipped, "tag-each", text="half of a sign: %")).replace("%", "\\ud83d")
    refused = client.put("/v1/guidelines", content=half, headers={"Content-Type": "application/json"})
    assert refused.status_code == 422, refused.text
    assert client.get("/v1/guidelines").json()["in_force"] == 1
