import json
import re

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from labeling.annotations import AnnotatedBox, AnnotatedCapture
from labeling.formats import FORMATS, AnnotatedSet, size_unknown
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from service.auth.permissions import Role
from service.cli import app
from service.records import AnnotationRecord, TaskRecord

FACING, TAG = DetectionKind.FACING, DetectionKind.TAG
PEN = Gtin("04006381333931")
BOXES = (
    AnnotatedBox(FACING, 10.1, 20.2, 110.3, 220.4, PEN, occluded=True),
    AnnotatedBox(FACING, 200, 20, 300, 220, ignore=True),
    AnnotatedBox(TAG, 20, 232, 60, 248, truncated=True),
)


@pytest.fixture
def pen(client):
    client.put(f"/v1/products/{PEN}", json={"name": "Füller „Größe M“", "category": ["Büro"]}).raise_for_status()


@pytest.fixture
def labelled(client, bay, pen, make_photo):
    """Three captures of a round, of which two are labelled; their ids."""
    for seed in range(3):
        client.post("/v1/captures", data=bay, files={"photo": make_photo(seed)}).raise_for_status()
    client.post("/v1/rounds", json={"boxes": 12}).raise_for_status()
    lease = client.post("/v1/tasks/lease", json={"count": 2}).json()
    for task in lease["tasks"]:
        boxes = [
            {"kind": box.kind, "box": (box.x1, box.y1, box.x2, box.y2), "gtin": box.gtin}
            | {flag: True for flag in ("ignore", "occluded", "truncated") if getattr(box, flag)}
            for box in BOXES
        ]
        request = {"lease_token": lease["lease_token"], "boxes": boxes}
        client.post(f"/v1/tasks/{task['id']}/annotations", json=request).raise_for_status()
    return sorted(task["capture_id"] for task in lease["tasks"])


def exported(client, format, **asked):
    answer = client.get("/v1/annotations/export", params={"format": format, **asked})
    assert answer.status_code == 200, answer.text
    return answer


def imported(client, format, data, **asked):
    answer = client.post("/v1/annotations/import", params={"format": format, **asked}, content=data)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_exported_can_be_imported_and_changes_nothing(client, context, labelled, format):
    data = exported(client, format).content
    found = FORMATS[format].read(data, size_unknown)
    assert found.captures == tuple(AnnotatedCapture(id, 640, 480, BOXES) for id in labelled)
    assert found.names == {PEN: "Füller „Größe M“"}
    assert imported(client, format, data) == {"kept": 0, "unchanged": 2, "refused": 0, "problems": []}
    with context.database.read() as session:
        assert session.scalar(select(func.count()).select_from(AnnotationRecord)) == 2


def test_what_another_tool_changed_counts_and_what_it_added_is_a_task_of_its_own(client, context, labelled):
    (queued,) = [task for task in client.get("/v1/tasks").json() if task["state"] == "queued"]
    captures = [AnnotatedCapture(f"photos/{id}.jpg", 640, 480, BOXES[1:]) for id in (labelled[0], queued["capture_id"])]
    data = FORMATS["cvat"].write(AnnotatedSet(tuple(captures)))
    assert imported(client, "cvat", data, dry_run=True)["kept"] == 2
    assert client.get(f"/v1/tasks/{queued['id']}").json()["state"] == "queued"
    assert imported(client, "cvat", data)["kept"] == 2
    assert client.get(f"/v1/tasks/{queued['id']}").json()["state"] == "labelled"
    with context.database.read() as session:
        counting = session.scalars(select(AnnotationRecord).where(AnnotationRecord.superseded_by.is_(None))).all()
    assert sorted((one.source, len(one.boxes)) for one in counting) == [("file", 2), ("file", 2), ("person", 3)]


