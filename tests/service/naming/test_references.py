"""Pictures that products are recognised by: coming, going, and what they name meanwhile."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL.ExifTags import GPS, IFD

from service.auth.permissions import Role

COLA, TEA = "04006381333931", "04012345678901"
RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 200, 30)


def picture(colour, size=(60, 90), kind=".jpg"):
    image = np.full((size[1], size[0], 3), colour[::-1], np.uint8)
    return bytes(cv2.imencode(kind, image)[1])


@pytest.fixture
def cola(client):
    product = {"name": "Cola 0.5 l", "category": ["drinks", "cola"]}
    client.put(f"/v1/products/{COLA}", json=product).raise_for_status()
    return f"/v1/products/{COLA}/references"


def send(client, path, photo, headers=None, **fields):
    return client.post(path, files={"photo": ("pack.jpg", photo)}, data=fields, headers=headers)


def named(client, colour):
    """Return what both facings of a photo in one colour are called."""
    photo = picture(colour, (640, 480))
    answer = client.post("/v1/analyze", files={"photo": photo}).json()
    return [one["gtin"] for one in answer["detections"] if one["kind"] == "facing"]


def test_nothing_is_named_before_there_is_a_reference(client, cola):
    body = client.post("/v1/analyze", files={"photo": picture(RED, (640, 480))}).json()
    assert [one["naming"] for one in body["detections"]] == [None] * 4
    assert (body["naming_id"], body["unknown_policy"]) == (None, None)


def test_a_reference_names_as_soon_as_it_is_answered_and_no_more_when_it_is_gone(client, context, cola):
    added = send(client, cola, picture(RED), view="back")
    assert added.status_code == 201
    body = added.json()
    assert (body["variant_id"], body["source"], body["view"], body["state"]) == (COLA, "pack_shot", "back", "live")
    assert named(client, RED) == [COLA, COLA]
    assert named(client, BLUE) == [None, None]
    listed = client.get(cola).json()
    assert listed["references"] == [body]
    assert listed["missing_views"] == ["front", "side", "top", "bottom", "held"]
    assert client.delete(f"{cola}/{body['id']}").status_code == 204
    assert named(client, RED) == [None, None]
    assert client.get(cola).json()["references"] == []
    assert context.images.keys() == []
    assert client.delete(f"{cola}/{body['id']}").json()["code"] == "reference-not-found"


def test_the_same_picture_of_a_variant_is_one_reference(client, context, cola):
    first, again = send(client, cola, picture(RED)), send(client, cola, picture(RED))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(context.images.keys()) == 1


def test_a_picture_is_kept_upright_and_without_its_place(client, cola):
    exif = PillowImage.Exif()
    exif[0x112] = 6  # to be turned a quarter
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] = "N"
    file = io.BytesIO()
    PillowImage.new("RGB", (60, 90), RED).save(file, "JPEG", exif=exif)
    id = send(client, cola, file.getvalue()).json()["id"]
    kept = PillowImage.open(io.BytesIO(client.get(f"{cola}/{id}/picture").content))
    assert kept.size == (90, 60)
    assert not kept.getexif()


@pytest.mark.parametrize(
    ("photo", "fields", "code"),
    [
        (b"no picture", {}, "photo-type"),
        (picture(RED)[:200], {}, "photo-truncated"),
        (picture(RED), {"view": "inside"}, "invalid-view"),
        (picture(RED), {"variant_id": "christmas"}, "variant-not-found"),
    ],
)
def test_what_cannot_be_a_reference_is_refused_with_a_remedy(client, context, cola, photo, fields, code):
    refused = send(client, cola, photo, **fields)
    assert refused.json()["code"] == code
    assert refused.json()["remedy"]
    assert context.images.keys() == []


def test_an_unknown_product_has_no_references(client):
    refused = send(client, f"/v1/products/{TEA}/references", picture(RED))
    assert refused.json()["code"] == "product-unknown"
    assert send(client, "/v1/products/123/references", picture(RED)).json()["code"] == "invalid-gtin"


def test_who_may_change_the_catalogue_may_change_references(client, key_for, cola):
    store = key_for(Role.STORE, ["s1"])
    assert send(client, cola, picture(RED), headers=store).status_code == 403
    assert client.get(cola, headers=store).status_code == 200


def test_a_merged_product_names_as_the_one_that_is_left(client, cola):
    tea = {"name": "Tea", "category": ["drinks", "tea"]}
    client.put(f"/v1/products/{TEA}", json=tea).raise_for_status()
    send(client, cola, picture(RED)).raise_for_status()
    client.post(f"/v1/products/{COLA}/merge", json={"into": TEA}).raise_for_status()
    client.app.state.context.naming.refresh()
    assert named(client, RED) == [TEA, TEA]
