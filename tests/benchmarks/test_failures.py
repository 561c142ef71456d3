from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from benchmarks.failures import Failure, picture, tiles, worst
from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from training.captures import LabelledCapture
from vision.artefact import ArtefactMetadata
from vision.detections import Detections

NOTHING_IGNORED = np.zeros((0, 4), np.float32)
HIT, WRONG, SURER = (0, 0, 10, 20), (20, 0, 30, 20), (40, 0, 50, 20)
SMALL, LARGE = (60, 0, 70, 20), (60, 40, 80, 80)


class Saw:
    """A detector that found three facings and a shelf edge, the surest of all."""

    metadata = ArtefactMetadata(classes=("product", "shelf"), architecture="yolo11n.yaml")

    def detect(self, image: np.ndarray) -> Detections:
        return Detections(
            boxes=np.array([(0, 90, 100, 95), HIT, SURER, WRONG], np.float32),
            class_ids=np.array([1, 0, 0, 0]),
            probabilities=np.array([[0, 0.95], [0.9, 0], [0.75, 0], [0.5, 0]], np.float32),
            edge_deviations=np.ones((4, 4), np.float32),
            vectors=np.ones((4, 1), np.float32),
            image_vector=np.ones(1, np.float32),
            size=(100, 100),
        )


def capture(folder: Path) -> LabelledCapture:
    path = folder / "shelf.png"
    cv2.imwrite(str(path), np.zeros((100, 100, 3), np.uint8))
    boxes = tuple(AnnotatedBox(DetectionKind.FACING, *corners) for corners in (HIT, SMALL, LARGE))
    day = datetime(2026, 1, 1, tzinfo=UTC)
    return LabelledCapture("shelf", path, "0" * 64, 100, 100, "store", "bay", day, "s", "random", boxes)


def test_the_surest_wrong_box_and_the_largest_missed_facing_are_the_worst(tmp_path: Path):
    wrong, missed = worst(Saw(), capture(tmp_path), NOTHING_IGNORED)
    assert (wrong.wrong, wrong.badness) == (True, 0.75)
    assert not missed.wrong
    assert abs(missed.badness - 0.08) < 1e-6


def test_an_ignored_area_excuses_a_wrong_box(tmp_path: Path):
    wrong, _ = worst(Saw(), capture(tmp_path), np.array([SURER], np.float32))
    assert wrong.badness == 0.5


def test_picture_shows_the_box_in_its_surroundings():
    image, box = np.zeros((100, 100, 3), np.uint8), np.array([60, 40, 70, 60], np.float32)
    tile = picture(image, box, np.zeros((0, 4), np.float32), box[None], "")
    rows, columns = np.nonzero((tile[30:] == (0, 160, 160)).all(2))  # 390 px show 40 px around the middle, 65 and 50
    edges = np.array([columns.min(), rows.min(), columns.max(), rows.max()])
    np.testing.assert_allclose(edges, np.array([15, 10, 25, 30]) * 390 / 40, atol=4)


def test_a_row_has_the_two_worst_of_its_sort():
    def shade(value: int) -> np.ndarray:
        return np.full((420, 390, 3), value, np.uint8)

    failures = [Failure(wrong, bad, shade(round(bad * 100))) for wrong, bad in ((True, 0.3), (False, 1), (True, 0.9))]
    assert [tile.max() for tile in tiles([*failures, Failure(True, 0.5, shade(50))], True)] == [90, 50]
    assert [tile.min() for tile in tiles(failures, False)] == [100, 255]
