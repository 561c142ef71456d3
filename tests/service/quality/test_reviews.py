"""A second person accepts, corrects or sends back; label errors open reviews by themselves."""

import numpy as np
import pytest

from labeling.annotations import AnnotatedBox
from labeling.quality.label_errors import LabelError, Suspect
from labeling.quality.simulated_model import ModelQuality, SimulatedModel, plant
from retail.boxes import DetectionKind
from service.auth.permissions import Role
from service.quality.label_errors import search_label_errors
from service.records import AnnotationRecord, LabelErrorSearchRecord, ReviewRecord
from service.tasks.annotating import box_json
from tests.service.quality.conftest import CATEGORIES


@pytest.fixture
def asked(shop, person):
    """A task that Ada labelled with errors and of which a review is asked for."""
    (task,) = shop.add_tasks(1)
    ada, reviewer = person("Ada", wrong_product=0.3, seed=1), person("Rita", Role.EXPERT)
    ada.label_all()
    reviewer.call("POST", "/v1/reviews", json={"task_id": task, "reason": "a new annotator"})
    return task, ada, reviewer


def decide(somebody, task, token, decision, **more):
    body = {"lease_token": token, "decision": decision, **more}
    return somebody.call("POST", f"/v1/tasks/{task}/review", json=body)


def counting(shop, task):
    with shop.context.database.read() as session:
        return session.query(AnnotationRecord).filter_by(task_id=task, superseded_by=None).one()


def test_a_review_is_leased_to_one_person_and_accepted(shop, person, asked):
    task, ada, reviewer = asked
    other = person("Otto", Role.EXPERT)
    leased = reviewer.call("POST", "/v1/reviews/lease", json={"count": 5})
    (review,) = leased["reviews"]
    assert (review["task_id"], review["annotator"], review["reason"]) == (task, ada.id, "a new annotator")
    assert review["products"].keys() == {box["gtin"] for box in review["boxes"] if box["gtin"]}
    assert other.call("POST", "/v1/reviews/lease", json={"count": 5})["reviews"] == []
    wrong = {"lease_token": leased["lease_token"], "decision": "accept"}
    assert other.refused("POST", f"/v1/tasks/{task}/review", json=wrong) == "lease-not-yours"
    assert decide(reviewer, task, leased["lease_token"], "accept")["state"] == "decided"
    assert reviewer.refused("POST", f"/v1/tasks/{task}/review", json=wrong) == "lease-already-used"
    assert counting(shop, task).annotator == ada.id
    reviewer.call("POST", "/v1/gold", json={"task_id": task})


def test_corrected_boxes_count_instead_and_are_gold_at_once(shop, asked):
    task, ada, reviewer = asked
    leased = reviewer.call("POST", "/v1/reviews/lease", json={})
    boxes = [{key: box[key] for key in ("kind", "box", "gtin")} for box in leased["reviews"][0]["boxes"][:3]]
    decide(reviewer, task, leased["lease_token"], "correct", boxes=boxes, note="only three are there")
    counts = counting(shop, task)
    assert (counts.source, counts.annotator, len(counts.boxes)) == ("review", reviewer.id, 3)
    assert reviewer.call("GET", f"/v1/tasks/{task}/annotation")["boxes"] == boxes
    assert len(ada.call("GET", f"/v1/tasks/{task}/annotation")["boxes"]) > 3, "an annotator sees what he drew"
    assert reviewer.call("POST", "/v1/gold", json={"task_id": task})["annotation_id"] == counts.id


def test_correcting_takes_boxes_that_are_right(shop, asked):
    task, _, reviewer = asked
    token = reviewer.call("POST", "/v1/reviews/lease", json={})["lease_token"]
    outside = [{"kind": "facing", "box": [0, 0, 99999, 10]}]
    body = {"lease_token": token, "decision": "correct"}
    assert reviewer.refused("POST", f"/v1/tasks/{task}/review", json=body) == "boxes-missing"
    refused = reviewer.refused("POST", f"/v1/tasks/{task}/review", json={**body, "boxes": outside})
    assert refused == "annotation-invalid"
    assert decide(reviewer, task, token, "accept")["state"] == "decided", "the lease goes on"


def test_what_is_sent_back_goes_to_somebody_else(shop, person, asked):
    task, ada, reviewer = asked
    token = reviewer.call("POST", "/v1/reviews/lease", json={})["lease_token"]
    decide(reviewer, task, token, "send_back", note="the tags are missing")
    assert ada.lease(count=5)["tasks"] == []
    (again,) = person("Bob").lease(count=5)["tasks"]
    assert (again["id"], again["reason"]) == (task, "a review sent it back: the tags are missing")


def test_reviews_and_gold_of_other_stores_are_as_if_there_were_none(shop, asked, key_for):
    task, _, _ = asked
    elsewhere = key_for(Role.EXPERT, ["s2"])
    leased = shop.client.post("/v1/reviews/lease", json={"count": 5}, headers=elsewhere).json()
    assert leased["reviews"] == []
    assert shop.client.get("/v1/reviews", headers=elsewhere).json() == []
    body = {"lease_token": leased["lease_token"], "decision": "accept"}
    refused = shop.client.post(f"/v1/tasks/{task}/review", json=body, headers=elsewhere)
    assert refused.json()["code"] == "review-not-found"
    assert shop.client.post("/v1/gold", json={"task_id": task}, headers=elsewhere).json()["code"] == "task-not-found"
    assert shop.client.get("/v1/annotators", headers=elsewhere).json()["code"] == "needs-all-stores"


