"""Calibration of made-up detectors whose right answer is known, and of a real graph."""

import numpy as np
import pytest

from training.architecture import build_model
from training.calibration import UNCALIBRATED, Calibration, calibrate, fit_calibration, operating_point
from training.matching import Comparison, calibration_error
from vision.artefact import ArtefactMetadata

PHOTOS, BOXES = 40, 100
CLASSES = ("product", "shelf", "tag", "gap")


def logistic(z):
    return 1 / (1 + np.exp(-np.asarray(z, float)))


def photo(confidences, correct) -> Comparison:
    """A photo with one box of truth for each right detection; the wrong ones lie elsewhere."""
    n, hits = len(confidences), int(np.sum(correct))
    left = 20.0 * np.arange(n)
    boxes = np.column_stack([left, np.zeros(n), left + 10, np.full(n, 10.0)]).astype(np.float32)
    return Comparison(
        truth=boxes[np.asarray(correct, bool)],
        truth_labels=np.zeros(hits, np.int64),
        boxes=boxes,
        labels=np.zeros(n, np.int64),
        confidences=np.asarray(confidences, float),
    )


def photos(slope: float, bias: float, seed: int = 0) -> list[Comparison]:
    """Photos of a detector that should have said σ(slope z + bias) where it says σ(z)."""
    rng = np.random.default_rng(seed)
    logits = rng.uniform(-3, 3, (PHOTOS, BOXES))
    return [photo(logistic(z), rng.random(BOXES) < logistic(slope * z + bias)) for z in logits]


@pytest.mark.parametrize(("slope", "bias"), [(1.0, 0.0), (0.5, 0.0), (2.0, 1.0), (0.8, -1.5)])
def test_the_line_that_made_the_boxes_right_is_found(slope: float, bias: float):
    found = fit_calibration(photos(slope, bias))
    assert found is not None
    assert 1 / found.temperature == pytest.approx(slope, abs=0.12)
    assert found.bias == pytest.approx(bias, abs=0.12)
    assert found.calibrated_on == (PHOTOS, PHOTOS * BOXES)


def test_calibrated_probabilities_have_a_small_error_on_other_photos():
    found = fit_calibration(photos(2.0, 1.0))
    assert found is not None
    others = photos(2.0, 1.0, seed=1)
    logits = [np.log(c.confidences / (1 - c.confidences)) for c in others]
    calibrated = [
        Comparison(c.truth, c.truth_labels, c.boxes, c.labels, logistic(z / found.temperature + found.bias))
        for c, z in zip(others, logits, strict=True)
    ]
    assert calibration_error(others) > 0.12
    assert calibration_error(calibrated) < 0.03


@pytest.mark.parametrize(("hits", "misses"), [(24, 60), (60, 24)])
def test_too_few_boxes_of_either_sort_tell_nothing(hits: int, misses: int):
    correct = [True] * hits + [False] * misses
    assert fit_calibration([photo([0.6] * len(correct), correct)]) is None


def test_boxes_that_confidence_tells_apart_give_no_endless_slope():
    correct = np.arange(100) >= 50
    found = fit_calibration([photo(np.where(correct, 0.7, 0.3), correct)])
    assert found is not None
    assert 0.1 <= found.temperature < 0.3
    assert found.confidence == 0.5


def test_the_operating_point_gives_a_little_precision_for_recall():
    # By probability: 40 right, then right and wrong in turn, then wrong ones. Ten boxes of truth are never found.
    correct = np.array([True] * 40 + [True, False] * 30 + [False] * 40)
    probabilities = np.linspace(0.49, 0.21, 140)
    # The best F1 is 140 / (80 + 99), at the last right box; 140 / (80 + 103) is the last within 0.02 of it.
    least = operating_point(probabilities, correct, truth=80)
    assert (probabilities >= least).sum() == 103
    assert least == pytest.approx(probabilities[102], abs=1e-3)


def test_the_operating_point_keeps_within_bounds():
    half = np.arange(100) < 50
    assert operating_point(np.where(half, 0.9, 0.6), half, truth=50) == 0.5
    assert operating_point(np.linspace(0.19, 0.01, 100), half, truth=50) == 0.2


def test_metadata_carries_a_calibration_there_and_back():
    calibration = Calibration(temperature=0.5, bias=1.25, confidence=0.3, calibrated_on=(20, 700))
    metadata = ArtefactMetadata(classes=("product",), architecture="yolo11n.yaml", training_run="r")
    told = calibration.applied_to(metadata)
    assert (told.temperature, told.bias, told.confidence, told.calibrated_on) == (0.5, 1.25, 0.3, (20, 700))
    assert told.training_run == "r"
    assert Calibration.of(told) == calibration
    assert Calibration.of(metadata) == UNCALIBRATED


def test_a_model_is_calibrated_on_what_it_finds_itself(make_capture, make_box, monkeypatch):
    """What reaches the fit: one comparison a photo, with everything the uncalibrated graph finds from 0.05 on."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    model = build_model(CLASSES)
    for branch in model.model[-1].cv3:
        torch.nn.init.zeros_(branch[2].bias)  # probabilities around a half instead of a hundredth
    metadata = ArtefactMetadata(classes=CLASSES, architecture="yolo11n.yaml", input_size=96)
    captures = [make_capture(f"c{i}", colour=(40 * i, 90, 200 - 30 * i)) for i in range(5)]
    seen: list[Comparison] = []
    monkeypatch.setattr("training.calibration.fit_calibration", lambda comparisons: seen.extend(comparisons))
    assert calibrate(model, metadata, captures, "kinds") is None
    assert len(seen) == 5
    assert all(len(c.boxes) > 3 and (c.confidences >= 0.05).all() for c in seen)
    assert [c.truth.tolist() for c in seen] == [[[8, 8, 40, 40]]] * 5
    assert calibrate(model, metadata, captures[:4], "kinds") is None
    assert len(seen) == 5  # four photos are not looked at
