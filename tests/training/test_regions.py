"""Of a photo trains what was labelled, and nothing that was to be ignored."""

import numpy as np

from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from training.regions import PAINT, labelled_part


def facing(x1: float, y1: float, x2: float, y2: float, *, ignore: bool = False) -> AnnotatedBox:
    return AnnotatedBox(DetectionKind.FACING, x1, y1, x2, y2, ignore=ignore)


def photo() -> np.ndarray:
    return np.full((100, 200, 3), 7, np.uint8)


def test_a_tile_is_cut_out_with_its_boxes() -> None:
    part, boxes = labelled_part(photo(), [facing(110, 20, 150, 60), facing(90, 0, 120, 10), facing(0, 0, 50, 50)],
                                (100, 10, 200, 100))  # fmt: skip
    assert part.shape == (90, 100, 3)
    assert boxes == (facing(10, 10, 50, 50),)  # what touches the tile with less than a pixel is not there


def test_what_is_ignored_is_painted_out_but_for_what_counts() -> None:
    image = photo()
    part, boxes = labelled_part(image, [facing(0, 0, 40, 40, ignore=True), facing(20, 20, 60, 60)], None)
    assert boxes == (facing(20, 20, 60, 60),)
    assert (part[:20, :40] == PAINT).all()
    assert (part[20:60, 20:60] == 7).all()
    assert (part[:, 60:] == 7).all()
    assert (image == 7).all(), "the photo itself stays as it is"
