"""Known answers are hidden among tasks: they recover how often somebody errs, and nobody can tell them."""

import pytest

from labeling.leases import Purpose
from service.auth.permissions import Role
from service.records import BlindAnnotationRecord, MarkRecord, TaskRecord


def test_gold_recovers_how_often_an_annotator_errs(shop, person, gold):
    gold(10)
    shop.add_tasks(40, seed=1)
    shop.context.settings.quality.gold_share = 0.5
    ada = person("Ada", seed=1, missing=0.08, wrong_product=0.2, spurious=0.05)
    ada.label_all(40)
    person("Bob", seed=2).label_all(10)
    shown = {one["name"]: one for one in person("Eve", Role.ENGINEER).call("GET", "/v1/annotators")}
    measured = {one["boundary"]: one for one in shown["Ada"]["boundaries"]}
    assert measured["product"]["answers"] > 250
    assert measured["product"]["accuracy"] == pytest.approx(0.8, abs=0.08)
    assert measured["presence:missing"]["accuracy"] == pytest.approx(0.92, abs=0.04)
    assert measured["presence:spurious"]["accuracy"] == pytest.approx(0.95, abs=0.04)
    assert measured["product"]["low"] < measured["product"]["accuracy"] < measured["product"]["high"]
    assert measured["kind"]["accuracy"] == 1
    assert {one["accuracy"] for one in shown["Bob"]["boundaries"]} == {1.0}
    assert [week["week"] for week in measured["product"]["weeks"]] == ["2026-02-23"]


def test_a_blind_copy_looks_like_any_other_task_through_every_route(shop, person, gold):
    gold(6)
    waiting = shop.add_tasks(12, seed=1)
    shop.context.settings.quality.gold_share = 1  # all six are drawn
    ada = person("Ada", seed=1)
    leased = ada.lease(count=12)
    token, tasks = leased["lease_token"], leased["tasks"]
    with shop.context.database.read() as session:
        purposes = {task["id"]: session.get_one(TaskRecord, task["id"]).purpose for task in tasks}
    blind = [task for task in tasks if purposes[task["id"]] == Purpose.GOLD]
    plain = [task for task in tasks if purposes[task["id"]] == Purpose.LABEL]
    assert len(blind) == len(plain) == 6

    said_of_its_photo = {"id", "capture_id", "photo_url", "reason", "predicted_boxes", "prelabels"}
    alike = {str({k: v for k, v in task.items() if k not in said_of_its_photo}) for task in tasks}
    assert len(alike) == 1, "what is not about the photo is the same for all"
    assert {task["id"][:12] for task in tasks} == {waiting[0][:12]}, "ids tell times"
    for task in tasks:
        truth = shop.truths[task["capture_id"]]
        assert task["predicted_boxes"] == len(task["prelabels"]) == len(truth)
        assert {box["gtin"] for box in task["prelabels"]} == {None}, "what is known already is not shown"

    listed = {task["id"]: task for task in ada.call("GET", "/v1/tasks", params={"limit": 1000})}
    assert listed.keys() == {task["id"] for task in tasks}, (
        "of what waits she would know the difference to what she got"
    )
    for id, task in listed.items():
        assert ada.call("GET", f"/v1/tasks/{id}") == task
    assert {one["id"] for one in ada.call("GET", "/v1/tasks/held")} == listed.keys()
    for made in shop.tasks[:6]:
        for path in ("", "/annotation", "/view", "/draft"):
            assert ada.refused("GET", f"/v1/tasks/{made}{path}") == "task-not-found"

    routes = shop.client.get("/openapi.json").json()["paths"]
    about_tasks = [
        path for path, methods in routes.items() if path.startswith("/v1/tasks/{task_id}") and "get" in methods
    ]
    assert len(about_tasks) >= 5
    for path in about_tasks:
        seen = {ada.look(path.replace("{task_id}", task["id"])) for task in tasks}
        assert len(seen) == 1, path
    for task in (blind[0], plain[0]):
        draft = {"lease_token": token, "number": 1, "content": {"boxes": []}}
        ada.call("PUT", f"/v1/tasks/{task['id']}/draft", json=draft)
        ada.call("POST", f"/v1/tasks/{task['id']}/extend", json={"lease_token": token})
    kept = [ada.label(task, token) for task in (blind[0], plain[0])]
    assert kept[0].keys() == kept[1].keys()
    for answer in kept:
        assert ada.call("GET", f"/v1/tasks/{answer['task_id']}/annotation") == answer
    done = {task["id"]: task for task in ada.call("GET", "/v1/tasks", params={"state": "labelled"})}
    assert done.keys() == {blind[0]["id"], plain[0]["id"]}
    skipped = [
        ada.call("POST", f"/v1/tasks/{task['id']}/skip", json={"lease_token": token, "reason": "too_hard"})
        for task in (blind[-1], plain[-1])
    ]
    assert skipped[0].keys() == skipped[1].keys()
    assert ada.call("GET", "/v1/annotators/me")["boundaries"] == [], "not before tomorrow, nor from few answers"


