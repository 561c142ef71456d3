from dataclasses import replace

from labeling.actions import Actions, count_actions
from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from retail.gtin import Gtin

PEN, INK = Gtin("04006381333931"), Gtin("04006381333948")


def facing(x1: float, x2: float, gtin: Gtin | None = None) -> AnnotatedBox:
    return AnnotatedBox(DetectionKind.FACING, x1, 0, x2, 100, gtin)


def test_every_action_is_counted_by_itself() -> None:
    before = [facing(0, 100, PEN), facing(200, 300, PEN), facing(400, 500), facing(600, 700)]
    after = [facing(0, 100, PEN), facing(200, 300, INK), facing(400, 510), facing(800, 900)]
    assert count_actions(before, after) == Actions(accepted=1, relabelled=1, adjusted=1, drawn=1, deleted=1)


def test_a_box_may_be_moved_and_relabelled() -> None:
    assert count_actions([facing(0, 100, PEN)], [facing(0, 90, INK)]) == Actions(relabelled=1, adjusted=1)


def test_rounding_moves_no_edge_but_two_pixels_do() -> None:
    assert count_actions([facing(0.4, 100.3)], [facing(0, 101)]) == Actions(accepted=1)
    assert count_actions([facing(0, 100)], [facing(0, 102)]) == Actions(adjusted=1)


def test_flags_and_kinds_are_said_about_a_box() -> None:
    before = facing(0, 100)
    assert count_actions([before], [replace(before, occluded=True)]) == Actions(relabelled=1)
    assert count_actions([before], [replace(before, kind=DetectionKind.TAG)]) == Actions(relabelled=1)


def test_confirming_accepts_all_in_whichever_order_they_come() -> None:
    boxes = [facing(0, 100, PEN), facing(200, 300)]
    assert count_actions(boxes, tuple(boxes)) == Actions(accepted=2)
    assert count_actions(boxes, boxes[::-1]) == Actions(accepted=2)


def test_nothing_done() -> None:
    assert count_actions([], []) == Actions()
    assert count_actions([facing(0, 9)], []) == Actions(deleted=1)


def test_counts_survive_being_kept() -> None:
    done = Actions(1, 2, 3, 4, 5)
    kept = {"accepted": 1, "relabelled": 2, "adjusted": 3, "drawn": 4, "deleted": 5}
    assert done.as_json() == kept
    assert Actions.from_json({**kept, "sung": 6}) == done
    assert Actions.from_json({"drawn": 4}) == Actions(drawn=4)