def test_a_capture_that_no_round_picked_gets_a_task(client, context, bay, make_photo):
    sent = client.post("/v1/captures", data=bay, files={"photo": make_photo(9)}).json()
    data = FORMATS["coco"].write(AnnotatedSet((AnnotatedCapture(f"{sent['id']}.png", 640, 480, BOXES[2:]),)))
    assert imported(client, "coco", data)["kept"] == 1
    with context.database.read() as session:
        task = session.scalars(select(TaskRecord)).one()
    assert (task.round_id, task.arm, task.state, task.capture_id) == (None, "file", "labelled", sent["id"])
    assert imported(client, "coco", data)["unchanged"] == 1
    assert len(FORMATS["coco"].read(exported(client, "coco").content, size_unknown).captures) == 1
    assert client.get("/v1/tasks").json()[0]["round_id"] is None


def test_what_cannot_be_taken_is_said_of_each_photo(client, bay, make_photo, labelled):
    lease = client.post("/v1/tasks/lease", json={}).json()
    held = lease["tasks"][0]["capture_id"]
    unknown = AnnotatedBox(FACING, 1, 1, 50, 50, Gtin("00012345678905"))
    captures = (
        AnnotatedCapture("holiday.jpg", 640, 480, ()),
        AnnotatedCapture(labelled[0], 320, 240, ()),
        AnnotatedCapture(labelled[1], 640, 480, (unknown,)),
        AnnotatedCapture(held, 640, 480, ()),
    )
    found = imported(client, "coco", FORMATS["coco"].write(AnnotatedSet(captures)))
    assert (found["kept"], found["unchanged"], found["refused"]) == (0, 0, 4)
    said = [problem["detail"] for problem in found["problems"]]
    for detail, word in zip(said, ("no capture", "scaled or turned", "00012345678905", "labelling it"), strict=True):
        assert word in detail


def test_yolo_of_others_takes_sizes_from_the_captures(client, labelled):
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data.yaml", "names: [product]")
        archive.writestr(f"labels/{labelled[0]}.txt", "0 0.5 0.5 0.25 0.5\n")
    assert imported(client, "yolo", packed.getvalue())["kept"] == 1
    captures = FORMATS["coco"].read(exported(client, "coco").content, size_unknown).captures
    assert captures[0].boxes == (AnnotatedBox(FACING, 240, 120, 400, 360),)


def test_a_file_that_is_none_is_refused_and_says_where(client):
    answer = client.post("/v1/annotations/import", params={"format": "coco"}, content=b"{}")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "file-invalid", "document")


def test_pages_of_captures_and_filters(client, labelled):
    first = exported(client, "coco", limit=1)
    following = client.get(first.links["next"]["url"])
    names = [json.loads(answer.content)["images"][0]["file_name"] for answer in (first, following)]
    assert names == labelled
    assert json.loads(exported(client, "coco", store_id="other").content)["images"] == []
    round_id = client.get("/v1/rounds").json()[0]["id"]
    assert len(json.loads(exported(client, "coco", round_id=round_id).content)["images"]) == 2


def test_who_may(client, key_for):
    for role, may_export, may_import in (
        (Role.STORE, 403, 403),
        (Role.ANNOTATOR, 403, 403),
        (Role.EXPERT, 200, 403),
        (Role.ENGINEER, 200, 422),
    ):
        key = key_for(role)
        assert client.get("/v1/annotations/export?format=coco", headers=key).status_code == may_export
        answer = client.post("/v1/annotations/import?format=coco", content=b"no", headers=key)
        assert answer.status_code == may_import


def test_from_the_command_line(client, key_for, labelled, tmp_path, monkeypatch):
    monkeypatch.setattr("httpx.request", lambda method, url, timeout, **rest: client.request(method, url, **rest))
    monkeypatch.setenv("SHELFLOOP_KEY", key_for(Role.ENGINEER)["Authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("SHELFLOOP_URL", "http://testserver")
    file = tmp_path / "labels.zip"
    runner = CliRunner()
    written = runner.invoke(app, ["annotations", "export", str(file), "--format", "yolo"])
    assert written.exit_code == 0, written.output
    read = runner.invoke(app, ["annotations", "import", str(file), "--format", "yolo", "--dry-run"])
    assert read.exit_code == 0, read.output
    assert re.search("0 photos would count, 2 did already, 0 are refused", " ".join(read.output.split()))
