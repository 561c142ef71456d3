"""Triggers as the worker and the API see them, on each database."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.auth.permissions import Role
from service.records import AnnotationRecord, DriftRecord
from service.retrainings.queries import list_retrainings
from service.retrainings.service import cancel_retraining
from service.triggers.looking import keep_looking
from service.triggers.service import order_what_is_due


@pytest.fixture
def turn_on(context):
    """Turn triggers on: `turn_on(label_boxes=500)`."""

    def turn(**values):
        context.settings.triggers = context.settings.triggers.model_copy(update=values)

    return turn


def _states(client):
    answer = client.get("/v1/triggers").json()
    return answer, {one["trigger"]: one for one in answer["triggers"]}


def test_nothing_is_ordered_while_every_trigger_is_off(client, context, label):
    label(100, boxes=10)
    assert order_what_is_due(context) is None
    answer, triggers = _states(client)
    assert answer["sentence"] == "Every trigger is off: a person orders retrainings."
    assert triggers["labels"] == {
        "trigger": "labels",
        "on": False,
        "due": False,
        "have": 1000,
        "need": None,
        "unit": "boxes",
        "words": "off; 1000 boxes labelled so far",
    }
    assert triggers["manual"]["on"]


def test_labels_order_one_retraining_and_then_count_anew(client, context, label, turn_on, clock):
    turn_on(label_boxes=500, promote="never")
    label(16, boxes=10)
    assert order_what_is_due(context) is None
    assert _states(client)[1]["labels"]["words"] == "after 340 more labelled boxes"
    clock.advance(hours=1)
    label(34, boxes=10)
    assert _states(client)[0]["sentence"] == "labels calls for a retraining: a worker orders it within 60 s."
    ordered = order_what_is_due(context)
    assert (ordered.trigger, ordered.by, ordered.state) == ("labels", "trigger", "queued")
    assert ordered.reason == "500 boxes labelled so far"
    assert ordered.request["promote"] == "never"
    shown = client.get(f"/v1/retrainings/{ordered.id}").json()
    assert (shown["trigger"], shown["model"], shown["reason"]) == ("labels", "detector", "500 boxes labelled so far")
    answer, triggers = _states(client)
    assert (answer["in_flight"], answer["waits"]) == (ordered.id, f"retraining {ordered.id} is queued")
    assert triggers["labels"]["have"] == 0
    cancel_retraining(context, ordered.id)
    clock.advance(hours=13)
    label(51, boxes=10)
    assert order_what_is_due(context).reason == "510 boxes labelled since the retraining of 2026-03-01"


def test_corrections_count_and_what_they_replace_does_not(client, context, label, turn_on):
    turn_on(label_boxes=500)
    ids = label(2, boxes=10)
    with context.database.write() as session:
        session.get_one(AnnotationRecord, ids[0]).superseded_by = ids[1]
    assert _states(client)[1]["labels"]["have"] == 10


def test_failed_retrainings_do_not_count_and_three_in_a_row_stop_the_triggers(client, context, label, past, turn_on):
    turn_on(label_boxes=500)
    label(50, boxes=10)
    for days in (3, 2):
        past("failed", days=days)
    assert order_what_is_due(context) is not None
    with context.database.write() as session:
        for record in list_retrainings(session, 10):
            record.state = "failed"
    context.clock.advance(hours=13)
    assert order_what_is_due(context) is None
    assert _states(client)[0]["waits"].startswith("the last 3 retrainings failed")


def test_the_catalogue_counts_products_that_something_shows(client, context, label, past, turn_on, juice):
    turn_on(catalogue_products=1)
    past(days=2)
    milk = {"name": "Milk 1 l", "category": ["dairy"]}
    client.put("/v1/products/04006381333948", json=milk).raise_for_status()
    assert _states(client)[1]["catalogue"]["have"] == 0
    label(1, boxes=2, gtin=juice)
    assert order_what_is_due(context).reason.endswith("2026-02-27: Apple juice 1 l")


def test_old_products_are_not_new(client, context, label, past, turn_on, juice, clock):
    turn_on(catalogue_products=1)
    label(1, boxes=2, gtin=juice)
    clock.advance(days=2)
    past(days=1)
    assert _states(client)[1]["catalogue"]["have"] == 0


def test_planogram_resets_count_by_bay(client, context, label, past, turn_on, clock, juice):
    turn_on(planogram_bays=1)
    label(30, boxes=10)

    def put(*slots):
        positions = [{"shelf": 1, "slot": slot, "gtin": juice} for slot in slots]
        client.put("/v1/planograms/p1", json={"positions": positions}).raise_for_status()

    put(1)
    client.put("/v1/bays/s1-b/planogram", json={"planogram_id": "p1"}).raise_for_status()
    past(days=0)
    clock.advance(hours=13)
    assert _states(client)[1]["planogram"]["words"] == "after 1 more bay with another layout"
    put(1, 2)
    label(30, boxes=10)
    clock.advance(hours=1)
    assert order_what_is_due(context).reason == "1 bay got another layout since the retraining of 2026-03-01: s1-b"


def test_drift_that_lasts_orders_one_and_names_the_camera(client, context, label, turn_on):
    turn_on(drift=True)
    label(30, boxes=10)
    with context.database.write() as session:
        session.add(
            DriftRecord(
                store_id="s1",
                camera_id="c7",
                looked_at=context.clock(),
                captures=250,
                model_version=1,
                reference="first",
                reference_until=context.clock(),
                drifted=True,
                p=0.001,
                undecided="",
                since=context.clock(),
                seen_at_captures=100,
                signals=[],
                pairs=[],
                strata=[],
            )
        )
    ordered = order_what_is_due(context)
    assert ordered.trigger == "drift"
    assert ordered.reason.startswith("camera c7 of store s1 has drifted for 150 captures")


def test_workers_that_look_at_once_order_one(context, label, turn_on):
    turn_on(label_boxes=500)
    label(50, boxes=10)
    together = threading.Barrier(4)

    def look(_):
        together.wait()
        return order_what_is_due(context)

    with ThreadPoolExecutor(4) as pool:
        ordered = [found for found in pool.map(look, range(4)) if found is not None]
    assert len(ordered) == 1
    with context.database.read() as session:
        assert [record.id for record in list_retrainings(session, 10)] == [ordered[0].id]


def test_the_thread_orders_and_ends(context, label, turn_on):
    turn_on(label_boxes=10, fewest_boxes=1, look_seconds=0.01)
    label(1)
    stopping = threading.Event()
    thread = threading.Thread(target=keep_looking, args=(context, stopping))
    thread.start()
    for _ in range(500):
        with context.database.read() as session:
            found = list_retrainings(session, 10)
        if found:
            break
        stopping.wait(0.01)
    stopping.set()
    thread.join(5)
    assert [record.trigger for record in found] == ["labels"]
    assert not thread.is_alive()


def test_a_second_order_names_the_one_in_flight(client, label):
    label(1)
    first = client.post("/v1/retrainings", json={"reason": "first"}).json()
    assert (first["trigger"], first["model"]) == ("manual", "detector")
    second = client.post("/v1/retrainings", json={"reason": "second"})
    assert (second.status_code, second.json()["code"]) == (409, "retraining-in-flight")
    assert second.json()["retraining_id"] == first["id"]
    assert client.post(f"/v1/retrainings/{first['id']}/cancel").json()["state"] == "cancelled"
    assert client.post("/v1/retrainings", json={"reason": "second"}).status_code == 202


def test_people_who_order_at_once_start_one(client, context, label):
    label(1)
    with ThreadPoolExecutor(4) as pool:
        codes = sorted(
            pool.map(lambda n: client.post("/v1/retrainings", json={"reason": f"order {n}"}).status_code, range(4))
        )
    assert codes == [202, 409, 409, 409]


def test_a_candidate_in_shadow_keeps_the_next_one_waiting_and_can_be_called_off(client, context, label, past):
    label(1)
    shadowing = past("shadowing")
    refused = client.post("/v1/retrainings", json={"reason": "second"}).json()
    assert refused["detail"] == f"Retraining {shadowing} of the detector is shadowing: a test"
    assert client.post(f"/v1/retrainings/{shadowing}/cancel").json()["state"] == "cancelled"


def test_only_engineers_see_triggers(client, key_for):
    assert client.get("/v1/triggers", headers=key_for(Role.ANNOTATOR)).status_code == 403
    assert client.get("/v1/triggers", headers=key_for(Role.ENGINEER)).status_code == 200
    limited = client.get("/v1/triggers", headers=key_for(Role.ENGINEER, ["s1"]))
    assert limited.json()["code"] == "needs-all-stores"
