"""`shelfloop simulate` on labels of a user: an archive of vectors, a folder with COCO annotations."""

import json
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from service.cli import app
from service.simulation.reading import BadLabels, read_labels


@dataclass
class Colours:
    """An embedder that sees nothing but the mean colour."""

    id: str = "colours"
    crop_size: int = 8
    width: int = 3

    def embed(self, crops):
        means = crops.reshape(len(crops), -1, 3).mean(1).astype(np.float32)
        return means / np.linalg.norm(means, axis=1, keepdims=True)


def no_embedder():
    raise AssertionError("vectors need no embedder")


@pytest.fixture
def archive(tmp_path):
    rng = np.random.default_rng(3)
    labels = rng.choice(12, 600, p=np.array([0.78] + [0.02] * 11))
    vectors = np.linalg.qr(rng.normal(size=(32, 32)))[0][labels] + rng.normal(0, 0.12, (600, 32))
    path = tmp_path / "mine.npz"
    np.savez(path, vectors=vectors, labels=np.array([f"product {label}" for label in labels]))
    return path


def test_an_archive_is_simulated_and_written(archive, tmp_path):
    out = tmp_path / "out.json"
    result = CliRunner().invoke(app, ["simulate", "--labels", str(archive), "--quick", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "600 captures, 600 boxes of 12 products" in result.output
    written = json.loads(out.read_text())
    assert [recipe["recipe"] for recipe in written["recipes"]] == ["random", "margin", "ours"]
    assert len(written["recipes"][0]["boxes"]) == 3


def test_what_is_missing_is_named(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, vectors=np.eye(3))
    result = CliRunner().invoke(app, ["simulate", "--labels", str(path)])
    assert result.exit_code == 1
    assert "no array named 'labels'" in result.output


def test_labels_of_another_length_are_named(tmp_path):
    path = tmp_path / "mine.npz"
    np.savez(path, vectors=np.eye(3), labels=np.array(["a", "b"]))
    with pytest.raises(BadLabels, match=r"labels has shape \(2,\), expected \(3,\)"):
        read_labels(path, no_embedder)


def test_captures_and_groups_of_an_archive(tmp_path):
    path = tmp_path / "mine.npz"
    names = np.array(["a", "b"] * 10)
    captures = np.arange(20) // 2
    np.savez(path, vectors=np.eye(20), labels=names, captures=captures, groups=captures // 2)
    known = read_labels(path, no_embedder)
    assert known.boxes.tolist() == [2] * 10
    assert known.seconds[0] == 12 + 2 * 7
    assert (known.folds[::2] == known.folds[1::2]).all()


def coco(folder, colours):
    """Write a photo with one box of each colour's product, and a price tag beside it that no one simulates."""
    images, annotations = [], []
    for number, (name, colour) in enumerate(colours):
        picture = np.full((40, 40, 3), 20, np.uint8)
        picture[10:30, 10:30] = colour
        cv2.imwrite(str(folder / f"{number}.png"), picture[..., ::-1])
        images.append({"id": number, "file_name": f"{number}.png", "width": 40, "height": 40})
        annotations.append({"image_id": number, "category_id": name, "bbox": [10, 10, 20, 20]})
        annotations.append({"image_id": number, "category_id": "t", "bbox": [0, 35, 40, 5]})
    categories = [{"id": "r", "name": "red"}, {"id": "g", "name": "green"}, {"id": "t", "name": "tag"}]
    document = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(document))


def test_a_folder_is_embedded_box_by_box(tmp_path):
    shades = [("r", (200, 10 * i, 0)) for i in range(0, 25, 6)] + [("g", (10 * i, 200, 90)) for i in range(0, 25, 6)]
    coco(tmp_path, shades)
    with pytest.raises(BadLabels, match="fewer than 5 scenes"):
        read_labels(tmp_path, Colours)
    (tmp_path / "annotations.json").write_text("{}")
    with pytest.raises(BadLabels, match="no COCO detection JSON"):
        read_labels(tmp_path, Colours)


def test_boxes_of_products_are_cut_and_others_left_out(tmp_path):
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 0, 250), (0, 250, 250)]
    coco(tmp_path, [("r" if number % 2 else "g", colour) for number, colour in enumerate(colours)])
    known = read_labels(tmp_path, Colours)
    assert known.labels.tolist() == [0, 1, 0, 1, 0]  # green, red
    assert known.vectors[0] == pytest.approx([1, 0, 0], abs=0.05)
