"""Which facing a picture is about."""

import numpy as np
import pytest

from vision.prominence import most_prominent

MIDDLE, SMALL = (20, 20, 80, 80), (40, 40, 60, 60)


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([], None),
        ([SMALL], None),
        ([SMALL, MIDDLE], 1),
        ([(0, 0, 60, 60), MIDDLE], 1),  # as large, in a corner
        ([MIDDLE, (10, 10, 90, 90)], 1),  # larger, as central
        ([(0, 0, 100, 40), MIDDLE], 1),  # larger, at the border
    ],
)
def test_the_large_and_central_facing_is_meant(boxes, expected):
    assert most_prominent(np.array(boxes, np.float32).reshape(-1, 4), (100, 100)) == expected
