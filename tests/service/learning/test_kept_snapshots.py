"""Snapshots in the records: kept, read back, rebuilt from annotations, exported, compared over HTTP."""

import hashlib
import json
from collections.abc import Callable
from functools import partial

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from typer.testing import CliRunner

from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from retail.catalogue_events import Added, Delisted, Merged, Relisted, Split
from retail.gtin import Gtin
from retail.products import Product
from service.app import create_app
from service.auth.keys import issue_key
from service.auth.permissions import Role
from service.catalogue.queries import hold_catalogue
from service.catalogue.service import change
from service.cli import app
from service.context import Context
from service.records import AnnotationRecord, CaptureRecord, SnapshotRecord, TaskRecord
from service.retrainings.queries import current_labels, get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import start_retraining
from service.retrainings.training_set import freeze_snapshot, restore_photos
from service.retrainings.work import MANIFEST, Work
from service.snapshots.exporting import export_snapshot
from service.snapshots.keeping import SnapshotDamaged, read_snapshot
from service.snapshots.labelled import PhotoChanged, PhotoMissing
from service.snapshots.queries import labels_at
from service.snapshots.rebuilding import rebuild
from service.tasks.annotating import keep_boxes

A, B, C, D, E = (Gtin(f"000000000000{end}") for end in ("17", "24", "31", "48", "55"))
FACING = DetectionKind.FACING


@pytest.fixture
def products(context: Context) -> None:
    with context.database.write() as session:
        for gtin in (A, B, C):
            change(session, Added(Product(gtin, f"Milk {gtin}", ("dairy",))), "a test", context.clock())


@pytest.fixture
def draw(context: Context, products: None) -> Callable[..., str]:
    """Let boxes count for a task as of now, instead of earlier ones; return the annotation's id."""

    def submit(task_id: str, *boxes: AnnotatedBox) -> str:
        with context.database.write() as session:
            hold_catalogue(session)
            task = session.get_one(TaskRecord, task_id)
            kept = keep_boxes(session, task, boxes, annotator="a test", source="person", now=context.clock())
        return kept.id

    return submit


@pytest.fixture
def frozen(context: Context, tiny: Callable[..., RetrainingRequest]) -> Callable[..., Work]:
    """Order a retraining and freeze its snapshot."""

    def freeze(**changes: object) -> Work:
        work = Work(context, start_retraining(context, tiny(**changes), by="Ada").id)
        with context.database.write() as session:
            get_retraining(session, work.id).state = "running"
        freeze_snapshot(work)
        with context.database.write() as session:  # one at a time
            get_retraining(session, work.id).state = "running"
        return work

    return freeze


def ended(context: Context, work: Work) -> None:
    with context.database.write() as session:
        get_retraining(session, work.id).state = "failed"


def facing(x: float, gtin: Gtin | None = None, **flags: bool) -> AnnotatedBox:
    return AnnotatedBox(FACING, x, 20, x + 40, 90, gtin, **flags)


def test_the_manifest_outlives_the_retraining_and_names_every_version(context, labelled, frozen, draw):
    labelled.add(4)
    draw("value-1", facing(20, A))
    work = frozen(classes="products")
    (work.folder / MANIFEST).unlink()
    with context.database.read() as session:
        hash = get_retraining(session, work.id).snapshot_hash
        record = session.get_one(SnapshotRecord, hash)
        annotation_ids = record.annotation_ids
        kept = read_snapshot(session, hash)
    assert kept.content_hash == hash
    assert kept.classes == (A, "product", "shelf")
    assert set(kept.versions) == {"catalogue", "guideline", "detector", "embedder", "shelfloop"}
    assert (kept.versions["catalogue"], kept.versions["detector"]) == ("3", "1")
    assert record.counts == {"train": 3, "validation": 1, "set_aside": 0, "synthetic": 0, "boxes": 7}
    assert annotation_ids == [one.annotation_id for one in kept.captures]


def test_frozen_again_it_is_the_same_snapshot_with_its_photos(context, labelled, frozen, draw):
    """As another process does that takes the retraining up on another disk, after labels moved on."""
    labelled.add(4)
    with context.database.write() as session:
        session.get_one(TaskRecord, "value-2").tile = [0, 0, 64, 128]
    work = frozen()
    before = work.snapshot
    draw("value-0", facing(30, B))
    (work.folder / MANIFEST).write_text("torn")
    first, tile, *others = (work.photo(one.sha256) for one in before.captures if one.capture_id != "value-1")
    first.write_bytes(b"torn")
    for photo in (tile, *others):
        photo.unlink()
    again = Work(context, work.id)
    assert freeze_snapshot(again) == before.content_hash
    assert again.snapshot.content_hash == before.content_hash
    for one in before.captures:
        assert hashlib.sha256(work.photo(one.sha256).read_bytes()).hexdigest() == one.sha256


