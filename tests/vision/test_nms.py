import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.boxes import iou
from vision.nms import suppress


def brute_force(boxes, probabilities, confidence, overlap):
    scores, classes = probabilities.max(1), probabilities.argmax(1)
    kept: list[int] = []
    for row in np.argsort(-scores, kind="stable"):
        rivals = [k for k in kept if classes[k] == classes[row]]
        if scores[row] >= confidence and all(iou(boxes[[row]], boxes[[k]])[0, 0] <= overlap for k in rivals):
            kept.append(int(row))
    return kept


@given(st.integers(0, 60), st.integers(0, 10_000))
def test_agrees_with_brute_force(count: int, seed: int):
    random = np.random.default_rng(seed)
    corners = random.random((count, 2)) * 60
    boxes = np.concatenate((corners, corners + random.random((count, 2)) * 40 + 1), 1).astype(np.float32)
    probabilities = random.random((count, 3)).astype(np.float32)
    kept = suppress(boxes, probabilities, confidence=0.5, iou=0.4)
    assert kept.rows.tolist() == brute_force(boxes, probabilities, 0.5, 0.4)
    assert not kept.truncated


BOXES = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 10, 10], [50, 0, 60, 10]], np.float32)
PROBABILITIES = np.array([[0.6, 0.1], [0.9, 0.1], [0.1, 0.7], [0.2, 0.1]], np.float32)


def test_classes_do_not_compete_and_unsure_boxes_go():
    assert suppress(BOXES, PROBABILITIES).rows.tolist() == [1, 2]


def test_confidence_at_the_limit_is_kept():
    assert suppress(BOXES[:1], np.array([[0.25]], np.float32), confidence=0.25).rows.tolist() == [0]


def test_truncation_is_told():
    apart = np.array([[i * 20, 0, i * 20 + 10, 10] for i in range(5)], np.float32)
    sure = np.linspace(0.5, 0.9, 5, dtype=np.float32)[:, None]
    full = suppress(apart, sure, max_detections=5)
    cut = suppress(apart, sure, max_detections=3)
    assert (full.rows.tolist(), full.truncated) == ([4, 3, 2, 1, 0], False)
    assert (cut.rows.tolist(), cut.truncated) == ([4, 3, 2], True)


@pytest.mark.parametrize("count", [0, 33_600])
def test_any_number_of_anchors(count: int):
    boxes = np.tile(np.array([[0, 0, 10, 10]], np.float32), (count, 1))
    probabilities = np.full((count, 4), 0.9, np.float32)
    kept = suppress(boxes, probabilities)
    assert kept.rows.tolist() == [0][:count]
    assert not kept.truncated


def test_all_anchors_of_a_tiled_photo_at_once():
    """33,600 anchors on 300 things: the most confident anchor of each thing is what is left."""
    rng = np.random.default_rng(0)
    thing = np.arange(33_600) % 300
    left, top = (thing % 20) * 60.0, (thing // 20) * 60.0
    boxes = np.stack((left, top, left + 50, top + 50), 1) + rng.uniform(-2, 2, (33_600, 4))
    scores = rng.uniform(0.1, 0.6, (33_600, 1))
    scores[:300] = rng.uniform(0.7, 0.9, (300, 1))
    kept = suppress(boxes.astype(np.float32), scores.astype(np.float32))
    assert sorted(kept.rows.tolist()) == list(range(300))
    assert not kept.truncated