def test_a_review_that_was_overtaken_or_ran_out_decides_nothing(shop, person, asked, clock):
    task, _, reviewer = asked
    late = reviewer.call("POST", "/v1/reviews/lease", json={})["lease_token"]
    clock.advance(minutes=31)
    otto = person("Otto", Role.EXPERT)
    token = otto.call("POST", "/v1/reviews/lease", json={})["lease_token"]
    body = {"lease_token": late, "decision": "accept"}
    assert reviewer.refused("POST", f"/v1/tasks/{task}/review", json=body) == "lease-expired"
    released = otto.call("POST", f"/v1/tasks/{task}/review/release", json={"lease_token": token})
    assert released["state"] == "queued"
    token = otto.call("POST", "/v1/reviews/lease", json={})["lease_token"]
    decide(otto, task, token, "send_back")
    person("Bob").label_all()
    assert counting(shop, task).annotator != reviewer.id
    assert reviewer.call("POST", "/v1/reviews", json={"task_id": task})["state"] == "queued", "of the new annotation"
    with shop.context.database.read() as session:
        assert session.query(ReviewRecord).count() == 2


def test_planted_errors_are_found_and_reviewed_the_surest_first(shop, person):
    rng = np.random.default_rng(5)
    quality = ModelQuality(recall=0.98, wrong=0.05, auroc=0.99, edges=0.015, background=0.7, crowding=0.4)
    shop.add_tasks(40, model=SimulatedModel(rng, quality, CATEGORIES))
    ada, planted = person("Ada"), {}
    leased = ada.lease(count=40)
    for task in leased["tasks"]:
        labels = plant(rng, shop.truths[task["capture_id"]], 0.03, CATEGORIES)
        planted[task["id"]] = labels
        ada.label(task, leased["lease_token"], [box_json(box) for box in labels.labels])
    assert search_label_errors(shop.context) > 10
    assert search_label_errors(shop.context) == 0, "nothing is new"

    rita = person("Rita", Role.EXPERT)
    reviews = rita.call("GET", "/v1/reviews", params={"state": "queued"})
    hits, flagged = 0, 0
    for review in reviews:
        suspects = [
            Suspect(
                review["task_id"], LabelError(one["error"]), one["probability"], one["place"], tuple(one["box"]), box
            )
            for one in review["findings"]
            for box in [AnnotatedBox(DetectionKind(one["suggested"]["kind"]), *one["suggested"]["box"])]
        ]
        found = [hit for hits in planted[review["task_id"]].found(suspects).values() for hit in hits]
        hits += sum(hit is not None for hit in found)
        flagged += len(found)
    wrong = sum(len(one.overlooked) + len(one.displaced) + len(one.swapped) for one in planted.values())
    print(f"{hits} of {wrong} found, {flagged - hits} of {flagged} flagged are clean")
    assert hits >= 0.8 * wrong
    assert flagged - hits <= 0.2 * flagged
    worst = [review["findings"][0]["probability"] for review in reviews]
    assert worst == sorted(worst, reverse=True)


def test_what_was_overlooked_is_put_right_with_the_box_that_is_suggested(shop, person):
    rng = np.random.default_rng(5)
    quality = ModelQuality(recall=1, wrong=0.02, auroc=0.99, edges=0.01, background=0.7, crowding=0.4)
    shop.add_tasks(12, model=SimulatedModel(rng, quality, CATEGORIES))
    ada, rita = person("Ada"), person("Rita", Role.EXPERT)
    leased = ada.lease(count=12)
    for task in leased["tasks"]:
        boxes = ada.draw(task["capture_id"])
        left_out = [box for box in boxes if box["kind"] == "facing"][:3]
        ada.label(task, leased["lease_token"], [box for box in boxes if box not in left_out])
    search_label_errors(shop.context)
    taken = rita.call("POST", "/v1/reviews/lease", json={})
    (review,) = taken["reviews"]
    finding = next(one for one in review["findings"] if one["error"] == "overlooked")
    assert (finding["place"], finding["suggested"]["kind"]) == (None, "facing")
    assert "overlooked" in review["reason"]
    boxes = [{key: box[key] for key in ("kind", "box", "gtin")} for box in [*review["boxes"], finding["suggested"]]]
    decide(rita, review["task_id"], taken["lease_token"], "correct", boxes=boxes)
    assert len(counting(shop, review["task_id"]).boxes) == len(review["boxes"]) + 1
    assert search_label_errors(shop.context) == 0, "what a person reviewed is not searched again"
    with shop.context.database.read() as session:
        assert session.query(LabelErrorSearchRecord).count() == 12


def test_habits_that_change_are_reported(shop, person, clock):
    shop.add_tasks(30)
    ada, eve = person("Ada", seed=1), person("Eve", Role.ENGINEER)
    for day in range(30):
        leased = ada.lease()
        (task,) = leased["tasks"]
        boxes = ada.draw(task["capture_id"])
        for box in boxes if day > 22 else ():
            if box["kind"] == "facing":
                box["box"] = [box["box"][0], box["box"][1] + 60, box["box"][2], box["box"][3]]
        ada.label(task, leased["lease_token"], boxes)
        clock.advance(days=1)
    drifts = eve.call("GET", "/v1/conventions")
    (lower,) = [one for one in drifts if one["habit"] == "height" and one["annotator"] == ada.id]
    assert lower["name"] == "Ada"
    assert lower["before"] == pytest.approx(1, abs=0.02)
    assert lower["after"] < 0.9