def test_a_photo_that_cannot_be_had_again_says_what_to_do(context, labelled, frozen):
    labelled.add(3)
    work = frozen()
    assert restore_photos(work, work.snapshot) == 0
    lost = work.photo(next(one.sha256 for one in work.snapshot.captures if one.capture_id == "value-0"))
    lost.unlink()
    context.images.put("value-0.jpg", b"something else")
    with pytest.raises(PhotoChanged, match=r"put the picture value-0\.jpg back into the image store from a backup"):
        restore_photos(work, work.snapshot)
    context.images.delete("value-0.jpg")
    with pytest.raises(PhotoMissing, match=r"value-0 is gone: put the picture"):
        restore_photos(work, work.snapshot)
    with context.database.write() as session:
        session.get_one(CaptureRecord, "value-0").deleted_at = context.clock()
    with pytest.raises(PhotoMissing, match="its time was over; order the retraining again"):
        restore_photos(work, work.snapshot)


def test_the_records_give_the_same_snapshot_after_everything_moved_on(context, labelled, frozen, draw):
    labelled.add(6)
    draw("value-0", facing(10, A), facing(60, C))
    draw("value-1", facing(18, B, ignore=True), facing(70, B))
    draw("value-2", facing(26, C))
    with context.database.write() as session:
        session.get_one(TaskRecord, "value-3").tile = [0, 0, 64, 128]
        change(session, Delisted(C, context.clock().date()), "a test", context.clock())
    hash = frozen(classes="products").snapshot.content_hash
    with context.database.write() as session:
        change(session, Merged(A, B), "a test", context.clock())
        change(session, Relisted(C), "a test", context.clock())
    draw("value-0", facing(11, B))
    draw("value-4")
    result = rebuild(context.database, context.images, context.settings.home, hash[:12])
    assert (result.is_same, result.gone, result.damaged, result.missing) == (True, [], [], [])
    assert result.mended is False


def test_photos_whose_time_is_over_are_named_and_the_hash_still_comes_out(context, labelled, frozen):
    labelled.add(5)
    with context.database.write() as session:
        session.get_one(TaskRecord, "value-3").tile = [0, 0, 64, 128]
    hash = frozen().snapshot.content_hash
    with context.database.write() as session:
        session.execute(
            update(CaptureRecord).where(CaptureRecord.id.in_(("value-1", "value-3"))).values(deleted_at=context.clock())
        )
    context.images.delete("value-1.jpg")
    context.images.delete("value-3.jpg")
    result = rebuild(context.database, context.images, context.settings.home, hash)
    assert (result.is_same, result.gone) == (True, ["value-1", "value-3"])


def test_a_damaged_manifest_is_refused_and_made_whole_from_the_annotations(context, labelled, frozen):
    labelled.add(4)
    hash = frozen().snapshot.content_hash
    with context.database.write() as session:
        session.get_one(SnapshotRecord, hash).manifest = b"not zlib"
    with context.database.read() as session, pytest.raises(SnapshotDamaged, match=f"rebuild {hash[:12]}"):
        read_snapshot(session, hash)
    result = rebuild(context.database, context.images, context.settings.home, hash)
    assert (result.is_same, result.mended) == (True, True)
    with context.database.read() as session:
        assert read_snapshot(session, hash).content_hash == hash


def test_a_manifest_of_another_snapshot_is_damage_too(context, labelled, frozen):
    labelled.add(4)
    first = frozen()
    ended(context, first)
    labelled.add(1, arm="random")
    second = frozen()
    one, other = first.snapshot.content_hash, second.snapshot.content_hash
    with context.database.write() as session:
        session.get_one(SnapshotRecord, one).manifest = session.get_one(SnapshotRecord, other).manifest
    with context.database.read() as session, pytest.raises(SnapshotDamaged, match=f"that of {other[:12]}"):
        read_snapshot(session, one)


def test_records_that_were_tampered_with_are_told(context, labelled, frozen):
    labelled.add(4)
    hash = frozen().snapshot.content_hash
    with context.database.write() as session:
        annotation = session.get_one(AnnotationRecord, "value-2")
        annotation.boxes = annotation.boxes[:1]
    context.images.put("value-0.jpg", b"something else")
    result = rebuild(context.database, context.images, context.settings.home, hash)
    assert result.is_same is False
    assert result.differences[:2] == ["captures: 0 added, 0 removed, 0 with another picture", "boxes: 1 removed"]
    assert result.damaged[0].startswith("the photo of capture value-0 is not the one that was annotated")


