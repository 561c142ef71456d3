"""Matching, calibration and reports on boxes one can check by hand."""

import numpy as np
import pytest

from training.coco_ap import average_precisions
from training.evaluation import EvaluationReport, evaluate
from training.matching import Comparison, bootstrap_ap, calibration_error, right

COLA, WATER = "00012345678905", "04006381333931"
BOX, OTHER, AWAY = (0, 0, 10, 10), (20, 0, 30, 10), (60, 60, 70, 70)


class Found:
    def __init__(self, boxes=(), class_ids=(), confidences=()):
        self.boxes = np.array(boxes, dtype=np.float32).reshape(-1, 4)
        self.class_ids = np.array(class_ids, dtype=np.int64)
        self.confidences = np.array(confidences, dtype=np.float32)


def comparison(truth, truth_labels, boxes, labels, confidences):
    found = Found(boxes, labels, confidences)
    return Comparison(
        np.array(truth, dtype=np.float32).reshape(-1, 4),
        np.array(truth_labels, dtype=np.int64),
        found.boxes,
        found.class_ids,
        np.array(confidences, dtype=float),
    )


def test_the_surer_detection_takes_the_box():
    twice = comparison([BOX], [0], [BOX, BOX], [0, 0], [0.4, 0.9])
    assert right(twice).tolist() == [False, True]


def test_a_detection_is_right_at_half_overlap_and_same_label():
    half, less = (0, 0, 10, 5), (0, 0, 10, 4.9)
    assert right(comparison([BOX], [0], [half], [0], [0.9])).tolist() == [True]
    assert right(comparison([BOX], [0], [less], [0], [0.9])).tolist() == [False]
    assert right(comparison([BOX], [0], [BOX], [1], [0.9])).tolist() == [False]
    assert right(comparison([], [], [BOX], [0], [0.9])).tolist() == [False]


def test_average_precision_of_one_hit_of_two_boxes():
    found_half = [comparison([BOX, OTHER], [0, 0], [BOX], [0], [0.9])]
    ap, ap50 = average_precisions(found_half, 1)[0]
    assert ap50 == pytest.approx(51 / 101)  # precision 1 at the recalls 0, 0.01 … 0.5
    assert ap == pytest.approx(51 / 101)
    assert bootstrap_ap(found_half, 1) == pytest.approx(0.5)


def test_average_precision_without_detections_is_zero_and_without_truth_unknown():
    points = average_precisions([comparison([BOX], [0], [], [], [])], 2)
    assert points[0].tolist() == [0, 0]
    assert np.isnan(points[1]).all()
    nothing = average_precisions([comparison([], [], [BOX], [0], [0.9])], 1)
    assert np.isnan(nothing).all()


def test_a_loose_box_counts_up_to_its_overlap():
    loose = [comparison([BOX], [0], [(0, 0, 10, 7.2)], [0], [0.9])]  # IoU 0.72: right at 0.50, 0.55, 0.60, 0.65, 0.70
    assert average_precisions(loose, 1)[0].tolist() == pytest.approx([0.5, 1.0])


def test_more_than_a_hundred_facings_are_counted():
    grid = [(x * 12, y * 12, x * 12 + 10, y * 12 + 10) for x in range(20) for y in range(20)]
    dense = [comparison(grid, [0] * 400, grid, [0] * 400, np.linspace(0.2, 0.9, 400))]
    assert average_precisions(dense, 1)[0].tolist() == pytest.approx([1.0, 1.0])


def test_bootstrap_agrees_with_coco_and_spreads_over_captures():
    rng = np.random.default_rng(5)
    captures = []
    for _ in range(30):
        grid = [(x * 12, 0, x * 12 + 10, 10) for x in range(8)]
        hit = rng.random(8) < 0.7
        boxes = [box if ok else AWAY for box, ok in zip(grid, hit, strict=True)]
        captures.append(comparison(grid, [0] * 8, boxes, [0] * 8, rng.random(8)))
    draws = bootstrap_ap(captures, 1)[:, 0, 1]
    assert draws.mean() == pytest.approx(average_precisions(captures, 1)[0, 1], abs=0.02)
    assert 0.02 < draws.std() < 0.1
    assert (bootstrap_ap(captures, 1)[:, 0, 1] == draws).all()


