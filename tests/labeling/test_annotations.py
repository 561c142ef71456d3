from dataclasses import dataclass

import pytest

from labeling.annotations import AnnotatedBox, InvalidAnnotation, as_array, check_annotation
from retail.boxes import DetectionKind
from retail.gtin import Gtin

FACING, SHELF = DetectionKind.FACING, DetectionKind.SHELF
NAN, INFINITY = float("nan"), float("inf")


@dataclass(frozen=True)
class Drawn:
    kind: str
    x1: float
    y1: float
    x2: float
    y2: float
    gtin: str | None = None
    ignore: bool = False
    occluded: bool = False
    truncated: bool = False


def test_gtin_is_padded() -> None:
    assert AnnotatedBox(FACING, 0, 0, 9, 9, Gtin("4006381333931")).gtin == "04006381333931"


@pytest.mark.parametrize(
    ("box", "field", "detail"),
    [
        ((FACING, NAN, 0, 5, 5), "x1", "not a finite number"),
        ((FACING, 0, 0, 5, INFINITY), "y2", "not a finite number"),
        ((FACING, 5, 0, 3, 5), "x2", "-2 px from x1"),
        ((FACING, 0, 5, 5, 5.5), "y2", "0.5 px from y1, expected at least 1"),
        ((SHELF, 0, 0, 5, 5, "04006381333931"), "gtin", "is given for a shelf"),
        ((FACING, 0, 0, 5, 5, "04006381333932"), "gtin", "check digit 2, expected 1"),
    ],
)
def test_box_refuses(box: tuple[DetectionKind, float, float, float, float], field: str, detail: str) -> None:
    with pytest.raises(InvalidAnnotation, match=detail) as caught:
        AnnotatedBox(*box)
    assert caught.value.field == field
    assert caught.value.remedy


def test_a_tiny_overshoot_is_clipped() -> None:
    (box,) = check_annotation([Drawn("facing", -2, -1.5, 102, 51)], (100, 50))
    assert box == AnnotatedBox(FACING, 0, 0, 100, 50)


@pytest.mark.parametrize(
    ("box", "field"),
    [
        (Drawn("facing", -2.1, 0, 10, 10), "boxes[1].x1"),
        (Drawn("facing", 0, -3, 10, 10), "boxes[1].y1"),
        (Drawn("facing", 0, 0, 103, 10), "boxes[1].x2"),
        (Drawn("facing", 0, 0, 10, 53), "boxes[1].y2"),
        (Drawn("facing", 8, 0, 2, 10), "boxes[1].x2"),
        (Drawn("facing", -2, 0, -0.5, 10), "boxes[1].x2"),  # nothing is left of it inside the photo
        (Drawn("facing", 0, 0, 10, 10, "123"), "boxes[1].gtin"),
        (Drawn("item", 0, 0, 10, 10), "boxes[1].kind"),
        (Drawn("shelf", 20, 20, 60, 40.5), "boxes[1]"),  # IoU 800/820 with the first
    ],
)
def test_check_names_the_box_and_field(box: Drawn, field: str) -> None:
    with pytest.raises(InvalidAnnotation) as caught:
        check_annotation([AnnotatedBox(SHELF, 20, 20, 60, 40), box], (100, 50))
    assert caught.value.field == field


def test_boxes_of_two_kinds_may_coincide_and_neighbours_may_overlap() -> None:
    boxes = (
        AnnotatedBox(SHELF, 20, 20, 60, 40),
        AnnotatedBox(FACING, 20, 20, 60, 40),
        AnnotatedBox(FACING, 24, 20, 60, 40),
    )
    assert check_annotation(boxes, (100, 50)) == boxes


def test_most_boxes() -> None:
    boxes = [Drawn("facing", i % 50 * 2, i // 50 * 2, i % 50 * 2 + 1, i // 50 * 2 + 1) for i in range(2001)]
    assert len(check_annotation(boxes[:2000], (100, 100))) == 2000
    with pytest.raises(InvalidAnnotation, match="are 2001, expected at most 2000"):
        check_annotation(boxes, (100, 100))


def test_nothing_drawn() -> None:
    assert check_annotation([], (100, 50)) == ()
    assert as_array([]).shape == (0, 4)
