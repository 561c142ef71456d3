"""After its time is over nothing of a photo is left, wherever one looks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import LargeBinary, select

from service.context import Context
from service.privacy.deleting import delete_expired
from service.records import (
    AnnotationRecord,
    CaptureRecord,
    DeletionRecord,
    FacingVectorsRecord,
    LooksRecord,
    Record,
    ReferenceRecord,
    ReferenceVectorRecord,
    SignatureRecord,
    UnknownFacingRecord,
)
from service.retrainings.queries import list_annotated

COLA = "00000000000017"


@pytest.fixture
def noise() -> bytes:
    """A photo that has no byte in common with others but by chance."""
    image = np.random.default_rng(7).integers(0, 255, (480, 640, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", image)[1])


@pytest.fixture
def send(client, bay) -> Callable[[bytes], str]:
    def send(photo: bytes) -> str:
        sent = client.post("/v1/captures", files={"photo": photo}, data=bay)
        sent.raise_for_status()
        return sent.json()["id"]

    return send


@pytest.fixture
def labelled(client, context, send, noise, clock) -> str:
    """A capture with a labelled facing, which became a reference, an unknown facing, and a copy in a fit's scratch."""
    client.put(f"/v1/products/{COLA}", json={"name": "Cola", "category": ["drinks"]}).raise_for_status()
    id = send(noise)
    client.post("/v1/rounds", json={"boxes": 100, "random_share": 0, "support_share": 0}).raise_for_status()
    lease = client.post("/v1/tasks/lease", json={}).json()
    boxes = [{"kind": "facing", "box": [10, 20, 110, 220], "gtin": COLA}]
    request = {"lease_token": lease["lease_token"], "boxes": boxes}
    client.post(f"/v1/tasks/{lease['tasks'][0]['id']}/annotations", json=request).raise_for_status()
    context.naming.refresh()
    with context.database.write() as session:
        capture = session.get_one(CaptureRecord, id)
        session.add(
            FacingVectorsRecord(
                embedder_id="literal-1",
                annotation_id=session.scalars(select(AnnotationRecord.id)).one(),
                places=[0],
                vectors=np.random.default_rng(4).standard_normal(12).astype("<f2").tobytes(),
            )
        )
        session.add(
            UnknownFacingRecord(
                id="f" * 32,
                capture_id=id,
                store_id="s1",
                detection=0,
                box=[10, 20, 110, 220],
                embedder_id="literal-1",
                vector=np.random.default_rng(3).standard_normal(12).astype("<f2").tobytes(),
                unknown_score=0.9,
                created_at=clock(),
                state="open",
            )
        )
    scratch = context.settings.home / "retrainings" / "r1" / "scratch" / "photos" / f"{capture.image_sha256}.jpg"
    scratch.parent.mkdir(parents=True)
    scratch.write_bytes(context.images.get(capture.image_key))
    return id


