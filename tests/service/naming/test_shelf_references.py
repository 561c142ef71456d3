"""Facings that annotators name become references; whatever happens to their pictures, the annotation is kept."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from service.auth.permissions import Role
from service.naming.references import MOST_SHELF_REFERENCES, ShelfReference, add_shelf_references
from service.naming.shelf_references import MOST_OF_ONE_PHOTO
from service.records import ReferenceRecord, TaskRecord

Label = Callable[..., dict]


@pytest.fixture
def photo(picture) -> bytes:
    return picture("red", "green", "green", "green", size=(640, 480))


@pytest.fixture
def captured(client, bay, photo) -> str:
    """A capture's id, with a task of its own."""
    sent = client.post("/v1/captures", files={"photo": ("shelf.png", photo)}, data={**bay, "recognise": "false"})
    client.post("/v1/rounds", json={"boxes": 100}).raise_for_status()
    return sent.json()["id"]


@pytest.fixture
def label(client, context, captured) -> Label:
    """Lease the task and submit boxes for it; `arm` is the one that picked it."""

    def submit(boxes: list, arm: str = "value") -> dict:
        with context.database.write() as session:
            session.scalars(select(TaskRecord)).one().arm = arm
        lease = client.post("/v1/tasks/lease", json={}).json()
        request = {"lease_token": lease["lease_token"], "boxes": boxes}
        return client.post(f"/v1/tasks/{lease['tasks'][0]['id']}/annotations", json=request).json()

    return submit


def facing(*box: float, gtin: str | None = None) -> dict:
    return {"kind": "facing", "box": list(box), "gtin": gtin}


def references(client, gtin: str) -> list[dict]:
    return client.get(f"/v1/products/{gtin}/references").json()["references"]


def test_a_named_facing_names_its_likes(client, context, cola, captured, label, picture):
    label([facing(10, 20, 110, 220, gtin=cola), facing(200, 20, 300, 220)])
    (reference,) = references(client, cola)
    assert (reference["source"], reference["view"], reference["capture_id"]) == ("shelf", "front", captured)
    kept = client.get(f"/v1/products/{cola}/references/{reference['id']}/picture").content
    image = cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR_RGB)
    assert image.shape == (200, 100, 3)
    assert np.abs(image - np.array([200, 30, 30.0])).max() < 5
    context.naming.refresh()
    answer = client.post("/v1/analyze", files={"photo": picture("red", size=(640, 480))}).json()
    assert [one["gtin"] for one in answer["detections"][:2]] == [cola, cola]


def test_the_arm_that_measures_teaches_nothing(client, cola, label):
    label([facing(10, 20, 110, 220, gtin=cola)], arm="random")
    assert references(client, cola) == []


def test_of_one_photo_only_the_largest_facings_of_a_product_are_kept(client, cola, label):
    widths = [20, 50, 40, 30, 60, 10]
    label([facing(100 * place, 20, 100 * place + width, 120, gtin=cola) for place, width in enumerate(widths)])
    found = references(client, cola)
    assert len(found) == MOST_OF_ONE_PHOTO == 4
    shown = [client.get(f"/v1/products/{cola}/references/{one['id']}/picture").content for one in found]
    sizes = [cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR).shape[1] for one in shown]
    assert sorted(sizes) == [30, 40, 50, 60]


def test_a_lost_photo_costs_references_and_no_annotation(client, context, cola, label, caplog):
    for key in context.images.keys():  # noqa: SIM118
        context.images.delete(key)
    kept = label([facing(10, 20, 110, 220, gtin=cola)])
    assert kept["boxes"][0]["gtin"] == cola
    assert references(client, cola) == []
    assert "become no references" in caplog.text


def test_a_refused_annotation_leaves_no_pictures(client, context, cola, label):
    before = context.images.keys()
    refused = label([facing(10, 20, 110, 220, gtin=cola), facing(200, 20, 300, 220, gtin="04012345678901")])
    assert refused["code"] == "product-unknown"
    assert context.images.keys() == before


def test_a_variant_keeps_its_newest_facings(client, context, clock, cola, captured):
    def add(number: int) -> list[str]:
        clock.advance(seconds=1)
        one = ShelfReference(f"{number:032x}", captured, f"references/{number}.jpg", f"{number:064x}")
        with context.database.write() as session:
            return add_shelf_references(session, cola, [one], clock())

    gone = [add(number) for number in range(MOST_SHELF_REFERENCES + 2)]
    assert gone == [[]] * MOST_SHELF_REFERENCES + [["references/0.jpg"], ["references/1.jpg"]]
    with context.database.read() as session:
        ids = set(session.scalars(select(ReferenceRecord.id)))
    assert len(ids) == MOST_SHELF_REFERENCES
    assert f"{0:032x}" not in ids
    assert add(5) == ["references/5.jpg"]  # is there already


def test_a_key_sees_facings_of_its_own_stores_only(client, key_for, cola, label):
    label([facing(10, 20, 110, 220, gtin=cola)])
    (reference,) = references(client, cola)
    path = f"/v1/products/{cola}/references"
    for store, seen in (("s1", 1), ("s2", 0)):
        headers = key_for(Role.STORE, [store])
        assert len(client.get(path, headers=headers).json()["references"]) == seen
        assert (client.get(f"{path}/{reference['id']}/picture", headers=headers).status_code == 200) == bool(seen)