def test_labels_at_a_version_are_what_they_were_then(context, labelled, draw):
    """At each version of the catalogue as that moment's own reading of the labels had it."""
    labelled.add(3)
    ids = [draw("value-0", facing(10, A), facing(60, C)), draw("value-1", facing(10, B)), draw("value-2", facing(5, C))]
    events = [
        Merged(A, B),
        Delisted(C, context.clock().date()),
        Relisted(C),
        Split(C, (Product(D, "Milk 1 l", ("dairy",)), Product(E, "Milk 2 l", ("dairy",)))),
    ]
    seen = {}
    for number, event in enumerate([None, *events], start=3):
        with context.database.write() as session:
            if event is not None:
                change(session, event, "a test", context.clock())
            seen[number] = current_labels(session)
    assert len({json.dumps(sorted(labels.items())) for labels in seen.values()}) == 3  # merged, without C, before
    with context.database.read() as session:
        for version, labels in seen.items():
            assert labels_at(session, ids, version) == labels


def test_an_export_has_every_photo_that_is_left(context, labelled, frozen, tmp_path):
    labelled.add(5)
    with context.database.write() as session:
        session.get_one(TaskRecord, "value-3").tile = [0, 0, 64, 128]
    hash = frozen().snapshot.content_hash
    with context.database.write() as session:
        session.get_one(CaptureRecord, "value-1").deleted_at = context.clock()
    done = export_snapshot(context.database, context.images, hash, tmp_path / "out", "coco")
    assert done.photos == 4
    assert done.left_out == ("value-1: its photo was deleted because its time was over",)
    assert len(list((tmp_path / "out" / "images").rglob("*.jpg"))) == 4
    assert not list((tmp_path / "out").glob(".photos-*"))


@pytest.fixture
def engineer(context: Context) -> TestClient:
    with context.database.write() as session:
        _, key = issue_key(session, name="Ada", role=Role.ENGINEER, store_ids=None, now=context.clock())
    return TestClient(create_app(context), headers={"Authorization": f"Bearer {key}"})  # not started: no model


def test_snapshots_over_http_and_from_the_command_line(context, labelled, frozen, draw, engineer, monkeypatch):
    labelled.add(4)
    first = frozen(classes="products")
    ended(context, first)
    draw("value-0", facing(10, A))
    second = frozen(classes="products")
    before, after = first.snapshot.content_hash, second.snapshot.content_hash
    listed = engineer.get("/v1/snapshots").json()
    assert [(one["hash"], one["retrainings"]) for one in listed] == [(after, [second.id]), (before, [first.id])]
    shown = engineer.get(f"/v1/snapshots/{before[:8]}").json()
    assert shown["classes"] == {
        "product": {"train": 3, "validation": 1, "set_aside": 0, "synthetic": 0},
        "shelf": {"train": 3, "validation": 1, "set_aside": 0, "synthetic": 0},
    }
    assert list(shown["strata"]) == ["neutral/frontal/convenience"]
    found = engineer.get(f"/v1/snapshots/{before}/diff/{after}").json()
    assert found["by_class"] == {
        "product": {"added": 0, "removed": 0, "relabelled": 1, "redrawn": 0},
        "shelf": {"added": 0, "removed": 1, "relabelled": 0, "redrawn": 0},
    }
    assert found["relabelled"] == [{"before": "product", "after": A, "boxes": 1}]
    assert found["classes_added"] == [A]
    assert "boxes: 1 removed, 1 relabelled" in found["text"]
    unknown = engineer.get("/v1/snapshots/00000000")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "snapshot-not-found")
    assert engineer.get("/v1/snapshots/%25%25%25%25%25%25%25%25").status_code == 422
    monkeypatch.setattr("service.cli.snapshots.call", lambda url, key, method, path: engineer.request(method, path))
    told = [
        CliRunner().invoke(app, ["snapshots", *words, "--key", "k"]).output.splitlines()
        for words in (["list"], ["show", before], ["diff", before, after])
    ]
    assert [line[:12] for line in told[0]] == [after[:12], before[:12]]
    assert "  shelf: 3 train, 1 validation" in told[1]
    assert f"  1 × product is now {A}" in told[2]


def test_from_the_command_line(context, labelled, frozen, settings, tmp_path, monkeypatch):
    labelled.add(4)
    hash = frozen().snapshot.content_hash
    monkeypatch.setenv("SHELFLOOP_HOME", str(settings.home))
    monkeypatch.setenv("SHELFLOOP_DATABASE_URL", settings.database_url)
    call = partial(CliRunner().invoke, app)
    out = str(tmp_path / "out")
    exported = call(["snapshots", "export", hash[:8], "--format", "yolo", "--out", out])
    assert (exported.exit_code, exported.output) == (0, f"Wrote 4 photos to {out}.\n")
    assert call(["snapshots", "export", hash, "--format", "coco", "--out", out]).exit_code == 1  # not empty
    assert call(["snapshots", "rebuild", hash]).output == f"The records give the same snapshot {hash[:12]}.\n"
    unknown = call(["snapshots", "rebuild", "00000000"])
    assert (unknown.exit_code, "There is no snapshot" in unknown.output) == (1, True)
    context.images.put("value-0.jpg", b"something else")
    damaged = call(["snapshots", "rebuild", hash])
    assert (damaged.exit_code, "put the picture value-0.jpg back" in damaged.output) == (1, True)
