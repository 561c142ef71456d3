"""Captures whose facings are named: one shows a known product, the other does not."""

import numpy as np
import pytest
from sqlalchemy import select

from service.auth.keys import issue_key
from service.auth.permissions import Role
from service.captures.schemas import AnalysisAnswer, CaptureAnswer
from service.naming.policy import UnknownPolicy
from service.records import UnknownFacingRecord

TEA = "04012345678901"


@pytest.fixture
def photo(picture):
    """The left one of the literal detector's facings is red, the other one is green."""
    return picture("red", "green", "green", "green", size=(640, 480))


@pytest.fixture
def known(cola, picture, add_reference):
    return add_reference(cola, picture("red"))


def send(client, photo, fields, **more):
    return client.post("/v1/captures", files={"photo": ("shelf.png", photo)}, data=fields, **more)


def test_a_capture_says_which_product_a_facing_shows_and_which_facing_shows_none(client, context, bay, known, photo):
    body = send(client, photo, bay).json()
    red, green, shelf, tag = body["detections"]
    assert red["gtin"] == known["variant_id"]
    assert (red["naming"]["variant_id"], red["naming"]["unknown"]) == (known["variant_id"], False)
    assert red["naming"]["products"][0]["gtin"] == red["gtin"]
    assert (green["gtin"], green["naming"]["variant_id"], green["naming"]["unknown"]) == (None, None, True)
    assert (shelf["naming"], tag["naming"]) == (None, None)
    assert body["naming_id"] == context.naming.current().id
    assert body["unknown_policy"]["policy"] == "review"
    assert body["unknown_policy"]["detections"] == [1]
    assert "1 facing shows no known product" in body["unknown_policy"]["message"]
    assert client.get(f"/v1/captures/{body['id']}").json() == body


def test_named_answers_have_the_documented_shape(client, bay, known, photo):
    capture = send(client, photo, bay).json()
    assert CaptureAnswer.model_validate(capture).model_dump(mode="json").keys() == capture.keys()
    analysis = client.post("/v1/analyze", files={"photo": photo}).json()
    parsed = AnalysisAnswer.model_validate(analysis).model_dump(mode="json")
    assert parsed.keys() == analysis.keys()
    assert parsed["unknown_policy"] == analysis["unknown_policy"]
    assert parsed["detections"] == analysis["detections"] == capture["detections"]


def test_an_unknown_facing_waits_to_be_named(client, context, bay, known, photo):
    id = send(client, photo, bay).json()["id"]
    with context.database.read() as session:
        (waiting,) = session.scalars(select(UnknownFacingRecord))
    assert (waiting.capture_id, waiting.store_id, waiting.detection) == (id, "s1", 1)
    assert (waiting.box, waiting.embedder_id, waiting.state) == ([200.0, 20.0, 300.0, 220.0], "literal-1", "open")
    vector = np.frombuffer(waiting.vector, "<f2").astype(float)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=0.01)
    assert 0 < waiting.unknown_score <= 1


def test_recognise_false_finds_facings_and_names_none(client, context, bay, known, photo):
    body = send(client, photo, {**bay, "recognise": "false"}).json()
    assert [one["naming"] for one in body["detections"]] == [None] * 4
    assert (body["naming_id"], body["unknown_policy"]) == (None, None)
    with context.database.read() as session:
        assert session.scalars(select(UnknownFacingRecord)).all() == []
    analysis = client.post("/v1/analyze", files={"photo": photo}, data={"recognise": "False"}).json()
    assert analysis["naming_id"] is None
    refused = send(client, photo, {**bay, "recognise": "perhaps"})
    assert (refused.status_code, refused.json()["field"]) == (422, "recognise")


@pytest.mark.parametrize("policy", list(UnknownPolicy))
def test_each_caller_has_a_policy_of_its_own(client, bay, known, photo, policy):
    key = {"name": "till", "role": "store", "unknown_policy": policy.value}
    made = client.post("/v1/keys", json=key).json()
    assert made["unknown_policy"] == policy.value
    headers = {"Authorization": f"Bearer {made['key']}"}
    follows = send(client, photo, bay, headers=headers).json()["unknown_policy"]
    assert (follows["policy"], follows["detections"]) == (policy.value, [1])
    words = {"review": "a person", "fallback_scan": "scan", "unresolved": "without a product"}
    assert words[policy.value] in follows["message"]


def test_a_key_wants_a_review_unless_it_says_otherwise(context):
    with context.database.write() as session:
        record, _ = issue_key(session, name="till", role=Role.STORE, store_ids=None, now=context.clock())
    assert record.unknown_policy == "review"


def test_only_products_of_the_stores_assortment_are_named(client, bay, cola, picture, add_reference, photo):
    client.put(f"/v1/products/{TEA}", json={"name": "Tea", "category": ["drinks"]}).raise_for_status()
    add_reference(cola, picture("red"))
    add_reference(TEA, picture("green"))
    assert [one["gtin"] for one in send(client, photo, bay).json()["detections"][:2]] == [cola, TEA]
    client.put("/v1/stores/s1/assortment", json={"products": [{"gtin": TEA}]}).raise_for_status()
    client.app.state.context.naming.refresh()
    other = picture("red", "green", "green", "green", size=(640, 482))
    assert [one["gtin"] for one in send(client, other, bay).json()["detections"][:2]] == [None, TEA]


def test_until_the_gallery_is_complete_a_photo_is_asked_for_again(client, context, bay, known, photo, monkeypatch):
    context.naming.stop()  # it would load it again
    monkeypatch.setattr(context.naming, "_model", None)
    refused = send(client, photo, bay)
    assert (refused.status_code, refused.json()["code"]) == (503, "naming-not-loaded")
    assert refused.headers["Retry-After"]
    assert client.get("/readyz").json()["code"] == "naming-not-loaded"
    assert send(client, photo, {**bay, "recognise": "false"}).status_code == 201
