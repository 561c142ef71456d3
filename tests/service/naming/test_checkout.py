"""Several views of one product; the literal embedder tells colours apart and nothing else."""

import cv2
import numpy as np
import pytest

from service.auth.keys import issue_key
from service.auth.permissions import Role
from service.checkout.schemas import CheckoutAnswer
from service.checkout.views import View
from service.naming.policy import UnknownPolicy
from service.settings import NamingSettings

WATER = "04012345678901"


def ask(client, *photos, clip=None, headers=None, **fields):
    files = [("photo", ("view.png", photo)) for photo in photos]
    if clip is not None:
        files.append(("clip", ("turned.mp4", clip)))
    return client.post("/v1/checkout/recognise", files=files, data=fields, headers=headers)


@pytest.fixture
def red_cola(cola, picture, add_reference):
    add_reference(cola, picture("red"))
    return cola


@pytest.fixture
def blue_water(client, picture, add_reference):
    client.put(f"/v1/products/{WATER}", json={"name": "Water 1 l", "category": ["drinks"]}).raise_for_status()
    add_reference(WATER, picture("blue"))
    return WATER


@pytest.fixture
def clip(tmp_path):
    """A second of red."""
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (640, 480))
    for _ in range(10):
        writer.write(np.full((480, 640, 3), (30, 30, 200), np.uint8))
    writer.release()
    return path.read_bytes()


def test_views_of_one_product_are_one_answer(client, red_cola, blue_water, picture):
    red = picture("red", size=(640, 480))
    answer = ask(client, red, red, red)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["gtin"], body["unresolved"], body["naming"]["unknown"]) == (red_cola, False, False)
    assert [view["source"] for view in body["views"]] == ["photo 1", "photo 2", "photo 3"]
    assert body["views"][0]["gtin"] == red_cola
    assert body["views"][0]["box"] is None  # the literal detector's facings are too small to be what is meant
    assert CheckoutAnswer.model_validate(body).model_dump(mode="json") == body


def test_a_view_shows_the_facing_alone():
    image = np.zeros((100, 50, 3), np.uint8)  # half the scale of the photo
    image[40:60, 10:30] = 200
    crop = View("photo 1", image, (100, 200), np.array([20, 80, 60, 120], np.float32)).crop(8)
    assert crop.shape == (1, 8, 8, 3)
    assert (crop == 200).all()


def test_a_product_nobody_knows_is_unresolved_and_the_callers_policy_says_what_follows(
    client, context, red_cola, picture
):
    with context.database.write() as session:
        _, key = issue_key(
            session,
            name="till",
            role=Role.STORE,
            store_ids=None,
            now=context.clock(),
            unknown_policy=UnknownPolicy.FALLBACK_SCAN,
        )
    green = picture("green", size=(640, 480))
    body = ask(client, green, green, headers={"Authorization": f"Bearer {key}"}).json()
    assert (body["gtin"], body["unresolved"]) == (None, True)
    assert body["unknown_policy"]["policy"] == "fallback_scan"
    assert "scan its barcode" in body["unknown_policy"]["message"]


def test_without_any_reference_everything_is_unresolved(client, picture):
    assert ask(client, picture("red", size=(640, 480))).json()["unresolved"]


def test_only_what_the_store_carries_is_considered(client, bay, red_cola, blue_water, picture):
    client.put("/v1/stores/s1/assortment", json={"products": [blue_water]}).raise_for_status()
    red = picture("red", size=(640, 480))
    assert ask(client, red, store_id="s1").json()["gtin"] != red_cola
    assert ask(client, red).json()["gtin"] == red_cola


def test_a_clip_is_as_good_as_photos(client, red_cola, clip):
    body = ask(client, clip=clip).json()
    assert body["gtin"] == red_cola
    assert len(body["views"]) == 8
    assert body["views"][0]["source"].startswith("clip, frame ")


def test_nothing_is_kept(client, context, red_cola, picture):
    before = sorted(path for path in context.settings.home.rglob("*") if "photos" in path.parts)
    ask(client, picture("green", size=(640, 480))).raise_for_status()
    assert sorted(path for path in context.settings.home.rglob("*") if "photos" in path.parts) == before
    assert client.get("/v1/captures").json()["captures"] == []


@pytest.mark.parametrize(
    ("photos", "clips", "status", "code", "field"),
    [
        (0, 0, 422, "field-missing", "photo"),
        (1, 1, 422, "invalid-views", "photo"),
        (0, 2, 422, "invalid-views", "photo"),
        (9, 0, 422, "broken-form", "photo"),
    ],
)
def test_too_few_or_too_many_views_are_refused(client, picture, clip, photos, clips, status, code, field):
    files = [("photo", ("a.png", picture("red")))] * photos + [("clip", ("a.mp4", clip))] * clips
    problem = client.post("/v1/checkout/recognise", files=files or {"other": ("a.txt", b"a")}).json()
    assert (problem["status"], problem["code"], problem["field"]) == (status, code, field)


def test_a_broken_view_is_named(client, picture):
    problem = ask(client, picture("red"), b"not a photo").json()
    assert (problem["code"], problem["field"]) == ("photo-type", "photo[1]")
    assert problem["detail"].startswith("Photo 2: ")
    problem = ask(client, clip=b"not a clip").json()
    assert (problem["status"], problem["code"], problem["field"]) == (415, "clip-type", "clip")


def test_views_are_together_no_larger_than_one_photo(client, context, picture):
    context.settings.photo.megabytes = 0.1
    answer = ask(client, *[picture("red") + bytes(40_000)] * 4)
    assert (answer.status_code, answer.json()["code"]) == (413, "photo-too-large")


def test_a_store_that_is_unknown_or_out_of_scope_is_refused(client, key_for, picture):
    red = picture("red")
    assert ask(client, red, store_id="nowhere").json()["code"] == "store-not-found"
    outside = ask(client, red, store_id="s2", headers=key_for(Role.STORE, ["s1"]))
    assert outside.json()["code"] == "store-out-of-scope"


def test_without_naming_there_is_no_checkout(client, context, picture):
    context.settings.naming = NamingSettings(enabled=False)
    answer = ask(client, picture("red"))
    assert (answer.status_code, answer.json()["code"]) == (409, "naming-off")
