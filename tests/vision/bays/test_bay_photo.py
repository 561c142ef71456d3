import numpy as np
import pytest

from retail.boxes import DetectionKind
from tests.vision.bays.lettered import bay_photo
from vision.bays.photo import BayPhoto

FACING, SHELF, GAP = DetectionKind.FACING, DetectionKind.SHELF, DetectionKind.GAP


def test_turned_back_left_and_right_are_exchanged_and_rows_stay():
    turned = bay_photo((100, 50), [(0, 5, 10, 20), (60, 0, 90, 50)], [FACING, SHELF], [{}, {}]).turned_back()
    assert turned.boxes.tolist() == [[90, 5, 100, 20], [10, 0, 40, 50]]
    assert turned.kinds == (FACING, SHELF)


def test_rows_of_a_kind():
    photo = bay_photo((9, 9), np.zeros((3, 4)), [FACING, GAP, FACING], [{}, {}, {}])
    assert photo.of_kind(FACING).tolist() == [0, 2]
    assert photo.of_kind(DetectionKind.TAG).tolist() == []


def test_detections_of_other_lengths_than_their_chances_are_refused():
    with pytest.raises(ValueError, match="1, 1, 1, 0"):
        BayPhoto((9, 9), np.zeros((1, 4), np.float32), (FACING,), np.ones(1, np.float32), ())
