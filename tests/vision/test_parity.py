import numpy as np
import pytest

from vision.detections import Detections
from vision.parity import Parity, compare


def found(boxes: list[list[float]], confidences: list[float], classes: list[int] | None = None) -> Detections:
    n = len(boxes)
    class_ids = np.array(classes or [0] * n, np.int64)
    probabilities = np.zeros((n, 2), np.float32)
    probabilities[np.arange(n), class_ids] = confidences
    return Detections(
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        class_ids=class_ids,
        probabilities=probabilities,
        edge_deviations=np.zeros((n, 4), np.float32),
        vectors=np.zeros((n, 1), np.float32),
        image_vector=np.ones(1, np.float32),
        size=(100, 100),
    )


LEFT, RIGHT = [0.0, 0.0, 10.0, 10.0], [50.0, 0.0, 60.0, 10.0]


def test_equal_answers_are_in_parity():
    same = found([LEFT, RIGHT], [0.9, 0.8])
    expected = Parity(photos=1, boxes=2, unmatched=0, iou=1, probability=0, uncertainty=0)
    assert compare([same], [same]) == expected
    assert not expected.holds, "two boxes are too few to tell"
    assert expected.model_copy(update={"boxes": 100}).holds


def test_differences_are_measured_on_matched_boxes():
    parity = compare([found([LEFT], [0.9])], [found([[0.0, 0.0, 10.0, 9.0]], [0.8])])
    assert (parity.iou, parity.unmatched) == (0.9, 0)
    assert parity.probability == pytest.approx(0.1, abs=1e-4)
    assert parity.uncertainty > 0


@pytest.mark.parametrize(
    "other",
    [
        found([LEFT], [0.9]),  # one is gone
        found([LEFT, RIGHT, [80.0, 80.0, 90.0, 90.0], [20.0, 80.0, 30.0, 90.0]], [0.9] * 4),  # two have come
        found([LEFT, RIGHT], [0.9, 0.9], [0, 1]),  # one has become something else
        found([], []),
    ],
)
def test_boxes_that_come_or_go_are_counted(other: Detections):
    reference = found([LEFT, RIGHT], [0.9, 0.9])
    assert compare([reference], [other]).unmatched == {1: 0.3333, 4: 0.3333, 2: 0.5, 0: 1.0}[len(other)]


@pytest.mark.parametrize(
    "worse", [{"unmatched": 0.05}, {"iou": 0.85}, {"probability": 0.06}, {"uncertainty": 0.11}, {"boxes": 99}]
)
def test_each_difference_alone_can_break_parity(worse: dict[str, float]):
    good = Parity(photos=9, boxes=900, unmatched=0.01, iou=0.97, probability=0.01, uncertainty=0.02)
    assert good.holds
    assert not good.model_copy(update=worse).holds
