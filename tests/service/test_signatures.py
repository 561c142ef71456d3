"""What a capture leaves behind for sampling, and how a round reads it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from sampling.looks import Looks
from sampling.projection import narrowed
from service.context import Context
from service.records import LooksRecord, RoundRecord, SignatureRecord, TaskRecord
from service.rounds.queries import embedder_of_looks, read_labelled_vectors, read_looks, read_pool
from service.signature_numbers import packed, unpacked
from vision.difference_hash import difference_hash

COLA = "04006381333931"
COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30)}


def painted(*colours: str) -> bytes:
    """A photo of equally wide stripes; the literal detector's two facings lie in the first and second of four."""
    image = np.repeat(np.array([[COLOURS[colour][::-1] for colour in colours]], np.uint8), 480, axis=0)
    return bytes(cv2.imencode(".png", np.repeat(image, 640 // len(colours), axis=1))[1])


@pytest.fixture
def send(client: TestClient, bay: dict[str, str], clock: Any) -> Callable[..., dict[str, Any]]:
    """Send a photo a second later than the last one, and return the answer."""

    def capture(photo: bytes, **fields: str) -> dict[str, Any]:
        clock.advance(seconds=1)
        answer = client.post("/v1/captures", data=bay | fields, files={"photo": ("a", photo)})
        answer.raise_for_status()
        return dict(answer.json())

    return capture


def left_behind(context: Context, id: str) -> tuple[SignatureRecord, LooksRecord]:
    with context.database.read() as session:
        return session.get_one(SignatureRecord, id), session.get_one(LooksRecord, id)


def test_a_signature_repeats_its_capture_and_measures_the_photo(
    context: Context, send: Callable[..., dict[str, Any]], make_photo: Callable[..., bytes]
) -> None:
    body = send(make_photo())
    signature, _ = left_behind(context, body["id"])
    repeated = ("store_id", "camera_id", "bay_id", "model_version")
    assert [getattr(signature, name) for name in repeated] == [body[name] for name in repeated]
    assert (signature.stratum, signature.near_duplicate) == (body["condition"]["stratum"], False)
    assert signature.received_at == context.clock()
    image = cv2.cvtColor(cv2.imdecode(np.frombuffer(make_photo(), np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    numbers = unpacked(signature.numbers)
    assert numbers["hash"] == difference_hash(image) != 0
    assert round(signature.temperature or 0, -1) == body["condition"]["colour_temperature"]
    assert 0 < (signature.luminance or 0) < 1
    assert (signature.clipped, numbers["flip"]) == (0, 0)


def test_facings_count_by_what_is_unsure_of_them(
    context: Context, send: Callable[..., dict[str, Any]], make_photo: Callable[..., bytes]
) -> None:
    body = send(make_photo())
    signature, kept = left_behind(context, body["id"])
    looks = Looks.from_bytes(kept.looks)
    sure, unsure = (one["uncertainty"]["value"] for one in body["detections"][:2])
    assert looks.values.tolist() == pytest.approx([unsure, sure], abs=1e-3)  # a shelf and a tag are no facings
    assert looks.classes == ("", "")  # nothing names them, and the detector's vectors tell them apart
    assert looks.vectors.tolist() == [[0, 1, 0, 0], [1, 0, 0, 0]]
    assert kept.embedder_id is None
    numbers = unpacked(signature.numbers)
    assert numbers["value"] == pytest.approx(unsure + sure, abs=1e-3)
    assert numbers["plain"] == pytest.approx(numbers["value"])
    assert (numbers["boxes"], numbers["doubted"], numbers["unknown"]) == (4, 1, 0)
    assert (signature.predicted_boxes, signature.facings, signature.gaps) == (4, 2, 0)
    assert signature.unknown is None  # nothing was named
    assert signature.confidence == pytest.approx(np.mean([one["confidence"] for one in body["detections"][:2]]))


def test_every_facing_of_a_crowded_capture_counts_and_ten_looks_are_kept(
    context: Context,
    send: Callable[..., dict[str, Any]],
    make_photo: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = context.serving.current().detector.runtime
    raw = runtime.infer(np.zeros((1, 480, 640, 3), np.uint8))
    places = [(left, top, left + 60, top + 60) for top in (40, 160, 280) for left in (40, 160, 280, 400)]
    crowded = replace(
        raw,
        boxes=np.array(places, np.float32),
        probabilities=np.repeat(np.array([[0.5, 0, 0, 0]], np.float32), 12, axis=0),
        edge_variances=np.full((12, 4), 4, np.float32),
        vectors=np.eye(13, dtype=np.float32)[[*range(11), 0]],  # the last one looks like the first
    )
    monkeypatch.setattr(runtime, "infer", lambda framed: crowded)
    body = send(make_photo())
    signature, kept = left_behind(context, body["id"])
    unsure = [one["uncertainty"]["value"] for one in body["detections"]]
    numbers = unpacked(signature.numbers)
    assert signature.facings == len(unsure) == 12
    assert numbers["plain"] == pytest.approx(sum(unsure), abs=1e-3)
    assert numbers["value"] == pytest.approx(sum(unsure) - unsure[0], abs=1e-3)
    assert len(Looks.from_bytes(kept.looks)) == 10


@pytest.fixture
def cola(client: TestClient, context: Context) -> None:
    """A red product."""
    product = {"name": "Cola", "category": ["drinks", "cola"]}
    client.put(f"/v1/products/{COLA}", json=product).raise_for_status()
    red = bytes(cv2.imencode(".png", np.full((90, 60, 3), COLOURS["red"][::-1], np.uint8))[1])
    client.post(f"/v1/products/{COLA}/references", files={"photo": ("pack", red)}).raise_for_status()
    context.naming.refresh()


def test_names_make_a_facing_surer_or_not_sure_at_all(
    context: Context, cola: None, send: Callable[..., dict[str, Any]]
) -> None:
    body = send(painted("red", "green", "green", "green"))
    red, green = body["detections"][:2]
    signature, kept = left_behind(context, body["id"])
    looks = Looks.from_bytes(kept.looks)
    name = red["naming"]["probability"] * red["naming"]["margin"]
    assert looks.values.tolist() == pytest.approx([1, 1 - (1 - red["uncertainty"]["value"]) * name], abs=1e-3)
    assert green["naming"]["unknown"]
    assert looks.classes == ("drinks/cola", COLA)  # the likeliest product of the green one tells its category
    assert kept.embedder_id == "literal-1"
    assert looks.vectors.shape == (2, 12)
    numbers = unpacked(signature.numbers)
    assert (signature.facings, signature.unknown, numbers["unknown"]) == (2, 1, 1)
    assert numbers["doubted"] == 1 + (looks.values[1] >= 0.5)


def test_repeated_facings_count_once(context: Context, cola: None, send: Callable[..., dict[str, Any]]) -> None:
    body = send(painted("red", "red", "green", "green"))
    signature, kept = left_behind(context, body["id"])
    looks = Looks.from_bytes(kept.looks)
    assert looks.classes == (COLA,)
    numbers = unpacked(signature.numbers)
    assert numbers["value"] == pytest.approx(float(looks.values[0]))
    assert numbers["plain"] > numbers["value"]


def test_wide_image_vectors_are_narrowed_for_the_pool_and_at_the_door(
    client: TestClient,
    context: Context,
    send: Callable[..., dict[str, Any]],
    make_photo: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wide = np.random.default_rng(0).normal(size=300).astype(np.float32)
    wide /= np.linalg.norm(wide)
    detector = context.serving.current().detector
    infer = detector.runtime.infer
    monkeypatch.setattr(detector.runtime, "infer", lambda framed: replace(infer(framed), image_vector=wide))
    first = send(make_photo(0))
    stored = np.frombuffer(left_behind(context, first["id"])[0].image_vector, "<f2")
    np.testing.assert_allclose(stored, narrowed(wide), atol=1e-3)
    second = send(make_photo(1))
    assert second["near_duplicate_of"] == first["id"]
    assert left_behind(context, second["id"])[0].near_duplicate


def pool_ids(context: Context, model_version: int = 1, **given: Any) -> tuple[str, ...]:
    with context.database.read() as session:
        return read_pool(session, model_version, context.clock(), **given).ids


def test_the_pool_holds_what_can_be_picked(
    client: TestClient, context: Context, send: Callable[..., dict[str, Any]], make_photo: Callable[..., bytes]
) -> None:
    ids = [send(make_photo(seed))["id"] for seed in range(5)]
    between = context.clock()
    ids.append(send(make_photo(5))["id"])
    with context.database.write() as session:
        for id, columns in {
            ids[0]: {"near_duplicate": True},
            ids[1]: {"model_version": 2},
            ids[2]: {
                "numbers": packed(value=3.5, plain=4.0, hash=2**64 - 1, flip=0.5, boxes=4, doubted=2, unknown=3),
                "stratum": "a/b/c",
                "facings": 3,
            },
            ids[4]: {"facings": None},
        }.items():
            session.execute(update(SignatureRecord).where(SignatureRecord.capture_id == id).values(**columns))
        hold(session, ids[3], between + timedelta(hours=1))
    with context.database.read() as session:
        pool = read_pool(session, 1, context.clock(), seconds=lambda boxes: 2.0 * boxes)
        assert list(read_labelled_vectors(session, 1)) == [ids[3]]
    assert pool.ids == (ids[2], ids[4], ids[5])
    assert (pool.flips.tolist(), pool.unknown.tolist()) == ([0.5, 0, 0], [3, 0, 0])
    assert (pool.values[0], pool.plain[0], pool.doubted[0]) == (3.5, 4, 2)
    assert pool.facings.tolist() == [3, 4, 2]  # all boxes of one that has not kept them
    assert pool.seconds.tolist() == [8, 8, 8]
    assert pool.hashes[0] == 2**64 - 1
    assert pool.stratum(0) == "a/b/c"
    assert pool.vectors.shape == (3, 128)
    assert pool_ids(context, model_version=2) == (ids[1],)
    assert pool_ids(context, before=between) == (ids[2], ids[3], ids[4])
    assert pool_ids(context, model_version=3) == ()


def hold(session: Session, id: str, at: Any) -> None:
    """Let a task hold a capture from a time on."""
    session.add(
        RoundRecord(
            id="r" * 32,
            created_at=at,
            by="",
            config={},
            pool_digest="",
            pool_size=0,
            model_version=1,
            near_duplicates={},
        )
    )
    session.flush()
    task = {"store_id": "s1", "state": "queued", "rank": 1, "arm": "value", "reason": "", "predicted_boxes": 4}
    session.add(TaskRecord(id=id, round_id="r" * 32, capture_id=id, created_at=at, **task))


def test_a_pool_of_several_portions_is_read_whole(
    context: Context,
    send: Callable[..., dict[str, Any]],
    make_photo: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.rounds.queries._PORTION", 2)
    ids = [send(make_photo(seed))["id"] for seed in range(5)]
    assert pool_ids(context) == tuple(ids)


def test_looks_are_read_of_one_kind(
    context: Context, send: Callable[..., dict[str, Any]], make_photo: Callable[..., bytes]
) -> None:
    ids = [send(make_photo(seed))["id"] for seed in range(4)]
    with context.database.write() as session:
        for id, columns in {ids[0]: {"embedder_id": "other"}, ids[1]: {"model_version": 2}}.items():
            session.execute(update(LooksRecord).where(LooksRecord.capture_id == id).values(**columns))
    with context.database.read() as session:
        assert set(read_looks(session, ids, 1)) == set(ids[2:])
        assert set(read_looks(session, ids, 1, "other")) == {ids[0]}
        assert len(read_looks(session, ids[2:3], 1)[ids[2]]) == 2
        assert read_looks(session, [], 1) == {}
        assert (embedder_of_looks(session, 1), embedder_of_looks(session, 9)) == (None, None)
    with context.database.write() as session:
        session.execute(update(LooksRecord).where(LooksRecord.capture_id != ids[3]).values(embedder_id="other"))
    with context.database.read() as session:
        assert embedder_of_looks(session, 1) == "other"
        assert session.scalar(select(LooksRecord.embedder_id).where(LooksRecord.capture_id == ids[3])) is None
