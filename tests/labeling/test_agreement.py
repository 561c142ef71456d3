from labeling.agreement import Agreement, agreement, match_boxes
from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from retail.gtin import Gtin

FACING, TAG = DetectionKind.FACING, DetectionKind.TAG
PEN = Gtin("04006381333931")


def box(x1: float, x2: float, kind: DetectionKind = FACING, gtin: Gtin | None = None) -> AnnotatedBox:
    return AnnotatedBox(kind, x1, 0, x2, 10, gtin)


def test_match_takes_the_highest_overlap_first() -> None:
    # IoU of a0 with b0 is 8/12, with b1 9/11; of a1 with b1 only 0.
    assert match_boxes([box(0, 10), box(20, 30)], [box(2, 12), box(1, 11), box(20, 30)]) == [(0, 1), (1, 2)]


def test_iou_of_one_half_is_a_match_and_less_is_not() -> None:
    assert match_boxes([box(0, 10)], [box(0, 20)]) == [(0, 0)]
    assert match_boxes([box(0, 10)], [box(0, 21)]) == []


def test_agreement_counts_boxes_and_labels_apart() -> None:
    a = [box(0, 10, gtin=PEN), box(20, 30), box(40, 50), box(60, 70)]
    b = [box(0, 10, gtin=PEN), box(20, 30, gtin=PEN), box(40, 50, TAG)]
    result = agreement(a, b)
    assert result == Agreement(matched=3, only_a=1, only_b=0, same_label=1)
    assert result.f1 == 6 / 7
    assert result.label_match_rate == 1 / 3


def test_two_empty_annotations_agree() -> None:
    assert agreement([], []).f1 == 1
    assert agreement([], []).label_match_rate is None
    assert agreement([box(0, 10)], []).f1 == 0
