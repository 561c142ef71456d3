"""Shop photos boxed by eye: what is read is what was drawn, and what stayed undecided teaches nothing."""

import csv
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import pytest

from retail.boxes import DetectionKind
from training.starter import shop_photos
from training.starter.shop_photos import LABELS, ShopPhoto, read_shop_photos

GREY = [114, 114, 114]
COLOUR = [200, 100, 50]
HEADER = "photo,kind,x1,y1,x2,y2,ignore"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset of thirteen orange photos, 40 by 30 pixels; the first has five boxes, the others one each."""
    (tmp_path / "train").mkdir()
    image = np.full((30, 40, 3), COLOUR, np.uint8)
    for number in range(13):
        cv2.imwrite(str(tmp_path / "train" / f"shop_{number:02d}.png"), image[..., ::-1])
    rows = [
        *(f"train/shop_{number:02d}.png,facing,1,1,9,9,0" for number in range(12, 0, -1)),  # out of order
        "train/shop_00.png,facing,2,3,12,13,0",
        "train/shop_00.png,facing,8,3,20,13,1",
        "train/shop_00.png,shelf,-1,14,41,18,0",
        "train/shop_00.png,facing,30,20,44,33,1",
        "train/shop_00.png,tag,33,24,36,26,0",
    ]
    labels = tmp_path / "labels.csv"
    labels.write_text("\n".join([HEADER, *rows]) + "\n")
    monkeypatch.setattr(shop_photos, "LABELS", labels)
    return tmp_path


@pytest.fixture
def photos(shop: Path) -> list[ShopPhoto]:
    return list(read_shop_photos(shop))


def test_taught_boxes_are_read_and_kept_inside_the_photo(photos: list[ShopPhoto]):
    first = photos[0]
    assert first.kinds == (DetectionKind.FACING, DetectionKind.SHELF, DetectionKind.TAG)
    assert first.boxes.tolist() == [[2, 3, 12, 13], [0, 14, 40, 18], [33, 24, 36, 26]]
    assert first.boxes.dtype == np.float32


def test_ignored_areas_are_grey_save_where_a_box_is_taught(photos: list[ShopPhoto]):
    expected = np.full((30, 40, 3), COLOUR, np.uint8)
    expected[3:13, 12:20] = GREY  # from 8 to 12 it overlaps the first facing
    expected[20:30, 30:40] = GREY
    expected[24:26, 33:36] = COLOUR  # the tag
    np.testing.assert_array_equal(photos[0].image, expected)


def test_every_sixth_photo_in_the_order_of_paths_is_held_out(photos: list[ShopPhoto]):
    assert [photo.name for photo in photos] == [f"shop_{number:02d}" for number in range(13)]
    assert [photo.name for photo in photos if photo.held_out] == ["shop_00", "shop_06", "shop_12"]


def read_rows() -> dict[str, list[dict[str, str]]]:
    photos = defaultdict(list)
    with LABELS.open(newline="") as file:
        for row in csv.DictReader(file):
            photos[row["photo"]].append(row)
    return photos


def test_committed_labels_are_well_formed():
    photos = read_rows()
    assert {path.split("/")[0] for path in photos} == {"train"}, "the dataset's validation split stays unseen"
    assert len({Path(path).stem for path in photos}) == len(photos), "names must tell photos apart"
    for path, rows in photos.items():
        assert any(row["ignore"] == "0" for row in rows), f"{path} teaches nothing"
        for row in rows:
            assert row["ignore"] in ("0", "1")
            assert DetectionKind(row["kind"]) is DetectionKind.FACING or row["ignore"] == "0"


def test_committed_labels_lie_inside_their_photos(shop_data: Path):
    rows = read_rows()
    photos = list(read_shop_photos(shop_data / "grocery-store-klasson"))
    assert [photo.name for photo in photos] == [Path(path).stem for path in sorted(rows)]
    for path, photo in zip(sorted(rows), photos, strict=True):
        height, width = photo.image.shape[:2]
        for row in rows[path]:
            x1, y1, x2, y2 = (float(row[side]) for side in ("x1", "y1", "x2", "y2"))
            assert 0 <= x1 < x2 <= width, f"{path}: {row}"
            assert 0 <= y1 < y2 <= height, f"{path}: {row}"
