"""A snapshot as a folder: what Ultralytics and COCO's own tools read from it."""

import dataclasses
import json

import pytest
import yaml

from training.snapshot_export import export
from training.snapshots import add_synthetic, freeze, parse_manifest

COLA, WATER = "00012345678905", "04006381333931"


@pytest.fixture
def snapshot(make_capture, make_box):
    boxes = (make_box(gtin=COLA), make_box(box=(50, 10, 90, 60), gtin=WATER), make_box("shelf", (0, 80, 96, 90)))
    captures = [make_capture(f"c{i}:0", boxes=boxes, colour=(200, 30, 30)) for i in range(6)]
    composed = make_capture("synthetic-1", boxes=boxes[:1], colour=(9, 200, 9), store="synthetic", arm="synthetic")
    return add_synthetic(freeze(captures, "products", {"catalogue": "2"}), [composed])


@pytest.mark.parametrize("format", ["yolo", "coco"])
def test_the_manifest_and_every_photo_come_along(snapshot, tmp_path, format):
    assert export(snapshot, tmp_path / "out", format) == 7
    manifest = (tmp_path / "out" / "snapshot.json").read_text()
    assert parse_manifest(manifest, lambda _: tmp_path).content_hash == snapshot.content_hash
    photos = {path.relative_to(tmp_path / "out").parts[1] for path in (tmp_path / "out" / "images").rglob("*.png")}
    assert photos == {"train", "val"}


def test_a_photo_that_is_not_here_is_left_out(snapshot, tmp_path):
    snapshot.split.validation[0].image.unlink()
    assert export(snapshot, tmp_path / "out", "yolo") == 6
    assert len(list((tmp_path / "out" / "images").rglob("*.png"))) == 6


def test_ultralytics_reads_it_wherever_it_is_moved(snapshot, tmp_path):
    from ultralytics.data.dataset import YOLODataset
    from ultralytics.data.utils import check_det_dataset

    export(snapshot, tmp_path / "first", "yolo")
    moved = (tmp_path / "first").rename(tmp_path / "moved")
    data = check_det_dataset(str(moved / "data.yaml"), autodownload=False)
    assert data["names"] == {0: COLA, 1: WATER, 2: "shelf"}
    train = YOLODataset(img_path=data["train"], data=data, augment=False)
    assert len(train) == len(snapshot.split.train) + 1
    first = next(label for label in train.labels if "c" in label["im_file"].rpartition("/")[2])
    assert first["cls"].ravel().tolist() == [0, 1, 2]
    assert first["bboxes"][0] * 96 == pytest.approx([24, 24, 32, 32], abs=1e-3)


def test_cocos_own_tools_read_it(snapshot, tmp_path):
    from faster_coco_eval import COCO

    export(snapshot, tmp_path / "out", "coco")
    coco = COCO(str(tmp_path / "out" / "annotations" / "instances_val.json"))
    (image,) = coco.loadImgs(coco.getImgIds())
    assert (tmp_path / "out" / "images" / "val" / image["file_name"]).is_file()
    assert (image["capture_id"], image["width"]) == (snapshot.split.validation[0].capture_id, 96)
    boxes = coco.loadAnns(coco.getAnnIds(image["id"]))
    names = {row["id"]: row["name"] for row in coco.loadCats(coco.getCatIds())}
    assert [(names[box["category_id"]], box["bbox"], box["area"], box.get("gtin")) for box in boxes] == [
        (COLA, [8, 8, 32, 32], 1024, COLA),
        (WATER, [50, 10, 40, 50], 2000, WATER),
        ("shelf", [0, 80, 96, 10], 960, None),
    ]


def test_in_kinds_mode_the_product_of_a_facing_is_kept_beside_its_class(make_capture, make_box, tmp_path):
    captures = [make_capture(f"c{i}", boxes=(make_box(gtin=COLA),), colour=(1, 2, 3)) for i in range(2)]
    export(freeze(captures, "kinds"), tmp_path / "coco", "coco")
    document = json.loads((tmp_path / "coco" / "annotations" / "instances_train.json").read_text())
    assert [row["name"] for row in document["categories"]] == ["product", "shelf", "tag", "gap"]
    assert {(row["category_id"], row["gtin"]) for row in document["annotations"]} == {(1, COLA)}
    export(dataclasses.replace(freeze(captures, "kinds")), tmp_path / "yolo", "yolo")
    assert yaml.safe_load((tmp_path / "yolo" / "data.yaml").read_text())["val"] == "images/train"
