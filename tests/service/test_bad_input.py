"""Whatever comes in: a problem that names the field and the remedy, and nothing left behind."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import func, select

from service.records import CaptureRecord, CatalogueChangeRecord, SignatureRecord


def png(width: int, height: int, bits: int = 8) -> bytes:
    """A PNG whose header promises much and whose data holds nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0" * 1000)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def written(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(mode: str = "RGB") -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, len(mode))).astype(np.uint8)
    return Image.fromarray(pixels, mode=None) if mode == "RGB" else Image.fromarray(pixels).convert(mode)


def animated(kind: str) -> bytes:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    return written(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def with_huge_exif() -> bytes:
    photo = written(noise(), "JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", 65_000) + b"Exif\0\0" + b"\0" * (65_000 - 8)
    return photo[:2] + segment * 4 + photo[2:]


BAD_PHOTOS = {
    "truncated JPEG": (lambda: written(noise(), "JPEG")[:-200], 422, "photo-truncated"),
    "truncated PNG": (lambda: written(noise(), "PNG")[:-200], 422, "photo-truncated"),
    "zero bytes": (lambda: b"", 422, "photo-empty"),
    "20,000 x 20,000 pixels": (lambda: png(20_000, 20_000), 413, "photo-too-many-pixels"),
    "CMYK": (lambda: written(Image.new("CMYK", (64, 64)), "JPEG"), 422, "photo-cmyk"),
    "16 bits": (lambda: png(64, 64, bits=16), 422, "photo-deep"),
    "animated PNG": (lambda: animated("PNG"), 422, "photo-animated"),
    "animated WebP": (lambda: animated("WEBP"), 422, "photo-animated"),
    "text named .jpg": (lambda: b"Dear sir or madam,\n" * 50, 415, "photo-type"),
    "GIF": (lambda: written(noise(), "GIF"), 415, "photo-type"),
    "huge EXIF": (with_huge_exif, 422, "photo-metadata-too-large"),
    "1.1 MB where 1 MB is allowed": (lambda: b"\xff" * 1_100_000, 413, "photo-too-large"),
}
BAD_FIELDS = {
    "unknown store": ({"store_id": "nowhere"}, 404, "store-not-found", "store_id"),
    "no store": ({"store_id": ""}, 422, "field-missing", "store_id"),
    "NUL in the store": ({"store_id": "s\x001"}, 404, "store-not-found", "store_id"),
    "unknown bay": ({"bay_id": "b9"}, 404, "bay-not-found", "bay_id"),
    "bay of another store": ({"bay_id": "other-bay"}, 404, "bay-not-found", "bay_id"),
    "unknown camera": ({"camera_id": "c9"}, 404, "camera-not-found", "camera_id"),
    "camera of another store": ({"camera_id": "other-camera"}, 404, "camera-not-found", "camera_id"),
    "time without a zone": ({"taken_at": "2026-03-01T10:00:00"}, 422, "invalid-time", "taken_at"),
    "no time": ({"taken_at": "yesterday"}, 422, "invalid-time", "taken_at"),
    "time before all years": ({"taken_at": "0001-01-01T00:00:00+14:00"}, 422, "invalid-time", "taken_at"),
}


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"photo": settings.photo.model_copy(update={"megabytes": 1})})


def check_problem(answer, status: int, code: str, field: str) -> None:
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"], problem["field"]) == (status, status, code, field)
    assert problem["remedy"]
    assert problem["detail"]
    assert problem["retryable"] is False


def check_nothing_is_left(context) -> None:
    with context.database.read() as session:
        assert session.scalar(select(func.count()).select_from(CaptureRecord)) == 0
        assert session.scalar(select(func.count()).select_from(SignatureRecord)) == 0
    assert context.images.keys() == []


@pytest.mark.parametrize("name", BAD_PHOTOS)
def test_bad_photo(name, client, context, bay):
    make, status, code = BAD_PHOTOS[name]
    photo = make()
    for door, fields in (("/v1/captures", bay), ("/v1/analyze", {})):
        answer = client.post(door, files={"photo": ("shelf.jpg", photo)}, data=fields)
        check_problem(answer, status, code, "photo")
    check_nothing_is_left(context)


@pytest.mark.parametrize("name", BAD_FIELDS)
def test_bad_field(name, client, context, bay, make_photo):
    client.put("/v1/stores/s2", json={"name": "Other", "format": "supermarket"}).raise_for_status()
    client.put("/v1/stores/s2/bays/other-bay").raise_for_status()
    client.put("/v1/stores/s2/cameras/other-camera").raise_for_status()
    fields, status, code, field = BAD_FIELDS[name]
    answer = client.post("/v1/captures", files={"photo": make_photo()}, data={**bay, **fields})
    check_problem(answer, status, code, field)
    check_nothing_is_left(context)


def test_no_photo_at_all(client, context, bay):
    check_problem(client.post("/v1/captures", files={"nothing": b""}, data=bay), 422, "field-missing", "photo")
    check_problem(client.post("/v1/captures", json=bay), 415, "not-a-form", "Content-Type")
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    check_problem(client.post("/v1/captures", content=b"--y", headers=headers), 422, "broken-form", "photo")
    check_nothing_is_left(context)