def test_nobody_gets_gold_that_he_had_to_do_with_nor_the_same_twice(shop, person, gold):
    golden = set(gold(4))
    shop.add_tasks(40, seed=1)
    shop.context.settings.quality.gold_share = 0.5
    ada = person("Ada")
    ada.label_all(25)
    with shop.context.database.read() as session:
        copies = session.query(TaskRecord).filter_by(purpose=Purpose.GOLD, leased_by=ada.id).all()
    assert {copy.copy_of for copy in copies} == golden
    assert len(copies) == 4
    shop.context.settings.quality.gold_share = 0
    expert = person("Another expert", Role.EXPERT)
    task = expert.label_all(1)[0]["id"]
    assert expert.refused("POST", "/v1/gold", json={"task_id": task}) == "not-reviewed"
    assert expert.call("POST", "/v1/reviews", json={"task_id": task})["state"] == "queued"
    assert expert.call("POST", "/v1/reviews/lease", json={"task_id": task})["reviews"] == [], "not one's own work"


def test_gold_that_was_given_back_goes_to_somebody_else(shop, person, gold, clock):
    gold(1)
    shop.add_tasks(10, seed=1)
    shop.context.settings.quality.gold_share = 1
    ada, bob = person("Ada"), person("Bob")
    leased = ada.lease(count=10)
    clock.advance(minutes=31)
    again = bob.lease(count=10)
    with shop.context.database.read() as session:
        (copy,) = session.query(TaskRecord).filter_by(purpose=Purpose.GOLD).all()
    assert copy.id in {task["id"] for task in leased["tasks"]}
    if copy.id in {task["id"] for task in again["tasks"]}:
        assert copy.leased_by == bob.id
    assert (
        ada.refused(
            "POST", f"/v1/tasks/{copy.id}/annotations", json={"lease_token": leased["lease_token"], "boxes": []}
        )
        == "lease-expired"
    )


def test_gold_rests_when_its_answer_is_doubted_and_ends_when_retired(shop, person, gold):
    first, second = gold(2)
    shop.add_tasks(12, seed=1)
    expert = person("Another expert", Role.EXPERT)
    expert.call("DELETE", f"/v1/gold/{first}")
    assert {one["task_id"]: one["retired_at"] is None for one in expert.call("GET", "/v1/gold")} == {
        first: False,
        second: True,
    }
    shop.context.settings.quality.gold_share = 1
    person("Ada").label_all(12)
    with shop.context.database.read() as session:
        assert {copy.copy_of for copy in session.query(TaskRecord).filter_by(purpose=Purpose.GOLD)} == {second}
        assert session.query(BlindAnnotationRecord).count() == 1
        assert session.query(MarkRecord).count() > 5
    (counted,) = [one for one in expert.call("GET", "/v1/gold") if one["task_id"] == second]
    assert counted["answered"] == 1


def test_annotators_see_their_own_accuracy_alone_and_a_day_late(shop, person, gold, clock):
    gold(3)
    shop.add_tasks(20, seed=1)
    shop.context.settings.quality.gold_share = 1
    ada, bob = person("Ada", wrong_product=0.5, seed=3), person("Bob")
    for somebody in (ada, bob):
        somebody.label_all(10)
    assert ada.call("GET", "/v1/annotators/me")["boundaries"] == []
    clock.advance(days=1)
    own = ada.call("GET", "/v1/annotators/me")
    product = next(one for one in own["boundaries"] if one["boundary"] == "product")
    assert (own["name"], product["accuracy"] < 0.7) == ("Ada", True)
    assert min(one["answers"] for one in own["boundaries"]) >= 20
    for path in ("/v1/annotators", "/v1/gold", "/v1/agreement", "/v1/reviews", "/v1/conventions"):
        assert ada.refused("GET", path) == "role-not-allowed"
    assert ada.refused("POST", "/v1/gold", json={"task_id": shop.tasks[0]}) == "role-not-allowed"