def pieces(context: Context, capture_id: str) -> dict[str, list[bytes]]:
    """Parts of everything that was made of a photo's pixels."""
    with context.database.read() as session:
        capture = session.get_one(CaptureRecord, capture_id)
        shown = session.scalars(select(ReferenceRecord).where(ReferenceRecord.capture_id == capture_id)).all()
        vectors = {
            "image vector": session.get_one(SignatureRecord, capture_id).image_vector,
            "looks": session.get_one(LooksRecord, capture_id).looks,
            "facings": session.scalars(select(FacingVectorsRecord)).one().vectors,
            "unknown facing": session.get_one(UnknownFacingRecord, "f" * 32).vector,
        }
        for reference in shown:
            for made in session.scalars(select(ReferenceVectorRecord).filter_by(reference_id=reference.id)):
                vectors["reference's vector"] = made.vector
    found = {name: [vector] for name, vector in vectors.items()}
    for name, key in [("photo", capture.image_key), *(("reference", one.image_key) for one in shown)]:
        picture = context.images.get(key)
        found[name] = [picture[at : at + 24] for at in range(len(picture) // 3, len(picture) - 24, 997)]
    assert {"photo", "reference", "image vector", "looks", "facings", "unknown facing"} <= set(found)
    return found


def everything(context: Context) -> Iterator[bytes]:
    """Every file below the service's home (SQLite's is there too), and every binary value in the database."""
    for path in sorted(Path(context.settings.home).parent.rglob("*")):
        if path.is_file():
            yield path.read_bytes()
    with context.database.read() as session:
        for table in Record.metadata.tables.values():
            for column in table.columns:
                if isinstance(column.type, LargeBinary):
                    yield from (value for value in session.scalars(select(column)) if value)


def found_in(context: Context, wanted: dict[str, list[bytes]]) -> set[str]:
    places = list(everything(context))
    return {name for name, parts in wanted.items() if any(part in place for part in parts for place in places)}


def keep(client, days: int | None, store_id: str | None = None) -> None:
    client.put("/v1/retention", json={"kind": "captures", "days": days, "store_id": store_id}).raise_for_status()


def test_no_byte_of_an_expired_photo_is_left(client, context, clock, labelled, noise):
    wanted = pieces(context, labelled)
    assert len(context.naming.current().gallery) == 1
    assert found_in(context, wanted) == set(wanted), "the search finds what is there"
    assert client.get("/v1/unknowns/" + "f" * 32 + "/crop").status_code == 200  # remembered in memory from now on
    keep(client, 90)
    clock.advance(days=89)
    assert delete_expired(context) == 0
    assert found_in(context, wanted) == set(wanted)
    clock.advance(days=1)
    assert delete_expired(context) == 1
    assert found_in(context, wanted) == set()
    (deletion,) = client.get("/v1/deletions").json()
    assert (deletion["subject_id"], deletion["store_id"], deletion["left"]) == (labelled, "s1", [])
    assert deletion["proved_at"] is not None
    assert deletion["rows"]["signatures"] == 1
    gone = client.get(f"/v1/captures/{labelled}/photo")
    assert (gone.status_code, gone.json()["code"]) == (410, "photo-deleted")
    assert client.get(f"/v1/captures/{labelled}/overlay").status_code == 410
    assert client.get("/v1/unknowns/" + "f" * 32 + "/crop").status_code == 404
    context.naming.refresh()
    assert context.naming.current() is None  # no picture is left to compare a facing with
    assert client.get(f"/v1/captures/{labelled}").status_code == 200  # what was counted stays
    with context.database.read() as session:
        assert list_annotated(session, None) == []
        assert session.scalars(select(AnnotationRecord)).one().capture_id == labelled


def test_a_store_s_own_rule_goes_first(client, context, clock, send, make_photo):
    send(make_photo(1))
    keep(client, 10)
    keep(client, 30, "s1")
    clock.advance(days=20)
    assert delete_expired(context) == 0
    keep(client, None, "s1")
    assert delete_expired(context) == 1
    rules = client.get("/v1/retention").json()
    assert [(rule["store_id"], rule["kind"], rule["days"]) for rule in rules] == [(None, "captures", 10)]
    refused = client.put("/v1/retention", json={"kind": "captures", "days": 9, "store_id": "nowhere"})
    assert (refused.status_code, refused.json()["field"]) == (404, "store_id")


def test_a_queued_task_ends_with_its_photo(client, context, clock, send, make_photo):
    send(make_photo(1))
    client.post("/v1/rounds", json={"boxes": 100}).raise_for_status()
    keep(client, 1)
    clock.advance(days=2)
    delete_expired(context)
    assert client.post("/v1/tasks/lease", json={}).json()["tasks"] == []
    (task,) = client.get("/v1/tasks").json()
    assert (task["state"], task["skip_reason"]) == ("skipped", "expired")


def test_a_deletion_is_not_proved_before_its_files_are_gone(client, context, clock, send, make_photo, monkeypatch):
    id = send(make_photo(1))
    keep(client, 1)
    clock.advance(days=2)

    def away(_key: str) -> None:
        raise OSError("the image store is away")

    with monkeypatch.context() as patched:
        patched.setattr(context.images, "delete", away)
        with pytest.raises(OSError, match="away"):
            delete_expired(context)
    (open_one,) = client.get("/v1/deletions").json()
    assert (open_one["proved_at"], len(open_one["left"])) == (None, 1)
    assert delete_expired(context) == 0  # it is deleted already; what was left is finished
    with context.database.read() as session:
        assert session.get_one(DeletionRecord, id).proved_at == clock()
    assert context.images.keys() == []
