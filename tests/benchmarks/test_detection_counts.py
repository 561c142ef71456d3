"""How `bench-detection` counts, on boxes one can count by hand."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks.detection import _counts, _on_right_shelf
from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from retail.conditions import Condition
from training.captures import LabelledCapture
from training.synthetic.truth import SyntheticCapture
from vision.artefact import ArtefactMetadata
from vision.detections import Detections

METADATA = ArtefactMetadata(classes=("product", "shelf", "tag", "gap"), architecture="yolo11n.yaml")
PRODUCT, SHELF, TAG = 0, 1, 2
FACING = DetectionKind.FACING
Corners = tuple[float, float, float, float]
Found = tuple[int, Corners]

LEFT, RIGHT, FAR = (0.0, 0.0, 10.0, 20.0), (20.0, 0.0, 30.0, 20.0), (60.0, 0.0, 70.0, 20.0)
NOTHING_IGNORED = np.zeros((0, 4), np.float32)


def found(*things: Found) -> Detections:
    """Class and corners, the surest first, in a photo of 100 by 100 pixels."""
    n = len(things)
    classes = np.array([class_id for class_id, _ in things], np.int64)
    probabilities = np.zeros((n, 4), np.float32)
    probabilities[np.arange(n), classes] = np.linspace(0.9, 0.5, n)
    return Detections(
        boxes=np.array([corners for _, corners in things], np.float32).reshape(-1, 4),
        class_ids=classes,
        probabilities=probabilities,
        edge_deviations=np.ones((n, 4), np.float32),
        vectors=np.ones((n, 1), np.float32),
        image_vector=np.ones(1, np.float32),
        size=(100, 100),
    )


def labelled(*boxes: AnnotatedBox) -> LabelledCapture:
    day = datetime(2026, 1, 1, tzinfo=UTC)
    return LabelledCapture("c", Path("c.jpg"), "0" * 64, 100, 100, "store", "bay", day, "s", "random", boxes)


SHELF_WITH_TWO = labelled(
    AnnotatedBox(FACING, *LEFT), AnnotatedBox(FACING, *RIGHT), AnnotatedBox(DetectionKind.TAG, 0, 22, 10, 26)
)


@pytest.mark.parametrize(
    ("things", "counted"),
    [
        ([(PRODUCT, LEFT), (PRODUCT, RIGHT)], (2, 2, 2)),
        ([], (0, 0, 2)),
        ([(PRODUCT, LEFT), (PRODUCT, FAR)], (1, 2, 2)),
        ([(PRODUCT, LEFT), (PRODUCT, (0.0, 0.0, 10.0, 18.0))], (1, 2, 2)),  # the second is a duplicate
        ([(PRODUCT, (0.0, 0.0, 10.0, 9.9))], (0, 1, 2)),  # IoU just under one half
        ([(PRODUCT, (0.0, 0.0, 10.0, 10.1))], (1, 1, 2)),
        ([(SHELF, LEFT), (TAG, RIGHT)], (0, 0, 2)),  # other kinds neither help nor hurt
    ],
)
def test_right_ones_found_ones_and_wanted_ones(things: list[Found], counted: tuple[int, int, int]):
    assert _counts(found(*things), METADATA, SHELF_WITH_TWO, NOTHING_IGNORED) == counted


@pytest.mark.parametrize(
    ("ignored", "counted"),
    [
        ([(60.0, 0.0, 70.0, 20.0)], (1, 1, 2)),
        ([(60.0, 0.0, 66.0, 20.0)], (1, 1, 2)),  # more than half of the wrong box
        ([(60.0, 0.0, 65.0, 20.0)], (1, 2, 2)),  # exactly half
        ([(60.0, 0.0, 64.0, 20.0), (66.0, 0.0, 70.0, 20.0)], (1, 2, 2)),  # no area alone has more than half
        ([(0.0, 0.0, 10.0, 20.0)], (1, 2, 2)),  # a right box counts even there
    ],
)
def test_ignored_areas_excuse_wrong_boxes_alone(ignored: list[Corners], counted: tuple[int, int, int]):
    seen = found((PRODUCT, LEFT), (PRODUCT, FAR))
    assert _counts(seen, METADATA, SHELF_WITH_TWO, np.array(ignored, np.float32)) == counted


# Three rows of three facings, 10 by 16 pixels, each row 4 px above the rail it stands on.
COLUMNS, TOPS = (10.0, 40.0, 70.0), (4.0, 34.0, 64.0)
PACKS = [(x, y, x + 10, y + 16) for y in TOPS for x in COLUMNS]
RAILS: list[Found] = [(SHELF, (0.0, y + 16, 100.0, y + 20)) for y in TOPS]


def drawn(rows: list[int | None], bays: list[str] | None = None) -> SyntheticCapture:
    """The nine packs of bay `a`, each on the row given."""
    n = len(PACKS)
    nothing: tuple[None, ...] = (None,) * n
    return SyntheticCapture(
        image=np.zeros((100, 100, 3), np.uint8),
        boxes=np.array(PACKS, np.float32),
        kinds=(FACING,) * n,
        gtins=nothing,
        variants=nothing,
        positions=nothing,
        rows=tuple(rows),
        bay_ids=tuple(bays or ["a"] * n),
        verdicts={},
        in_view=frozenset(),
        shown={},
        unexpected=(),
        condition=Condition.from_stratum("neutral/frontal/supermarket"),
        store_id="s",
        bay_id="a",
        camera_id="k",
        day=0,
    )


ROWS: list[int | None] = [0, 0, 0, 1, 1, 1, 2, 2, 2]
ALL = found(*RAILS, *((PRODUCT, pack) for pack in PACKS))


def test_all_on_their_shelves():
    assert _on_right_shelf(ALL, METADATA, drawn(ROWS)).tolist() == [True] * 9


def test_a_photo_of_the_lower_shelves_may_count_from_another_one():
    assert _on_right_shelf(ALL, METADATA, drawn([row + 2 for row in ROWS if row is not None])).tolist() == [True] * 9


def test_two_shelves_taken_for_one_are_wrong():
    split = [0, 0, 0, 1, 1, 1, 2, 2, 3]
    assert _on_right_shelf(ALL, METADATA, drawn(split)).tolist() == [True] * 8 + [False]


def test_only_facings_of_the_photographed_bay_that_were_found_count():
    bays = ["a"] * 8 + ["b"]
    assert len(_on_right_shelf(ALL, METADATA, drawn(ROWS, bays))) == 8
    one_missed = found(*RAILS, *((PRODUCT, pack) for pack in PACKS[1:]))
    assert _on_right_shelf(one_missed, METADATA, drawn(ROWS)).tolist() == [True] * 8
    assert len(_on_right_shelf(found(*RAILS), METADATA, drawn(ROWS))) == 0
    assert len(_on_right_shelf(ALL, METADATA, drawn([None] * 9))) == 0
