import numpy as np
import pytest

from vision.artefact import ArtefactMetadata
from vision.detections import Detections
from vision.overlay import draw, uncertainty_colours
from vision.uncertainty import uncertainty_of

METADATA = ArtefactMetadata(classes=("product", "shelf", "tag", "gap", "04006381333931"), architecture="yolo11n.yaml")


def detections(boxes, class_ids, size) -> Detections:
    n = len(boxes)
    probabilities = np.zeros((n, 5), np.float32)
    probabilities[np.arange(n), class_ids] = 1
    return Detections(
        boxes=np.array(boxes, np.float32).reshape(n, 4),
        class_ids=np.array(class_ids, np.int64),
        probabilities=probabilities,
        edge_deviations=np.zeros((n, 4), np.float32),
        vectors=np.zeros((n, 2), np.float32),
        image_vector=np.zeros(2, np.float32),
        size=size,
    )


def drawn(boxes, class_ids, width: int = 400, height: int = 300) -> np.ndarray:
    found = detections(boxes, class_ids, (width, height))
    return draw(np.zeros((height, width, 3), np.uint8), found, METADATA, uncertainty_of(found))


def test_ramp_runs_from_teal_through_sand_to_orange():
    colours = uncertainty_colours(np.array([0, 0.5, 1, 0.25], np.float32))
    assert colours.tolist() == [[0, 128, 128], [222, 203, 164], [230, 97, 1], [111, 166, 146]]


def test_sure_facing_has_a_teal_frame_and_an_untouched_inside():
    canvas = drawn([[200, 50, 300, 150]], [0])
    np.testing.assert_allclose(canvas[100, 200], (0, 128, 128), atol=16)  # the line is smoothed
    assert not canvas[60:140, 210:290].any()


def test_gap_is_crossed_out_and_shelf_is_thicker_than_tag():
    assert drawn([[200, 50, 300, 150]], [3])[100, 250].any()
    shelf, tag = (drawn([[200, 100, 390, 200]], [i], 1280, 960)[190:211, 350].any(-1).sum() for i in (1, 2))
    assert shelf > tag > 0


def test_named_products_are_labelled_and_plain_ones_are_not():
    named, plain = (drawn([[200, 50, 300, 150]], [i]) for i in (4, 0))
    assert (named[52:60, 202:240] == 255).any()
    assert not (plain[52:60, 202:240] == 255).any()


def test_input_is_left_alone_and_legend_is_drawn():
    image = np.zeros((300, 400, 3), np.uint8)
    found = detections([], [], (400, 300))
    canvas = draw(image, found, METADATA, uncertainty_of(found))
    assert not image.any()
    np.testing.assert_array_equal(canvas[-1, 0], (0, 128, 128))
    np.testing.assert_array_equal(canvas[-1, 119], (230, 97, 1))


@pytest.mark.parametrize(("width", "height"), [(1, 1), (20, 10), (4640, 3472)])
def test_any_photo_size_can_be_drawn_on(width: int, height: int):
    assert drawn([[0, 0, width, height]], [4], width, height).shape == (height, width, 3)