def test_calibration_error_by_hand():
    # Two at 0.8, one right: gap |1 - 1.6| = 0.6; one at 0.35, wrong: 0.35; together 0.95 over 3.
    # One under 0.1 does not count.
    captures = [comparison([BOX], [0], [BOX, AWAY, AWAY, AWAY], [0, 0, 0, 0], [0.8, 0.8, 0.35, 0.05])]
    assert calibration_error(captures) == pytest.approx(0.95 / 3)
    assert calibration_error([comparison([BOX], [0], [], [], [])]) is None


@pytest.fixture
def captures(make_capture, make_box):
    """Six captures with five colas, one water and a shelf each; half of them dim."""
    rows = [make_box(gtin=COLA, box=(x * 12, 0, x * 12 + 10, 10)) for x in range(5)]
    boxes = (*rows, make_box(gtin=WATER, box=(0, 20, 10, 30)), make_box("shelf", (0, 80, 90, 90)))
    lights = ["neutral", "dim"] * 3
    return [
        make_capture(f"c{i}", boxes=boxes, stratum=f"{light}/frontal/convenience", colour=(200, 10, 10))
        for i, light in enumerate(lights)
    ]


def says(captures, names, keep=lambda box: True):
    """A detector that answers every photo with the first capture's truth."""
    boxes = [box for box in captures[0].boxes if keep(box)]
    ids = [
        names.index(box.gtin if box.gtin in names else box.kind if box.kind in names else "product") for box in boxes
    ]
    places = [(box.x1, box.y1, box.x2, box.y2) for box in boxes]
    return lambda image: Found(places, ids, [0.9] * len(boxes))


def test_a_perfect_detector_scores_one_everywhere(captures):
    names = [COLA, WATER, "shelf"]
    report = evaluate(says(captures, names), names, captures, "products", "hash")
    assert report.overall.ap == pytest.approx(1.0)
    assert {name: score.ap for name, score in report.classes.items()} == pytest.approx(dict.fromkeys(names, 1.0))
    assert set(report.strata) == {"neutral/frontal/convenience", "dim/frontal/convenience"}
    assert set(report.axes["lighting"]) == {"neutral", "dim"}
    assert report.axes["angle"]["frontal"].boxes == 42
    assert report.calibration_error == pytest.approx(0.1)
    assert report.measured_on == "hash"


def test_thin_cells_say_so(captures):
    names = [COLA, WATER, "shelf"]
    report = evaluate(says(captures, names), names, captures, "products", "hash")
    assert report.classes[COLA].supported  # 30 boxes in 6 captures
    assert report.classes[WATER].evidence == "insufficient evidence"  # 6 boxes
    assert report.strata["dim/frontal/convenience"].evidence == "insufficient evidence"  # 3 captures
    assert report.tail.boxes == 12  # water and shelf
    assert set(report.kinds) == {"facing", "shelf"}


def test_a_champion_that_only_knows_products_compares_by_kind(captures):
    names = ["product", "shelf", "tag", "gap"]
    report = evaluate(says(captures, names), names, captures, "products", "hash")
    assert report.classes[COLA].ap == 0
    assert report.kinds["facing"].ap == pytest.approx(1.0)
    assert report.kinds["shelf"].ap == pytest.approx(1.0)


def test_in_kinds_mode_every_gtin_counts_as_product(captures):
    names = [COLA, WATER, "shelf"]
    report = evaluate(says(captures, names), names, captures, "kinds", "hash")
    assert report.classes["product"].ap == pytest.approx(1.0)
    assert set(report.classes) == {"product", "shelf"}


def test_missing_a_product_lowers_its_class_and_the_mean(captures):
    names = [COLA, WATER, "shelf"]
    report = evaluate(says(captures, names, lambda box: box.gtin != WATER), names, captures, "products", "hash")
    assert report.classes[WATER].ap == 0
    assert report.overall.ap == pytest.approx(2 / 3)
    assert report.overall.ap50_low == pytest.approx(2 / 3)


def test_a_report_survives_json(captures):
    report = evaluate(lambda image: Found(), ["product"], captures, "kinds", "hash")
    assert report.overall.ap == 0
    assert EvaluationReport.model_validate_json(report.model_dump_json()) == report


def test_nothing_to_measure_with_is_an_error(make_capture):
    with pytest.raises(ValueError, match="1 captures hold no box"):
        evaluate(lambda image: Found(), ["product"], [make_capture("c", boxes=())], "kinds", "hash")
