"""A bay of two shelves, five products each: what a capture's answer says of it, and what is kept."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select

import service.captures.service
import service.compliance.judging
from service.captures.schemas import CaptureAnswer
from service.compliance import chances
from service.records import (
    CaptureRecord,
    ComplianceRecord,
    DecidedVerdictRecord,
    FacingChancesRecord,
    PositionVerdictRecord,
    ShelfShareRecord,
    SignatureRecord,
)
from service.settings import PlanogramSettings
from service.signature_numbers import unpacked
from tests.service.compliance.painted import PLANNED, PaintedServing, gtin, paint, verdicts


def rows(context, kind, capture_id):
    with context.database.read() as session:
        return session.scalars(select(kind).where(kind.capture_id == capture_id)).all()


def test_a_bay_as_planned_is_correct_everywhere(planned, sent):
    body = sent(paint(*PLANNED))
    compliance = body["compliance"]
    assert body["unjudged"] is None
    assert (compliance["planogram_id"], compliance["planogram_version"]) == ("plan-b1", 1)
    assert (compliance["photos"], compliance["at"]) == ([body["id"]], body["taken_at"])
    assert (compliance["fits"], compliance["message"], compliance["looks_like"]) == (True, None, [])
    assert (compliance["counts"]["correct"], compliance["rate"], compliance["likeness"]) == (10, 1, 1)
    assert (verdicts(compliance), compliance["actions"]) == ({}, [])
    second = compliance["positions"][1]
    assert (second["shelf"], second["slot"], second["gtin"], second["name"]) == (1, 2, gtin("g"), "Product g")
    assert (second["facings_planned"], second["facings_seen"], second["in_view"]) == (1, 1, True)
    (detection,) = second["detections"]
    assert second["box"] == body["detections"][detection]["box"] == [160.0, 70.0, 220.0, 190.0]
    assert second["flip"] == pytest.approx(1 - second["probability"], abs=1e-4)
    assert sum(second["chances"].values()) == pytest.approx(1, abs=1e-3)
    shares = {one["gtin"]: (one["share"], one["facings"]) for one in compliance["share_of_shelf"]}
    assert shares == {
        gtin(one): (pytest.approx(n / 10, abs=1e-3), n) for one, n in zip("rcbgymw", (2, 2, 2, 1, 1, 1, 1), strict=True)
    }


def test_what_lacks_and_what_is_too_much_is_said_in_words(planned, sent):
    body = sent(paint("rgb r", "cmkcb"))
    compliance = body["compliance"]
    assert verdicts(compliance) == {(1, 4): "out_of_stock", (2, 3): "out_of_stock"}
    assert compliance["counts"] == {
        "correct": 8,
        "wrong_position": 0,
        "wrong_shelf": 0,
        "out_of_stock": 2,
        "unexpected": 1,
        "undecided": 0,
    }
    assert compliance["rate"] == 0.8
    (stranger,) = [one for one in compliance["facings"] if one["verdict"] == "unexpected"]
    assert (stranger["gtin"], stranger["shelf"], stranger["position"]) == (gtin("k"), 2, None)
    assert body["detections"][stranger["detection"]]["box"] == [250.0, 270.0, 310.0, 390.0]
    assert stranger["sightings"] == [{"photo": 0, "detection": stranger["detection"]}]
    actions = {one["kind"]: one["text"] for one in compliance["actions"]}
    assert actions["remove"].startswith("Remove Product k from shelf 2")
    assert "0 of 1 facing" in actions["refill"]
    assert {"gtin": gtin("k"), "name": "Product k", "planned": 0, "seen": 1, "in_place": 0} in compliance[
        "facing_counts"
    ]


def test_the_answer_has_the_documented_shape_and_is_given_again(client, planned, sent):
    body = sent(paint("rgb r", "cmkcb"))
    assert CaptureAnswer.model_validate(body).model_dump(mode="json").keys() == body.keys()
    parsed = CaptureAnswer.model_validate(body).compliance.model_dump(mode="json")
    at = {"at": body["compliance"]["at"]}  # pydantic writes the zone as Z
    assert {**parsed, **at} == body["compliance"]
    assert client.get(f"/v1/captures/{body['id']}").json() == body
    assert sent(paint("rgb r", "cmkcb")) == {**body, "duplicate": True}


def test_verdicts_shares_and_chances_are_kept_as_rows(context, planned, sent):
    body = sent(paint("rgb r", PLANNED[1]))
    (record,) = rows(context, ComplianceRecord, body["id"])
    assert (record.bay_id, record.store_id, record.planogram_id, record.version) == ("b1", "s1", "plan-b1", 1)
    assert (record.fits, record.counts["out_of_stock"], record.at.isoformat()) == (True, 1, body["taken_at"])
    assert record.flip == pytest.approx(
        1 - np.prod([one["probability"] for one in body["compliance"]["positions"]]), abs=1e-3
    )
    (signature,) = rows(context, SignatureRecord, body["id"])
    assert unpacked(signature.numbers)["flip"] == pytest.approx(record.flip) != 0
    kept = {(one.shelf, one.slot): one for one in rows(context, PositionVerdictRecord, body["id"])}
    assert len(kept) == 10
    bare = kept[1, 4]
    assert (bare.gtin, bare.verdict, bare.facings_planned, bare.facings_seen) == (gtin("y"), "out_of_stock", 1, 0)
    assert (bare.in_view, bare.flip) == (True, pytest.approx(1 - bare.probability))
    shares = rows(context, ShelfShareRecord, body["id"])
    assert sum(one.share for one in shares) == pytest.approx(1)
    with context.database.read() as session:
        decided = session.get(DecidedVerdictRecord, ("b1", 1, 4))
    assert decided.verdict == "out_of_stock", "what changed is announced"


def test_kept_chances_give_the_photo_that_was_judged(context, planned, sent):
    body = sent(paint("rgb r", "cmwcb"))
    (kept,) = rows(context, FacingChancesRecord, body["id"])
    with context.database.read() as session:
        photo = chances.read(session.get(CaptureRecord, body["id"]), kept.chances)
    assert photo.size == (640, 480)
    assert photo.boxes.tolist() == [one["box"] for one in body["detections"]]
    named = [one["gtin"] for one in body["detections"]]
    likeliest = [max(one, key=one.get) if one else None for one in photo.chances]
    assert likeliest == named
    assert chances.written(photo) == kept.chances


@pytest.mark.parametrize(
    ("fields", "code"), [({"planogram": "false"}, "not-asked"), ({"recognise": "false"}, "not-recognised")]
)
def test_a_caller_may_do_without(client, planned, sent, fields, code):
    body = sent(paint(*PLANNED), **fields)
    assert (body["compliance"], body["unjudged"]["code"]) == (None, code)
    assert client.get(f"/v1/captures/{body['id']}").json() == body


def test_it_says_why_there_is_no_compliance(client, context, bay, products, plan, sent):
    body = sent(paint(*PLANNED))
    assert (body["compliance"], body["unjudged"]["code"]) == (None, "no-planogram")
    assert "PUT /v1/bays/b1/planogram" in body["unjudged"]["message"]
    with context.database.write() as session:
        session.get(CaptureRecord, body["id"]).unjudged = None
    assert client.get(f"/v1/captures/{body['id']}").json()["unjudged"]["code"] == "earlier"


def test_without_a_picture_of_any_product_nothing_is_judged(client, bay, juice, sent):
    layout = {"positions": [{"shelf": 1, "slot": 1, "gtin": juice}]}
    client.put("/v1/planograms/p", json=layout).raise_for_status()
    client.put("/v1/bays/b1/planogram", json={"planogram_id": "p"}).raise_for_status()
    assert sent(paint("r"))["unjudged"]["code"] == "no-names"


def test_a_detector_that_knows_the_products_needs_no_names(client, context, bay, plan, sent, monkeypatch):
    monkeypatch.setattr(context.serving, "_model", PaintedServing(known="rgbymcw").current())
    for colour in "rgbymcw":
        name = {"name": f"Product {colour}", "category": ["colours"]}
        client.put(f"/v1/products/{gtin(colour)}", json=name).raise_for_status()
    plan("b1", *PLANNED)
    body = sent(paint("rgb r", "cmwcb"))
    assert body["naming_id"] is None
    assert verdicts(body["compliance"]) == {(1, 4): "out_of_stock"}


def test_the_planogram_of_the_day_counts(client, planned, plan, sent):
    assert verdicts(sent(paint(*PLANNED))["compliance"]) == {}
    plan("b1", PLANNED[0], "cmkcb")
    after = sent(paint(*PLANNED), minute=30)["compliance"]  # the very same bytes: answered as before
    assert after["planogram_version"] == 1
    after = sent(paint(*PLANNED, brightness=126), minute=30)["compliance"]
    assert (after["planogram_version"], verdicts(after)) == (2, {(2, 3): "out_of_stock"})


def test_a_photo_of_another_bay_is_told_from_the_right_one(context, planned, plan, sent):
    plan("b2", "kykyk", "wkwky")
    body = sent(paint("kykyk", "wkwky"))
    assert body["compliance"]["fits"], "yellow and white are in both"
    plan("b1", "rgbrg", "cmbcb")
    body = sent(paint("kykyk", "wkwky"), minute=30, camera_id="")
    other = sent(paint("kykyk", "wkwk"), minute=60)["compliance"]
    assert (other["fits"], other["looks_like"]) == (False, ["b2"])
    assert other["message"] == "This photo does not look like bay b1. It looks like bay b2."
    assert (set(verdicts(other).values()), other["rate"], other["actions"]) == ({"undecided"}, None, [])
    nowhere = sent(paint("wwwww", "wwwww", first=0), minute=90)["compliance"]
    assert nowhere["fits"] is False


def test_what_does_not_fit_leaves_no_verdicts(context, planned, sent):
    body = sent(paint("kkkkk", "kkkkk"))
    (record,) = rows(context, ComplianceRecord, body["id"])
    assert (record.fits, record.flip) == (False, 0)
    assert rows(context, PositionVerdictRecord, body["id"]) == rows(context, ShelfShareRecord, body["id"]) == []
    assert body["compliance"]["message"] == "This photo does not look like bay b1."


def test_photos_of_one_visit_are_judged_together(planned, sent):
    left = sent(paint("rgb", "cmw"), minute=0)
    assert left["compliance"]["counts"]["undecided"] == 4
    right = sent(paint("byr", "wcb"), minute=9)
    compliance = right["compliance"]
    assert compliance["photos"] == [right["id"], left["id"]]
    assert compliance["counts"]["correct"] == len(compliance["facings"]) == 10
    first = compliance["positions"][0]
    assert (first["facings_seen"], first["box"], first["detections"]) == (1, None, []), "the other photo shows it"
    elsewhere = [one for one in compliance["facings"] if one["detection"] is None]
    assert len(elsewhere) == 4
    assert {one["photo"] for facing in elsewhere for one in facing["sightings"]} == {1}


def test_photos_of_two_visits_are_judged_apart(planned, sent):
    sent(paint("rgb", "cmw"), minute=0)
    later = sent(paint("byr", "wcb"), minute=11)["compliance"]
    assert (len(later["photos"]), later["counts"]["undecided"]) == (1, 4)


def test_a_near_duplicate_is_not_judged_together_with_its_like(planned, sent):
    first = sent(paint("rgb", "cmw"), minute=0)
    again = sent(paint("rgb", "cmw", brightness=126), minute=1)
    assert again["near_duplicate_of"] == first["id"]
    assert again["compliance"]["photos"] == [again["id"]]
    right = sent(paint("byr", "wcb"), minute=2)
    assert right["compliance"]["photos"] == [right["id"], first["id"]]


def test_photos_of_one_visit_that_come_at_once_are_judged_together(client, planned, sent):
    photos = [(paint("rgb", "cmw"), 0), (paint("byr", "wcb"), 0.5)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: sent(one[0], minute=one[1]), photos))
    newest = client.get("/v1/bays/b1/compliance").json()["compliances"][0]
    assert (len(newest["photos"]), newest["counts"]["correct"]) == (2, 10)


def test_a_photo_that_comes_in_between_is_taken_in(planned, sent, monkeypatch):
    judge, between = service.captures.service.judge_capture, []

    def judge_while_another_comes(session, case):
        judgement = judge(session, case)
        if not between:
            between.append("now")
            between.append(sent(paint("byr", "wcb"), minute=1)["id"])
        return judgement

    monkeypatch.setattr(service.captures.service, "judge_capture", judge_while_another_comes)
    left = sent(paint("rgb", "cmw"))
    assert left["compliance"]["photos"] == [between[1], left["id"]]
    assert left["compliance"]["counts"]["correct"] == 10


def test_all_of_a_capture_is_kept_or_nothing(client, context, bay, planned, monkeypatch):
    def fail(session, capture_id):
        raise RuntimeError("the last step fails")

    monkeypatch.setattr(service.compliance.judging, "announce", fail)
    answer = client.post("/v1/captures", data=bay, files={"photo": paint(*PLANNED)})
    assert answer.status_code == 500
    with context.database.read() as session:
        for kind in (CaptureRecord, ComplianceRecord, PositionVerdictRecord, FacingChancesRecord):
            assert session.scalars(select(kind)).all() == []
    assert not any(key.startswith("captures/") for key in sorted(context.images.keys()))


def test_the_time_it_takes_is_measured(planned, sent):
    def measured() -> float:
        return REGISTRY.get_sample_value("shelfloop_stage_seconds_count", {"stage": "planogram"}) or 0

    before = measured()
    sent(paint(*PLANNED))
    assert measured() > before


def test_photos_may_be_judged_each_alone(context, planned, sent):
    context.settings.planogram = PlanogramSettings(together_minutes=0, confidence=0.99)
    sent(paint("rgb", "cmw"), minute=0)
    right = sent(paint("b r", "wcb"), minute=1)["compliance"]
    assert len(right["photos"]) == 1
    assert right["counts"]["out_of_stock"] == 0, "not as probable as was asked"


def test_a_mirrored_photo_is_said_to_be_one_and_judged_turned_back(products, plan, sent):
    plan("b1", "rgbk", "cmwy")
    compliance = sent(paint("kbgr", "ywmc"))["compliance"]
    assert (compliance["fits"], compliance["mirrored"], verdicts(compliance)) == (True, True, {})
    assert "the wrong way round" in compliance["message"]
    assert compliance["positions"][1]["box"] == [250.0, 70.0, 310.0, 190.0], "in the photo as it was sent"
