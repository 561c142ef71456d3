"""What an annotator sees of a task: all he needs, nothing that is not for him."""

from dataclasses import replace
from threading import current_thread
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, select

from service.auth.permissions import Role
from service.records import AnnotationRecord, CaptureRecord, ProductRecord, ReferenceRecord, TaskRecord, VariantRecord
from service.tasks.showing_schemas import TaskView
from tests.service.compliance.painted import PLANNED, gtin, paint


@pytest.fixture
def view(client: TestClient, annotator: dict[str, str]) -> Any:
    def show(task_id: str, key: dict[str, str] | None = None) -> dict[str, Any]:
        answer = client.get(f"/v1/tasks/{task_id}/view", headers=key or annotator)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        assert TaskView.model_validate(shown).model_dump(mode="json") == _as_written(shown)
        return shown

    return show


def _as_written(shown: dict[str, Any]) -> dict[str, Any]:
    """Times as the models write them."""
    written = TaskView.model_validate(shown).model_dump(mode="json")
    return {**shown, **{name: written[name] for name in ("taken_at", "leased_until")}}


@pytest.mark.usefixtures("planned")
def test_a_view_has_boxes_products_positions_and_rules(sent, task_of, leased, view) -> None:
    capture = sent(paint("rgby ", "cmwcb"))
    task_id = task_of(capture["id"])
    leased()
    shown = view(task_id)
    facings = [box for box in shown["prelabels"] if box["kind"] == "facing"]
    assert len(facings) == 9
    first = facings[0]
    assert first["gtin"] == gtin("r")
    assert first["probability"] > 0.5
    assert first["guesses"][0]["gtin"] == gtin("r")
    assert not first["unknown"]
    assert shown["products"][gtin("r")]["name"] == "Product r"
    assert [(one["shelf"], one["slot"], one["gtin"]) for one in shown["planogram"]["positions"]] == [
        (shelf, slot, gtin(colour))
        for shelf, colours in enumerate(PLANNED, 1)
        for slot, colour in enumerate(colours, 1)
    ]
    assert shown["planogram"]["positions"][0]["in_view"] is True
    assert shown["planogram"]["positions"][0]["verdict"] is None, "what the model judged would lead the annotator"
    assert shown["photo_url"] == f"/v1/captures/{capture['id']}/photo"
    assert (shown["width"], shown["height"], shown["tile"]) == (640, 480, None)
    assert shown["reason"] == "the model doubts"
    assert shown["leased_until"] is not None
    assert shown["expected_seconds"] > 12
    assert {"presence", "product"} <= {rule["boundary"] for rule in shown["guideline"]["rules"]}
    assert shown["guideline"]["version"] == 1
    assert shown["draft"] is None


@pytest.mark.usefixtures("products", "bay")
def test_siblings_are_of_the_family_else_of_the_category(client, context, sent, task_of, leased, view) -> None:
    for colour in "rg":
        body = {"name": f"Product {colour}", "category": ["colours"], "family": "warm"}
        client.put(f"/v1/products/{gtin(colour)}", json=body).raise_for_status()
    task_id = task_of(sent(paint("rb"))["id"])
    leased()
    shown = view(task_id)["products"]
    assert shown[gtin("r")]["siblings"] == [gtin("g")]
    assert set(shown[gtin("b")]["siblings"]) == {gtin(colour) for colour in "ymcwk"}
    assert set(shown) == {gtin(colour) for colour in "rgbymcwk"}, "siblings are shown with names and pictures, too"
    picture = client.get(shown[gtin("g")]["picture_url"])
    assert picture.headers["content-type"] == "image/jpeg"
    with context.database.write() as session:
        session.get_one(ProductRecord, gtin("y")).valid_until = context.clock().date().replace(year=2025)
    client.put(f"/v1/products/{gtin('k')}", json={"name": "Product k", "category": ["shades"]}).raise_for_status()
    shown = view(task_id)["products"]
    assert set(shown[gtin("b")]["siblings"]) == {gtin(colour) for colour in "mcw"}, "delisted and moved ones are gone"


