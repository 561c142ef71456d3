from pathlib import Path

import numpy as np
import pytest

from vision.artefact import ArtefactMetadata, read_metadata
from vision.detector import Detector
from vision.runtime import RawOutputs, load_runtime

METADATA = ArtefactMetadata(classes=("product", "shelf"), architecture="yolo11n.yaml", input_size=64)


class Told:
    """A runtime that answers what it was told: two facings, one of them doubled, on a 64x32 input."""

    def infer(self, framed: np.ndarray) -> RawOutputs:
        assert framed.shape == (1, 32, 64, 3)
        return RawOutputs(
            boxes=np.array([[0, 0, 32, 32], [1, 0, 32, 32], [40, 8, 70, 24]], np.float32),
            probabilities=np.array([[0.9, 0.2], [0.8, 0.1], [0.1, 0.6]], np.float32),
            edge_variances=np.array([[1, 4, 1, 4]] * 3, np.float32),
            vectors=np.array([[3, 4], [1, 0], [0, 2]], np.float32),
            image_vector=np.array([0, 5], np.float32),
        )


def test_photo_becomes_detections_in_photo_pixels():
    found = Detector(Told(), METADATA).detect(np.zeros((64, 128, 3), np.uint8))
    assert found.boxes.tolist() == [[0, 0, 64, 64], [80, 16, 128, 48]]
    assert found.class_ids.tolist() == [0, 1]
    np.testing.assert_allclose(found.confidences, [0.9, 0.6])
    assert found.edge_deviations.tolist() == [[2, 4, 2, 4]] * 2
    np.testing.assert_allclose(found.vectors, [[0.6, 0.8], [0, 1]])
    assert found.image_vector.tolist() == [0, 1]
    assert (found.size, found.truncated) == ((128, 64), False)


def test_reduced_image_gives_boxes_of_the_full_photo():
    found = Detector(Told(), METADATA).detect(np.zeros((64, 128, 3), np.uint8), size=(1280, 640))
    assert found.boxes[0].tolist() == [0, 0, 640, 640]
    assert found.size == (1280, 640)


class Sliver(Told):
    """The same, but the second facing lies in the padding below the photo save for a pixel of it."""

    def infer(self, framed: np.ndarray) -> RawOutputs:
        raw = super().infer(framed)
        raw.boxes[2] = [40, 31.5, 60, 40]
        return raw


def test_what_clipping_leaves_of_a_box_outside_the_photo_is_no_detection():
    found = Detector(Sliver(), METADATA).detect(np.zeros((64, 128, 3), np.uint8))
    assert found.boxes.tolist() == [[0, 0, 64, 64]]


def test_limits_apply():
    sure = Detector(Told(), METADATA, confidence=0.7).detect(np.zeros((64, 128, 3), np.uint8))
    few = Detector(Told(), METADATA, max_detections=1).detect(np.zeros((64, 128, 3), np.uint8))
    assert (len(sure), sure.truncated) == (1, False)
    assert (len(few), few.truncated) == (1, True)


def test_the_artefact_says_from_which_confidence_on_a_detection_counts():
    strict = METADATA.model_copy(update={"confidence": 0.7})
    assert len(Detector(Told(), strict).detect(np.zeros((64, 128, 3), np.uint8))) == 1
    assert len(Detector(Told(), strict, confidence=0.5).detect(np.zeros((64, 128, 3), np.uint8))) == 2


@pytest.mark.parametrize("confidence", [0.0, 0.5, 1.0])
def test_one_pass_through_a_real_file(artefact: Path, noise: np.ndarray, confidence: float):
    detector = Detector(load_runtime("openvino", artefact, threads=1), read_metadata(artefact), confidence)
    found = detector.detect(noise)
    assert found.size == (200, 120)
    assert found.probabilities.shape == (len(found), 4)
    assert (found.confidences >= confidence).all()
    assert (found.boxes >= 0).all()
    assert (found.boxes <= [200, 120, 200, 120]).all()
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
    assert (confidence > 0) or len(found) > 0
