import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL.ExifTags import GPS, IFD

from service.auth.permissions import Role
from service.captures.schemas import AnalysisAnswer, CaptureAnswer
from service.records import CaptureRecord, SignatureRecord


def send(client, photo, fields, **more):
    return client.post("/v1/captures", files={"photo": ("shelf.jpg", photo)}, data=fields, **more)


def test_a_capture_is_answered_with_what_was_seen(client, bay, make_photo):
    answer = send(client, make_photo(), {**bay, "taken_at": "2026-02-28T10:00:00+01:00"})
    assert answer.status_code == 201
    body = answer.json()
    assert answer.headers["Location"] == f"/v1/captures/{body['id']}"
    assert (body["width"], body["height"], body["model_version"]) == (640, 480, 1)
    assert (body["store_id"], body["bay_id"], body["camera_id"]) == ("s1", "b1", None)
    assert body["taken_at"] == "2026-02-28T09:00:00+00:00"
    assert body["received_at"] == "2026-03-01T09:30:00+00:00"
    assert body["condition"]["format"] == "convenience"
    assert body["condition"]["stratum"].endswith("/frontal/convenience")
    assert (body["truncated"], body["duplicate"], body["near_duplicate_of"]) == (False, False, None)
    assert [d["kind"] for d in body["detections"]] == ["facing", "facing", "shelf", "tag"]
    sure, unsure, *_ = body["detections"]
    assert sure["box"] == [10.0, 20.0, 110.0, 220.0]
    assert (sure["confidence"], sure["gtin"]) == (0.99, None)
    assert unsure["uncertainty"]["margin"] == 0.5
    # Deviation is 2 pixels; sides are 100 and 200: mean of 2/100 and 2/200.
    assert unsure["uncertainty"]["localisation"] == 0.015
    assert unsure["uncertainty"]["value"] > sure["uncertainty"]["value"]


def test_answers_have_the_documented_shape(client, bay, make_photo):
    capture = send(client, make_photo(), bay).json()
    assert CaptureAnswer.model_validate(capture).model_dump(mode="json").keys() == capture.keys()
    analysis = client.post("/v1/analyze", files={"photo": make_photo()}).json()
    parsed = AnalysisAnswer.model_validate(analysis).model_dump(mode="json")
    assert parsed.keys() == analysis.keys()
    assert parsed["detections"] == analysis["detections"] == capture["detections"]
    assert client.get(f"/v1/captures/{capture['id']}").json() == capture


def test_a_bad_photo_is_kept_with_its_condition_and_with_advice(client, bay, make_photo):
    dark = cv2.imdecode(np.frombuffer(make_photo(), np.uint8), cv2.IMREAD_COLOR) // 8
    sent = send(client, cv2.imencode(".jpg", dark)[1].tobytes(), bay)
    assert sent.status_code == 201
    body = sent.json()
    (advice,) = body["retake"]
    assert (advice["code"], advice["limit"]) == ("dark", 0.03)
    assert 0 < advice["measured"] < 0.03
    assert body["condition"]["lighting"] == "dim"
    assert 1000 <= body["condition"]["colour_temperature"] <= 25000
    assert body["condition"]["yaw"] is None  # two facings do not tell
    assert client.get(f"/v1/captures/{body['id']}").json() == body
    assert send(client, make_photo(), bay).json()["retake"] == []


def test_a_capture_leaves_a_picture_and_a_signature(client, context, bay, make_photo):
    body = send(client, make_photo(), bay).json()
    with context.database.read() as session:
        capture, signature = session.get(CaptureRecord, body["id"]), session.get(SignatureRecord, body["id"])
    picture = context.images.get(capture.image_key)
    assert hashlib.sha256(picture).hexdigest() == capture.image_sha256
    assert capture.sha256 == hashlib.sha256(make_photo()).hexdigest()
    assert client.get(f"/v1/captures/{body['id']}/photo").content == picture
    assert np.linalg.norm(np.frombuffer(signature.image_vector, "<f2").astype(float)) == pytest.approx(1, abs=0.01)
    assert signature.predicted_boxes == 4


def test_the_kept_picture_is_upright_and_has_no_metadata(client, bay, make_photo):
    exif = bytes.fromhex("4578696600004d4d002a00000008000101120003000000010006000000000000")  # orientation 6
    photo = make_photo()
    turned = photo[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + photo[2:]
    body = send(client, turned, bay).json()
    assert (body["width"], body["height"]) == (480, 640)
    kept = client.get(f"/v1/captures/{body['id']}/photo").content
    assert b"Exif" not in kept
    assert cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR).shape == (640, 480, 3)