def test_a_photo_without_announced_size_is_refused_where_the_limit_is_passed(client, context, bay):
    read = []

    def endless():
        yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
        for _ in range(10_000):
            read.append(1)
            yield b"\xff" * 65_536

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    check_problem(client.post("/v1/captures", content=endless(), headers=headers), 413, "photo-too-large", "photo")
    check_nothing_is_left(context)


def test_wrong_check_digit(client, context):
    answer = client.put("/v1/products/4006381333932", json={"name": "Pen", "category": ["office"]})
    check_problem(answer, 422, "invalid-gtin", "gtin")
    assert "expected 1" in answer.json()["detail"]
    with context.database.read() as session:
        assert session.scalar(select(func.count()).select_from(CatalogueChangeRecord)) == 0


def test_a_failure_while_recording_leaves_nothing(client, context, bay, make_photo, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr("service.captures.recording.add_signature", fail)
    answer = client.post("/v1/captures", files={"photo": make_photo()}, data=bay)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    check_nothing_is_left(context)


@pytest.mark.parametrize("id", ["%00", "x" * 5000, "A" * 32, f"{0:032x}%0A"])
def test_ids_that_are_none_are_refused(client, id):
    assert client.get(f"/v1/tasks/{id}/annotation").status_code == 422
    body = {"lease_token": "1.x", "boxes": [], "reason": "other"}
    for action in ("annotations", "skip", "release"):
        sent = {"annotations": ("lease_token", "boxes"), "skip": ("lease_token", "reason")}.get(
            action, ("lease_token",)
        )
        answer = client.post(f"/v1/tasks/{id}/{action}", json={name: body[name] for name in sent})
        assert (answer.status_code, answer.json()["field"]) == (422, "task_id"), action
    for method, path, field in (
        ("GET", f"/v1/tasks/{id}", "task_id"),
        ("GET", f"/v1/rounds/{id}", "round_id"),
        ("POST", f"/v1/rounds/{id}/replay", "round_id"),
        ("GET", f"/v1/rounds/{id}/coverage", "round_id"),
        ("GET", f"/v1/captures/{id}", "id"),
        ("DELETE", f"/v1/keys/{id}", "id"),
    ):
        answer = client.request(method, path)
        assert (answer.status_code, answer.json()["field"]) == (422, field), path


@pytest.mark.parametrize(
    ("config", "field"),
    [
        (f'{{"boxes": 1{"0" * 400}}}', "boxes"),
        ('{"boxes": 2147483648}', "boxes"),
        ('{"seconds": 1e400}', "seconds"),
        ('{"boxes": 3, "seed": 2147483648}', "seed"),
        ('{"boxes": 3, "shortlist_factor": Infinity}', "shortlist_factor"),
        ('{"boxes": 3, "shortlist_factor": NaN}', "shortlist_factor"),
    ],
)
def test_numbers_that_no_record_holds_are_refused(client, config, field):
    answer = client.post("/v1/rounds", content=config, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize("text", [r"x\u0000", r"x\ud800"])
def test_texts_that_no_record_holds_are_refused(client, text):
    """A NUL, and half a character."""
    for method, path, body, field in (
        ("PUT", "/v1/stores/s1", '{"name": "TEXT", "format": "supermarket"}', "name"),
        ("PUT", "/v1/products/4006381333931", '{"name": "TEXT", "category": ["a"]}', "name"),
        ("PUT", "/v1/products/4006381333931", '{"name": "a", "category": ["TEXT"]}', "category.0"),
        ("POST", "/v1/keys", '{"name": "TEXT", "role": "store"}', "name"),
        ("POST", "/v1/keys", '{"name": "a", "role": "store", "store_ids": ["TEXT"]}', "store_ids.0"),
        ("POST", f"/v1/tasks/{0:032x}/release", '{"lease_token": "TEXT"}', "lease_token"),
    ):
        content = body.replace("TEXT", text)
        answer = client.request(method, path, content=content, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["field"]) == (422, field), content


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_is_read_up_to_the_limit_only(client, announced):
    content = b" " * 4_000_001 if announced else (b" " * 100_000 for _ in range(100))
    answer = client.post("/v1/rounds", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/problem+json")
    assert answer.json()["detail"] == "The request is larger than 4 MB."


def test_a_wrong_method_is_told_the_right_one(client):
    answer = client.post("/healthz")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert answer.json()["code"] == "method-not-allowed"


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("GET", "/v1/models/100000000000000000000", None, "version"),
        ("GET", "/v1/retrainings/%00", None, "retraining_id"),
        ("POST", "/v1/retrainings", {"reason": "a\x00b"}, "reason"),
        ("POST", "/v1/models/rollback", {"reason": "a\x00b"}, "reason"),
        ("POST", "/v1/retrainings", {"reason": "no labels yet"}, "annotations"),
    ],
)
def test_what_no_record_can_hold_or_train_on_is_named(client, method, path, body, field):
    answer = client.request(method, path, json=body)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert answer.json()["remedy"]
