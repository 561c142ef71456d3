"""What labels say about the guideline and the catalogue."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from service.auth.permissions import Role
from service.context import Context
from service.naming.queries import newest_naming
from service.records import AnnotationRecord, FacingVectorsRecord
from tests.service.guidelines.bottles import (
    APPLE,
    ORANGE,
    SPARKLING,
    STILL,
    add_labelled_by_three,
    add_products,
)

WATERS = (STILL, SPARKLING)
GUESSES = np.random.default_rng(7).integers(0, 2, (100, 3))


def guess(gtin: str, person: int, count: int) -> str | None:
    """Who labels a water says one of the two; juices are told apart, but for one slip."""
    if gtin in WATERS:
        return WATERS[GUESSES[count, person]]
    return ORANGE if (gtin, person, count) == (APPLE, 1, 2) else gtin


def model(gtin: str, count: int) -> str | None:
    return WATERS[count // 4 % 2] if gtin in WATERS else gtin


@pytest.fixture
def shelves(context: Context, client: TestClient, add_task: Any) -> list[str]:
    add_products(client)
    return add_labelled_by_three(context, add_task, 6, guess, model)


def rules(client: TestClient) -> dict[str, Any]:
    answer = client.get("/v1/guidelines/missing-rules")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def put_rule(client: TestClient, rule: dict[str, Any]) -> None:
    now = client.get("/v1/guidelines/in-force").json()
    parts = {name: now[name] for name in ("text", "when_to_skip", "when_to_escalate")}
    answer = client.put("/v1/guidelines", json={**parts, "rules": [*now["rules"], rule]})
    assert answer.status_code == 200, answer.text


def test_a_missing_rule_is_named_and_shown(client: TestClient, shelves: list[str]) -> None:
    found = rules(client)
    assert (found["compared"], len(found["rules"])) == (6, 1)
    rule = found["rules"][0]
    assert {rule["pair"]["one_name"], rule["pair"]["other_name"]} == {"Still water 1 l", "Sparkling water 1 l"}
    assert rule["missing"]
    assert {one["id"] for one in rule["rules"]} >= {
        "gtin-when-certain",
        "cannot-tell",
    }  # but they hold for all products
    for crops, said in (("examples", {rule["pair"]["one_name"]}), ("counter_examples", {rule["pair"]["other_name"]})):
        assert rule[crops]
        assert all(set(crop["said"]) == said for crop in rule[crops])
    assert all(len(set(crop["said"])) == 2 for crop in rule["disputed"])
    picture = client.get(rule["disputed"][0]["crop_url"])
    assert picture.headers["content-type"] == "image/jpeg"
    image = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape[0] == pytest.approx(200 * 1.3, abs=3)  # the bottle with 15 % around it


def test_the_suggested_rule_takes_effect_for_what_is_labelled_from_then_on(
    client: TestClient, key_for: Any, shelves: list[str]
) -> None:
    suggested = rules(client)["rules"][0]["suggested"]
    assert (suggested["boundary"], suggested["categories"]) == ("product:drinks/water", ["drinks/water"])
    assert (suggested["kinds"], suggested["text"]) == (["facing"], "")
    put_rule(client, {**suggested, "text": "Sparkling water has ribs on the bottle."})
    assert rules(client)["rules"] == []  # what was labelled before says nothing about it
    shown = client.get("/v1/guidelines/in-force").json()["rules"][-1]
    assert shown["examples"][0]["capture_id"] in shelves
    elsewhere = client.get("/v1/guidelines/in-force", headers=key_for(Role.ANNOTATOR, ["s2"])).json()["rules"][-1]
    assert elsewhere["examples"] == [{"text": shown["examples"][0]["text"], "capture_id": None, "box": None}]


def test_a_rule_that_does_not_help_is_told_from_one_that_is_missing(
    client: TestClient, context: Context, shelves: list[str]
) -> None:
    other = {"id": "ribs", "boundary": "occluded", "kinds": ["facing"], "categories": ["drinks/water"]}
    put_rule(client, {**other, "text": "Flag waters behind the rail."})
    assert rules(client)["rules"][0]["missing"]  # it is about something else
    put_rule(client, {**other, "id": "caps", "boundary": "product:drinks", "text": "Look at the cap."})
    assert rules(client)["rules"] == []
    with context.database.write() as session:
        for table in ("annotations", "blind_annotations"):
            session.connection().exec_driver_sql(f"UPDATE {table} SET guideline_version = 3")
    (found,) = rules(client)["rules"]
    assert not found["missing"]
    assert found["rules"][0]["id"] == "caps"


def test_products_that_people_and_model_confuse_are_to_be_merged(client: TestClient, shelves: list[str]) -> None:
    health = client.get("/v1/catalogue/health")
    assert health.status_code == 200, health.text
    (found,) = health.json()["confused"]
    assert {found["one"]["gtin"], found["other"]["gtin"]} == set(WATERS)
    assert found["both"]
    assert found["by_people"] > 5
    assert found["by_model"] > 5
    assert found["advice"] == "merge"
    assert found["one"]["side"] == 58
    assert 1 <= len(found["crops"]) <= 4
    assert health.json()["labelled"] == 6


def test_the_category_tree_is_checked(client: TestClient) -> None:
    add_products(client)
    client.put(f"/v1/products/{STILL}", json={"name": "Still water 1 l", "category": ["drinks"]}).raise_for_status()
    faults = client.get("/v1/catalogue/health").json()["tree"]
    assert "not_a_leaf" in {one["fault"] for one in faults}
    assert STILL in {gtin for one in faults for gtin in one["products"]}


def test_a_crop_is_for_those_who_reach_its_store(client: TestClient, key_for: Any, shelves: list[str]) -> None:
    path = f"/v1/captures/{shelves[0]}/crop?x1=10&y1=10&x2=60&y2=60"
    assert client.get(path).status_code == 200
    assert client.get(path, headers=key_for(Role.ANNOTATOR, ["s2"])).json()["code"] == "capture-not-found"
    assert client.get(path.replace("x2=60", "x2=10")).json()["code"] == "invalid-box"
    wide = client.get(f"/v1/captures/{shelves[0]}/crop?x1=0&y1=0&x2=900000&y2=900000")
    assert wide.status_code == 200
    annotator = key_for(Role.ANNOTATOR)
    assert client.get("/v1/catalogue/health", headers=annotator).json()["code"] == "role-not-allowed"
    assert client.get("/v1/guidelines/missing-rules", headers=annotator).json()["code"] == "role-not-allowed"


def test_a_product_of_two_looks_is_to_be_split(
    client: TestClient, context: Context, add_task: Callable[..., str]
) -> None:
    add_products(client)
    add_labelled_by_three(context, add_task, 8, lambda gtin, person, count: gtin, lambda gtin, count: gtin)
    with context.database.write() as session:
        naming = newest_naming(session)
        assert naming is not None
        for row, annotation in enumerate(session.query(AnnotationRecord).order_by(AnnotationRecord.id).all()):
            shown = [one["gtin"] for one in annotation.boxes]
            looks = np.array([_look(gtin, new=row % 3 == 0, seed=8 * row + n) for n, gtin in enumerate(shown)])
            session.add(
                FacingVectorsRecord(
                    embedder_id=naming.embedder_id,
                    annotation_id=annotation.id,
                    places=list(range(len(looks))),
                    vectors=looks.astype("<f2").tobytes(),
                )
            )
    (found,) = client.get("/v1/catalogue/health").json()["split"]
    assert (found["product"]["gtin"], found["product"]["facings"], found["second"]) == (APPLE, 16, 6)
    assert found["variants"] == 1
    assert len(found["crops"]) == 2


def _look(gtin: str, *, new: bool, seed: int) -> np.ndarray:
    """A look of a product; apple juice has a new design here and there."""
    place = [STILL, SPARKLING, APPLE, ORANGE].index(gtin) + (10 if new and gtin == APPLE else 0)
    vector = np.eye(32)[place] + np.random.default_rng(seed).normal(0, 0.05, 32)
    return np.asarray(vector / np.linalg.norm(vector))