@pytest.mark.usefixtures("bay")
def test_a_view_without_catalogue_planogram_and_names(client, sent, task_of, leased, view) -> None:
    task_id = task_of(sent(paint("rgb"), recognise="false")["id"])
    leased()
    shown = view(task_id)
    assert [box["gtin"] for box in shown["prelabels"]] == [None] * 4
    assert [box["guesses"] for box in shown["prelabels"]] == [[]] * 4
    assert shown["products"] == {}
    assert shown["planogram"] is None
    assert shown["no_planogram"] == "Bay b1 followed no planogram on 2026-03-01."
    box = "x1=70&y1=70&x2=130&y2=190"
    alike = client.get(f"/v1/tasks/{task_id}/likeness?{box}")
    assert alike.status_code == 200
    assert alike.json()["products"] == []
    assert "search by name" in alike.json()["message"]


@pytest.mark.usefixtures("planned")
def test_a_planogram_is_shown_though_the_photo_was_not_judged(sent, task_of, leased, view) -> None:
    task_id = task_of(sent(paint("rgb"), planogram="false")["id"])
    leased()
    positions = view(task_id)["planogram"]["positions"]
    assert len(positions) == 10
    assert {one["in_view"] for one in positions} == {None}


@pytest.mark.usefixtures("planned")
def test_nothing_tells_a_blind_copy_from_a_task(
    client, context, sent, annotator, task_of, leased, view, key_for
) -> None:
    ordinary = task_of(sent(paint("rgby ", "cmwcb"))["id"])
    leased()
    copied = sent(paint("rgby ", "cmwcb", brightness=128), minute=30)["id"]
    original = task_of(copied, state="labelled")
    copies = [task_of(copied, purpose=purpose, copy_of=original) for purpose in ("overlap", "gold")]
    with context.database.write() as session:
        lease = session.get_one(TaskRecord, ordinary)
        for id in copies:
            copy = session.get_one(TaskRecord, id)
            copy.state, copy.leased_by, copy.lease_token = "leased", lease.leased_by, lease.lease_token
            copy.leased_at, copy.leased_until = lease.leased_at, lease.leased_until
        drawn = {"boxes": [{"kind": "gap", "box": [1, 2, 30, 40], "gtin": None}], "catalogue_version": 1}
        drawn |= {"guideline_version": 1, "prelabel_model_version": 1}
        of = {"task_id": original, "capture_id": copied, "annotator": "x", "created_at": context.clock()}
        session.add(AnnotationRecord(id="a" * 32, source="person", **of, **drawn))
    ids = (ordinary, *copies)
    own = {"id", "capture_id", "photo_url", "taken_at"}
    shown = [{name: value for name, value in view(id).items() if name not in own} for id in ids]
    assert shown[0] == shown[1] == shown[2]
    # Nor does what is answered to whom none of them is for.
    stranger, nothing = key_for(Role.ANNOTATOR, ["s1"]), "0" * 32
    refused = [client.get(f"/v1/tasks/{id}/view", headers=stranger) for id in (*ids, original, nothing)]
    assert {answer.status_code for answer in refused} == {404}
    assert len({a.text.replace(id, "") for a, id in zip(refused, (*ids, original, nothing), strict=True)}) == 1


@pytest.mark.usefixtures("planned")
def test_an_annotator_of_another_store_sees_nothing(client, sent, task_of, leased, key_for) -> None:
    task_id = task_of(sent(paint("rgb"))["id"])
    leased()
    box = "x1=70&y1=70&x2=130&y2=190"
    for key in (key_for(Role.ANNOTATOR, ["s2"]), key_for(Role.EXPERT, ["s2"]), key_for(Role.ANNOTATOR)):
        for address in ("view", f"likeness?{box}", "draft", "verdicts"):
            refused = client.get(f"/v1/tasks/{task_id}/{address}", headers=key)
            assert (refused.status_code, refused.json()["code"]) == (404, "task-not-found")
    assert client.get(f"/v1/tasks/{task_id}/view", headers=key_for(Role.EXPERT, ["s1"])).status_code == 200
    assert client.get(f"/v1/tasks/{task_id}/view", headers=key_for(Role.STORE, ["s1"])).status_code == 403


