"""The dry run, on each database."""

import pytest

from service.auth.permissions import Role
from service.retrainings.queries import list_retrainings

QUICK = {"reason": "why not", "preset": "quick"}


def _plan(client, **request):
    answer = client.post("/v1/retrainings/plan", json={**QUICK, **request})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_plan_says_what_it_would_train_on_and_orders_nothing(client, context, label, juice):
    for _day in range(5):
        label(4, boxes=10, gtin=juice, at=context.clock())
        context.clock.advance(days=1)
    label(1, boxes=7, stratum="warm/oblique/convenience")
    plan = _plan(client)
    train = plan["captures"]["train"]
    assert sum(plan["captures"].values()) == 21
    assert 10 <= train <= 20
    assert plan["boxes"] in (10 * train, 10 * train - 3)
    assert plan["new_boxes"] == 207
    assert plan["new_products"] == [{"gtin": juice, "name": "Apple juice 1 l"}]
    assert sum(plan["strata"].values()) == train
    assert (plan["epochs"], plan["base_version"], plan["in_flight"]) == (12, 1, None)
    assert plan["photos_per_epoch"] > 0
    assert plan["sentence"].startswith(f"Would train on {plan['boxes']} boxes of {train} captures with 1 new product")
    assert plan["minutes_from"] == "measured on two cores, as no retraining of this kind is over here"
    with context.database.read() as session:
        assert list_retrainings(session, 10) == []


def test_only_what_the_serving_model_has_not_seen_is_new(client, context, label, juice, serve_what_is_labelled):
    label(6, boxes=10)
    serve_what_is_labelled()
    context.clock.advance(days=1)
    label(2, boxes=5, gtin=juice)
    plan = _plan(client)
    assert (plan["new_boxes"], [one["gtin"] for one in plan["new_products"]]) == (10, [juice])
    assert plan["base_version"] == 2
    assert " (10 boxes are new) with 1 new product " in plan["sentence"]


def test_minutes_come_from_past_retrainings(client, context, label, past):
    label(10, boxes=10)
    progress = {
        "history": [{"epoch": 1, "seconds": 20.0}, {"epoch": 2, "seconds": 40.0}],
        "captures": {"train": 8, "validation": 2, "set_aside": 0},
        "plan": {"photos_per_epoch": 10},
        "entered": {
            "snapshot": "2026-02-28T09:00:00+00:00",
            "fit": "2026-02-28T09:00:30+00:00",
            "export": "2026-02-28T09:01:30+00:00",
            "register": "2026-02-28T09:01:40+00:00",
        },
    }
    past("gate_failed", progress=progress, request={"reason": "a test", "preset": "quick"})
    past("cancelled", progress={**progress, "entered": {"snapshot": "2026-02-28T09:00:00+00:00"}})
    plan = _plan(client)
    seconds = 3 * plan["epochs"] * plan["photos_per_epoch"] + 40
    assert plan["minutes"] == pytest.approx(seconds / 60, abs=0.06)
    assert plan["minutes_from"] == "from the retraining here before"


def test_a_plan_says_which_retraining_is_in_the_way(client, label):
    label(3)
    ordered = client.post("/v1/retrainings", json=QUICK).json()
    assert _plan(client)["in_flight"] == ordered["id"]


def test_what_could_not_be_ordered_cannot_be_planned(client, key_for, label):
    refused = client.post("/v1/retrainings/plan", json=QUICK)
    assert refused.json()["code"] == "nothing-to-train"
    label(3)
    unknown = client.post("/v1/retrainings/plan", json={**QUICK, "overrides": {"epoch": 3}})
    assert unknown.json()["code"] == "overrides-invalid"
    assert client.post("/v1/retrainings/plan", json=QUICK, headers=key_for(Role.ANNOTATOR)).status_code == 403


def test_an_embedders_plan_says_nothing_of_a_detectors_fit(client, label, juice):
    label(6, boxes=2, gtin=juice)
    plan = _plan(client, model="embedder")
    assert (plan["minutes"], plan["epochs"], plan["photos_per_epoch"], plan["reasons"]) == (None, None, None, [])
    assert plan["sentence"].endswith("captures.")
    wrong = client.post("/v1/retrainings/plan", json={**QUICK, "model": "embedder", "overrides": {"mosaic": 1}})
    assert wrong.json()["code"] == "overrides-invalid"
