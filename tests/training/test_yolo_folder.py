"""The folder that Ultralytics reads."""

import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from training.snapshots import add_synthetic, freeze
from training.yolo_folder import label_lines, materialise


@pytest.fixture
def snapshot(make_capture, make_box):
    boxes = (make_box(box=(24, 0, 72, 48)), make_box("shelf", (-10, 90, 200, 96)))
    return freeze([make_capture(f"c{i}", boxes=boxes, colour=(200, 30, 30)) for i in range(4)], "kinds")


def test_labels_are_shares_of_the_photo_cut_at_its_border(snapshot):
    assert label_lines(snapshot.captures[0], snapshot) == [
        "0 0.500000 0.250000 0.500000 0.500000",
        "1 0.500000 0.968750 1.000000 0.062500",
    ]


def test_a_box_outside_the_photo_is_left_out(snapshot, make_box):
    outside = replace(snapshot.captures[0], boxes=(make_box(box=(100, 0, 140, 40)),))
    assert label_lines(outside, snapshot) == []


def test_names_everything_by_absolute_paths(snapshot, tmp_path):
    path = materialise(snapshot, tmp_path / "yolo")
    data = yaml.safe_load(path.read_text())
    assert path.is_absolute()
    assert Path(data["path"]) == path.parent
    assert data["names"] == {0: "product", 1: "shelf", 2: "tag", 3: "gap"}
    assert len(list((path.parent / data["train"]).iterdir())) == 3
    assert len(list((path.parent / data["val"]).iterdir())) == 1
    assert len(list((path.parent / "labels" / "train").iterdir())) == 3


def test_can_be_repeated_after_an_interruption(snapshot, tmp_path):
    path = materialise(snapshot, tmp_path / "yolo")
    next((path.parent / "labels" / "train").iterdir()).write_text("half a li")
    path.unlink()
    materialise(snapshot, tmp_path / "yolo")
    assert all("half" not in label.read_text() for label in (path.parent / "labels").rglob("*.txt"))


def test_without_validation_the_training_photos_are_named_twice(make_capture, tmp_path):
    snapshot = freeze([make_capture("only", colour=(1, 2, 3))], "kinds")
    data = yaml.safe_load(materialise(snapshot, tmp_path / "yolo").read_text())
    assert data["val"] == data["train"] == "images/train"


@pytest.mark.parametrize(("cut", "links"), [(0, 2), (2, 1)])
def test_a_jpeg_that_ultralytics_would_repair_in_place_is_copied(make_capture, tmp_path, cut, links):
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((96, 96, 3), dtype=np.uint8)).save(buffer, "JPEG")
    photo = tmp_path / "stored"
    photo.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) - cut])
    snapshot = freeze([replace(make_capture("c"), image=photo)], "kinds")
    materialise(snapshot, tmp_path / "yolo")
    assert os.stat(photo).st_nlink == links
    assert [p.suffix for p in (tmp_path / "yolo" / "images" / "train").iterdir()] == [".jpg"]


def test_synthetic_captures_train_and_rates_are_by_file(snapshot, make_capture, tmp_path):
    made = make_capture("synthetic-1", store="synthetic", arm="synthetic", colour=(0, 0, 200))
    both = add_synthetic(snapshot, [made])
    rates = {capture.capture_id: 1.5 for capture in (*both.split.train, made)}
    path = materialise(both, tmp_path / "yolo", rates)
    data = yaml.safe_load(path.read_text())
    photos = {photo.stem for photo in (path.parent / data["train"]).iterdir()}
    assert len(photos) == 4
    assert data["rates"] == dict.fromkeys(photos, 1.5)


def test_what_another_call_left_is_not_trained_on(snapshot, make_capture, tmp_path):
    path = materialise(snapshot, tmp_path / "yolo")
    other = freeze([make_capture("only", colour=(1, 2, 3))], "kinds")
    materialise(other, tmp_path / "yolo")
    assert len(list((path.parent / "images").rglob("*.png"))) == 1
    assert len(list((path.parent / "labels").rglob("*.txt"))) == 1