@pytest.mark.usefixtures("planned")
def test_pictures_from_other_stores_are_not_shown(client, context, sent, task_of, leased, view, key_for) -> None:
    task_id = task_of(sent(paint("rg"))["id"])
    leased()
    client.put("/v1/stores/s2", json={"name": "Other", "format": "convenience"}).raise_for_status()
    client.put("/v1/stores/s2/bays/b2").raise_for_status()
    elsewhere = sent(paint("rgbrgb"), bay_id="b2", store_id="s2")["id"]
    with context.database.write() as session:
        of_red = select(ReferenceRecord).join(VariantRecord, VariantRecord.id == ReferenceRecord.variant_id)
        picture = session.scalars(of_red.where(VariantRecord.gtin == gtin("r"))).one()
        picture.capture_id, picture.source = elsewhere, "shelf"
    shown = view(task_id)["products"]
    assert shown[gtin("r")]["picture_url"] is None
    assert shown[gtin("g")]["picture_url"] is not None
    everywhere = view(task_id, key_for(Role.EXPERT))["products"]
    assert client.get(everywhere[gtin("r")]["picture_url"]).status_code == 200


@pytest.mark.usefixtures("planned")
def test_a_tile_shows_its_part_only(sent, task_of, leased, view) -> None:
    capture = sent(paint("rgbyr", "cmwcb"))
    task_id = task_of(capture["id"], tile=[0, 0, 240, 200], part=1)
    leased()
    shown = view(task_id)
    assert shown["tile"] == [0, 0, 240, 200]
    assert [box["gtin"] for box in shown["prelabels"] if box["kind"] == "facing"] == [gtin("r"), gtin("g")]
    seen = {(one["shelf"], one["slot"]) for one in shown["planogram"]["positions"] if one["in_view"]}
    assert seen == {(1, 1), (1, 2)}


@pytest.mark.usefixtures("planned")
def test_a_task_that_was_labelled_shows_what_was_drawn(
    client, sent, annotator, task_of, leased, key_for, context
) -> None:
    task_id = task_of(sent(paint("rgb"))["id"])
    boxes = [{"kind": "facing", "box": [70, 70, 130, 190], "gtin": gtin("b"), "occluded": True}]
    answer = {"lease_token": leased(), "boxes": boxes}
    client.post(f"/v1/tasks/{task_id}/annotations", json=answer, headers=annotator).raise_for_status()
    assert client.get(f"/v1/tasks/{task_id}/view", headers=annotator).status_code == 404, "it is out of his hands"
    shown = client.get(f"/v1/tasks/{task_id}/view", headers=key_for(Role.EXPERT)).json()
    assert shown["prelabels_by"] == "person"
    assert [(box["gtin"], box["occluded"], box["confidence"]) for box in shown["prelabels"]] == [
        (gtin("b"), True, None)
    ]


@pytest.mark.usefixtures("planned")
def test_likeness_finds_the_product_of_a_box(client, sent, annotator, task_of, leased) -> None:
    task_id = task_of(sent(paint("rgb"))["id"])
    leased()
    address = f"/v1/tasks/{task_id}/likeness"
    box = {"x1": 160, "y1": 70, "x2": 220, "y2": 190}
    found = client.get(address, params={**box, "most": 3}, headers=annotator).json()
    assert found["message"] is None
    assert len(found["products"]) == 3
    best = found["products"][0]
    assert (best["gtin"], best["name"]) == (gtin("g"), "Product g")
    assert best["likeness"] > 0.95 > found["products"][1]["likeness"]
    assert client.get(best["picture_url"]).status_code == 200
    flat = client.get(address, params={**box, "x2": 160}, headers=annotator)
    assert (flat.status_code, flat.json()["code"]) == (422, "invalid-box")


@pytest.mark.usefixtures("planned")
def test_likeness_keeps_to_what_the_store_carries(client, context, sent, annotator, task_of, leased) -> None:
    task_id = task_of(sent(paint("rgb"))["id"])
    leased()
    listings = {"products": [{"gtin": gtin("r")}, {"gtin": gtin("b")}]}
    client.put("/v1/stores/s1/assortment", json=listings).raise_for_status()
    context.naming.refresh()
    address = f"/v1/tasks/{task_id}/likeness?x1=160&y1=70&x2=220&y2=190"
    carried = client.get(address, headers=annotator).json()["products"]
    assert {one["gtin"] for one in carried} == {gtin("r"), gtin("b")}
    everywhere = client.get(f"{address}&everywhere=true", headers=annotator).json()["products"]
    assert everywhere[0]["gtin"] == gtin("g")


