"""A snapshot's classes, its hash, and its manifest's way back."""

import dataclasses
import json

import pytest

from training.snapshots import BadManifest, NothingToTrain, add_synthetic, freeze, parse_manifest

COLA, WATER = "00012345678905", "04006381333931"


@pytest.fixture
def captures(make_capture, make_box):
    boxes = (make_box(gtin=WATER), make_box("shelf", (0, 80, 96, 90)), make_box(gtin=COLA))
    return [make_capture(f"c{i}", boxes=boxes) for i in range(4)]


def test_kinds_are_always_the_same_four(captures):
    assert freeze(captures, "kinds").classes == ("product", "shelf", "tag", "gap")


def test_products_are_those_that_occur_and_then_the_fixtures_that_occur(captures):
    assert freeze(captures, "products").classes == (COLA, WATER, "shelf")


def test_a_facing_nobody_could_name_adds_the_class_product(captures, make_capture, make_box):
    unknown = make_capture("unknown", boxes=(make_box(), make_box("gap")))
    assert freeze([*captures, unknown], "products").classes == (COLA, WATER, "product", "shelf", "gap")


def test_nothing_to_train_says_what_to_do(make_capture):
    with pytest.raises(NothingToTrain, match="label and submit some tasks"):
        freeze([], "kinds")
    with pytest.raises(NothingToTrain, match="1 labelled captures hold no box: annotate"):
        freeze([make_capture("empty", boxes=())], "kinds")


def test_the_hash_ignores_order_and_paths(captures, tmp_path):
    moved = [dataclasses.replace(c, image=tmp_path / "elsewhere" / c.image.name, boxes=c.boxes[::-1]) for c in captures]
    assert freeze(moved[::-1], "products").content_hash == freeze(captures, "products").content_hash


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "0" * 64},
        {"duplicate_group": "a"},
        {"stratum": "dim/steep/supermarket"},
        {"boxes": ()},
    ],
)
def test_the_hash_covers_content(captures, change):
    changed = [dataclasses.replace(captures[0], **change), *captures[1:]]
    assert freeze(changed, "products").content_hash != freeze(captures, "products").content_hash


def test_the_hash_covers_boxes_and_classes(captures, make_box):
    before = freeze(captures, "products").content_hash
    nudged = dataclasses.replace(captures[0], boxes=(*captures[0].boxes[:2], make_box(box=(8, 8, 41, 40), gtin=COLA)))
    assert freeze([nudged, *captures[1:]], "products").content_hash != before
    assert freeze(captures, "kinds").content_hash != before


def test_a_manifest_comes_back_with_the_same_hash(captures):
    snapshot = freeze(captures, "products")
    images = {c.sha256: c.image for c in captures}
    back = parse_manifest(snapshot.manifest(), images.__getitem__)
    assert back.content_hash == snapshot.content_hash
    assert back.captures[0].image == captures[0].image
    assert back.captures[0].taken_at == captures[0].taken_at
    assert set(back.captures[0].boxes) == set(captures[0].boxes)


def test_a_changed_manifest_is_refused(captures, tmp_path):
    manifest = json.loads(freeze(captures, "products").manifest())
    manifest["split_rule"] = "by taste"
    with pytest.raises(BadManifest, match="hashes to"):
        parse_manifest(json.dumps(manifest), lambda _: tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"captures": {"train": [1]}}'])
def test_something_else_is_not_a_manifest(text, tmp_path):
    with pytest.raises(BadManifest, match="not a snapshot manifest"):
        parse_manifest(text, lambda _: tmp_path)


def test_versions_annotations_and_composed_captures_come_back(captures, make_capture, make_box, tmp_path):
    named = [dataclasses.replace(one, annotation_id=f"a-{one.capture_id}") for one in captures]
    composed = make_capture("synthetic-1", boxes=(make_box(gtin="00036000291452"),), store="synthetic")
    snapshot = add_synthetic(freeze(named, "products", {"catalogue": "7"}), [composed])
    back = parse_manifest(snapshot.manifest(), lambda _: tmp_path)
    assert back.content_hash == snapshot.content_hash
    assert back.versions == {"catalogue": "7"}
    assert [one.annotation_id for one in back.captures] == ["a-c0", "a-c1", "a-c2", "a-c3"]
    assert [one.capture_id for one in back.synthetic] == ["synthetic-1"]
    assert back.classes == (COLA, "00036000291452", WATER, "shelf")


def test_composed_captures_only_train(captures, make_capture):
    before = freeze(captures, "products")
    after = add_synthetic(before, [make_capture("synthetic-1")])
    assert after.split == before.split
    assert after.captures == before.captures
    assert after.content_hash != before.content_hash


@pytest.mark.parametrize("versions", [{}, {"catalogue": "2"}, {"catalogue": "1", "guideline": "1"}])
def test_the_hash_covers_versions(captures, versions):
    assert (
        freeze(captures, "kinds", versions).content_hash != freeze(captures, "kinds", {"catalogue": "1"}).content_hash
    )


def test_a_manifest_of_before_versions_is_still_read(make_capture, make_box, tmp_path):
    """Written by the program of before; its hash was taken without versions, annotations and composed captures."""
    capture = {
        **{"capture_id": "c0", "sha256": "0" * 64, "width": 96, "height": 96, "store_id": "s", "bay_id": "b"},
        **{"taken_at": "2026-03-01T09:00:00+00:00", "stratum": "neutral/frontal/convenience", "arm": "value"},
        **{"boxes": [["facing", 8.0, 8.0, 40.0, 40.0, ""]], "duplicate_group": None},
    }
    old = {
        "format_version": 1,
        "class_mode": "kinds",
        "classes": ["product", "shelf", "tag", "gap"],
        "split_rule": "no validation: only 1 captures, 3 are needed",
        "captures": {"train": [capture], "validation": [], "set_aside": []},
        "content_hash": "0cb7a659a4b7c8827ff473f653a8a564ad1f287d8e2da4833769ee6765643172",
    }
    back = parse_manifest(json.dumps(old), lambda _: tmp_path)
    assert back.content_hash == old["content_hash"]
    assert (back.versions, back.synthetic, back.captures[0].annotation_id) == ({}, (), None)


def test_a_manifest_of_a_later_format_is_refused(captures, tmp_path):
    manifest = json.loads(freeze(captures, "kinds").manifest()) | {"format_version": 3}
    with pytest.raises(BadManifest, match="unknown format version 3"):
        parse_manifest(json.dumps(manifest), lambda _: tmp_path)