def test_an_upright_photo_is_kept_as_it_was_sent_without_its_place(client, bay, make_photo):
    exif = PillowImage.Exif()
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] = "N"
    segment = b"Exif\0\0" + exif.tobytes().removeprefix(b"Exif\0\0")
    photo = make_photo()
    placed = photo[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + photo[2:]
    assert PillowImage.open(io.BytesIO(placed)).getexif().get_ifd(IFD.GPSInfo)
    id = send(client, placed, bay).json()["id"]
    kept = client.get(f"/v1/captures/{id}/photo").content
    assert not PillowImage.open(io.BytesIO(kept)).getexif()
    assert np.array_equal(*(cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR) for file in (kept, photo)))


def test_the_overlay_is_the_photo_with_boxes(client, bay, make_photo):
    id = send(client, make_photo(), bay).json()["id"]
    answer = client.get(f"/v1/captures/{id}/overlay")
    drawn = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    kept = client.get(f"/v1/captures/{id}/photo").content
    photo = cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR)
    assert answer.headers["Content-Type"] == "image/jpeg"
    changed = np.abs(drawn.astype(int) - photo).max(-1) > 25
    assert changed[20, 10:110].mean() > 0.5, "the upper edge of the first facing"
    assert changed[60:200, 130:180].mean() < 0.05, "between the facings"


def test_the_same_photo_is_one_capture(client, context, bay, make_photo):
    first = send(client, make_photo(), bay)
    again = send(client, make_photo(), bay)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "duplicate": True}
    assert len(context.images.keys()) == 1


def test_the_same_photo_of_another_bay_is_another_capture(client, bay, make_photo):
    client.put("/v1/stores/s1/bays/b2").raise_for_status()
    first, other = (send(client, make_photo(), {**bay, "bay_id": name}).json() for name in ("b1", "b2"))
    assert first["id"] != other["id"]
    assert other["near_duplicate_of"] is None, "near-duplicates are looked for within a bay"


def test_the_same_photo_sent_at_once_is_one_capture(client, context, bay, make_photo):
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: send(client, make_photo(), bay), range(6)))
    assert sorted(a.status_code for a in answers) == [200, 200, 200, 200, 200, 201]
    assert len({a.json()["id"] for a in answers}) == 1
    assert len(context.images.keys()) == 1


def test_near_duplicates_are_marked(client, bay, make_photo):
    first = send(client, make_photo(1), bay).json()
    alike = send(client, make_photo(1, kind=".png"), bay).json()
    different = send(client, make_photo(2), bay).json()
    assert alike["near_duplicate_of"] == first["id"]
    assert different["near_duplicate_of"] is None


def test_analyze_keeps_nothing(client, context, key_for, make_photo):
    answer = client.post("/v1/analyze", files={"photo": make_photo()}, headers=key_for(Role.ANNOTATOR, []))
    assert answer.status_code == 200
    assert answer.json()["condition"]["format"] == "supermarket"
    assert context.images.keys() == []


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2600, 2), (40, 3000)])
def test_the_thinnest_photo_is_answered(client, bay, make_photo, size):
    answer = client.post("/v1/captures", data=bay, files={"photo": make_photo(size=size)})
    assert answer.status_code == 201
    assert (answer.json()["width"], answer.json()["height"]) == size


def test_boxes_are_in_the_full_photo_even_if_it_is_decoded_smaller(client, make_photo):
    answer = client.post("/v1/analyze", files={"photo": make_photo(size=(2560, 1920))}).json()
    assert (answer["width"], answer["height"]) == (2560, 1920)
    assert answer["detections"][0]["box"] == [40.0, 80.0, 440.0, 880.0]


def test_captures_are_listed_newest_first_in_pages(client, clock, bay, make_photo):
    ids = []
    for seed in range(3):
        ids.append(send(client, make_photo(seed), bay).json()["id"])
        clock.advance(seconds=1)
    page = client.get("/v1/captures", params={"limit": 2}).json()
    assert [capture["id"] for capture in page["captures"]] == [ids[2], ids[1]]
    assert page["captures"][0]["predicted_boxes"] == 4
    rest = client.get("/v1/captures", params={"limit": 2, "after": page["next"]}).json()
    assert [capture["id"] for capture in rest["captures"]] == [ids[0]]
    assert rest["next"] is None
    assert client.get("/v1/captures", params={"store_id": "s2"}).json()["captures"] == []


def test_a_camera_is_kept_and_time_defaults_to_now(client, bay, make_photo):
    client.put("/v1/stores/s1/cameras/c1").raise_for_status()
    body = send(client, make_photo(), {**bay, "camera_id": "c1"}).json()
    assert body["camera_id"] == "c1"
    assert datetime.fromisoformat(body["taken_at"]) == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