@pytest.mark.usefixtures("planned")
def test_likeness_of_a_photo_that_is_gone(client, context, sent, annotator, task_of, leased) -> None:
    capture_id = sent(paint("rgb"))["id"]
    task_id = task_of(capture_id)
    leased()
    with context.database.write() as session:
        session.get_one(CaptureRecord, capture_id).deleted_at = context.clock()
    gone = client.get(f"/v1/tasks/{task_id}/likeness?x1=160&y1=70&x2=220&y2=190", headers=annotator)
    assert (gone.status_code, gone.json()["code"]) == (410, "photo-deleted")


def test_naming_may_be_off(client, context, sent, bay, annotator, task_of, leased) -> None:
    task_id = task_of(sent(paint("rgb"))["id"])
    leased()
    off = context.settings.model_copy(update={"naming": context.settings.naming.model_copy(update={"enabled": False})})
    context.naming._settings = off
    client.app.state.context = replace(context, settings=off)
    alike = client.get(f"/v1/tasks/{task_id}/likeness?x1=160&y1=70&x2=220&y2=190", headers=annotator)
    assert alike.status_code == 200
    assert alike.json()["products"] == []


@pytest.mark.usefixtures("planned")
def test_a_dense_shelf_takes_no_more_statements_than_a_bare_one(context, sent, task_of, leased, view) -> None:
    capture_id = sent(paint("rgbyr", "cmwcb"))["id"]
    task_id = task_of(capture_id)
    leased()
    view(task_id)  # groups the catalogue, once for each of its versions
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if current_thread().name != "naming":  # which follows the gallery meanwhile
            statements.append(statement)

    event.listen(context.database.engine, "before_cursor_execute", note)
    view(task_id)
    few = statements.copy()
    with context.database.write() as session:
        capture = session.get_one(CaptureRecord, capture_id)
        capture.detections = capture.detections * 30
    statements.clear()
    assert len(view(task_id)["prelabels"]) == 360
    assert statements == few


@pytest.mark.usefixtures("planned")
def test_what_others_said_of_this_photo_is_not_shown(
    client, context, sent, annotator, task_of, leased, view, key_for
) -> None:
    capture_id, first = sent(paint("wgb"))["id"], key_for(Role.ANNOTATOR, ["s1"])
    task_id = task_of(capture_id)
    boxes = [{"kind": "facing", "box": [70, 70, 130, 190], "gtin": gtin("r")}]  # a white one is red, somebody says
    body = {"lease_token": leased(first), "boxes": boxes}
    client.post(f"/v1/tasks/{task_id}/annotations", json=body, headers=first).raise_for_status()
    context.naming.refresh()
    elsewhere = task_of(sent(paint("wgb", brightness=128), minute=30)["id"])
    copy = task_of(capture_id, purpose="overlap", copy_of=task_id)
    leased()

    def alike(task_id: str) -> dict[str, float]:
        address = f"/v1/tasks/{task_id}/likeness?x1=70&y1=70&x2=130&y2=190&most=8"
        found = client.get(address, headers=annotator).json()["products"]
        return {one["gtin"]: one["likeness"] for one in found}

    assert alike(elsewhere)[gtin("r")] > 0.4, "what was said teaches naming"
    assert next(iter(alike(copy))) == gtin("w")
    assert alike(copy)[gtin("r")] < 0
    assert len(alike(copy)) == 8
    references = client.get(f"/v1/products/{gtin('r')}/references").json()["references"]
    (pack_shot,) = [one for one in references if one["source"] == "pack_shot"]
    client.delete(f"/v1/products/{gtin('r')}/references/{pack_shot['id']}").raise_for_status()
    context.naming.refresh()
    assert gtin("r") not in alike(copy)
    assert view(copy)["products"][gtin("r")]["picture_url"] is None
    assert view(elsewhere)["products"][gtin("r")]["picture_url"] is not None
