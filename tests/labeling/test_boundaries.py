from dataclasses import replace

from labeling.annotations import AnnotatedBox
from labeling.quality.boundaries import Unit, decisions, group_boxes, product_boundary, said
from retail.boxes import DetectionKind
from retail.gtin import Gtin

PEN, INK = Gtin("04006381333931"), Gtin("04006381333948")
CATEGORIES = {PEN: ("office", "pens"), INK: ("office", "ink")}


def facing(x1: float, gtin: Gtin | None = None) -> AnnotatedBox:
    return AnnotatedBox(DetectionKind.FACING, x1, 0, x1 + 10, 10, gtin)


def test_what_a_box_says() -> None:
    flags = {"ignore": "no", "occluded": "no", "truncated": "no"}
    assert said(facing(0, PEN), CATEGORIES) == {
        "kind": "facing",
        "product": PEN,
        "category": "office/pens",
        **flags,
    }
    assert said(facing(0), CATEGORIES) == {"kind": "facing", "product": "cannot tell", **flags}
    tag = AnnotatedBox(DetectionKind.TAG, 0, 0, 5, 5, occluded=True)
    assert said(tag, CATEGORIES) == {"kind": "tag", **flags, "occluded": "yes"}
    assert said(replace(facing(0, PEN), ignore=True), CATEGORIES) == {"ignore": "yes"}


def test_boxes_of_three_people_are_grouped() -> None:
    groups = group_boxes([[facing(0), facing(50)], [facing(51)], [facing(1), facing(90), facing(49)]])
    assert sorted(groups, key=str) == [(0, None, 0), (1, 0, 2), (None, None, 1)]


def test_a_group_has_one_box_of_each_person_the_closest_one() -> None:
    # Both of the second person overlap the first one's by 0.5 or more; IoU 9/11 beats 7/13.
    assert sorted(group_boxes([[facing(0)], [facing(3), facing(1)]]), key=str) == [(0, 1), (None, 0)]


def test_no_boxes_no_groups() -> None:
    assert group_boxes([]) == []
    assert group_boxes([[], []]) == []


def test_decisions_of_two_people() -> None:
    answers = [[facing(0, PEN), facing(50, PEN)], [facing(0, INK)]]
    units = decisions(answers, CATEGORIES)
    both, one = (0, 0), (1, None)
    found = {(unit.boundary, unit.places): unit.said for unit in units}
    assert found["presence", both] == ("there", "there")
    assert found["presence", one] == ("there", "nothing")
    assert found["product", both] == (PEN, INK)
    assert found["product", one] == (PEN, None)
    assert found["category", both] == ("office/pens", "office/ink")
    assert found[product_boundary(("office", "pens")), both] == (PEN, INK)
    assert found["ignore", both] == ("no", "no")


def test_a_box_drawn_beforehand_that_all_deleted_is_an_agreement() -> None:
    units = decisions([[], []], CATEGORIES, beforehand=[facing(0)])
    assert units == [Unit("presence", ("nothing", "nothing"), (None, None))]
