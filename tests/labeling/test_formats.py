import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import AnnotatedBox, AnnotatedCapture, InvalidAnnotation
from labeling.formats.coco import from_coco, to_coco
from labeling.formats.yolo import from_yolo, to_yolo
from retail.boxes import DetectionKind
from retail.gtin import Gtin

FACING, TAG = DetectionKind.FACING, DetectionKind.TAG
PEN, INK = Gtin("04006381333931"), Gtin("04006381333948")
CLASSES = ["product", "shelf", "tag", "gap", PEN]
CAPTURE = AnnotatedCapture(
    "c1",
    200,
    100,
    (
        AnnotatedBox(FACING, 20, 10, 60, 50, PEN),
        AnnotatedBox(FACING, 70, 10, 90, 50, INK),
        AnnotatedBox(TAG, 0, 60, 20, 70),
    ),
)


@st.composite
def captures(draw: st.DrawFn) -> AnnotatedCapture:
    """Boxes side by side, so that none repeats another, with GTINs that are classes or none."""
    width, height = draw(st.integers(100, 8000)), draw(st.integers(100, 8000))
    boxes = []
    for column in range(draw(st.integers(0, 4))):
        left = width / 4 * column
        x1, y1 = left + draw(st.floats(0, width / 8)), draw(st.floats(0, height / 2))
        x2, y2 = x1 + draw(st.floats(2, width / 8)), y1 + draw(st.floats(2, height / 2))
        kind = draw(st.sampled_from(DetectionKind))
        gtin = draw(st.sampled_from([None, PEN])) if kind is FACING else None
        boxes.append(AnnotatedBox(kind, x1, y1, x2, y2, gtin))
    return AnnotatedCapture(draw(st.text("aé/ ", min_size=1)), width, height, tuple(boxes))


def edges(capture: AnnotatedCapture) -> list[float]:
    return [edge for box in capture.boxes for edge in (box.x1, box.y1, box.x2, box.y2)]


def labels(capture: AnnotatedCapture) -> list[tuple[DetectionKind, Gtin | None]]:
    return [(box.kind, box.gtin) for box in capture.boxes]


def test_coco_document() -> None:
    document = to_coco([CAPTURE], CLASSES)
    assert document["images"] == [{"id": 1, "file_name": "c1", "width": 200, "height": 100}]
    assert [(c["id"], c["name"]) for c in document["categories"]] == list(enumerate(CLASSES, start=1))
    assert document["annotations"][0] == {
        "id": 1,
        "image_id": 1,
        "category_id": 5,
        "bbox": [20, 10, 40, 40],
        "area": 1600,
        "iscrowd": 0,
        "attributes": {"gtin": PEN},
    }
    assert [row["category_id"] for row in document["annotations"]] == [5, 1, 3]


def test_coco_brings_back_every_gtin() -> None:
    assert from_coco(json.loads(json.dumps(to_coco([CAPTURE], CLASSES)))) == (CAPTURE,)


@given(st.lists(captures(), max_size=3))
def test_coco_round_trip(given_captures: list[AnnotatedCapture]) -> None:
    returned = from_coco(to_coco(given_captures, CLASSES))
    assert [(c.capture_id, c.width, c.height) for c in returned] == [
        (c.capture_id, c.width, c.height) for c in given_captures
    ]
    for back, capture in zip(returned, given_captures, strict=True):
        assert labels(back) == labels(capture)
        assert edges(back) == pytest.approx(edges(capture), abs=1e-6)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"category_id": 9}, "annotations[0].category_id"),
        ({"image_id": 9}, "annotations[0].image_id"),
        ({"bbox": [1, 2, 3]}, "annotations[0].bbox"),
        ({"bbox": None}, "document"),
        ({"bbox": [1, 2, -3, 4]}, "annotations[0].x2"),
        ({"bbox": [190, 10, 40, 40]}, "images['c1'].boxes[0].x2"),
        ({"iscrowd": 1}, "annotations[0].iscrowd"),
        ({"attributes": {"gtin": "12"}}, "annotations[0].gtin"),
    ],
)
def test_coco_names_what_is_wrong(change: dict[str, Any], field: str) -> None:
    document = copy.deepcopy(to_coco([CAPTURE], CLASSES))
    document["annotations"][0] |= change
    with pytest.raises(InvalidAnnotation) as caught:
        from_coco(document)
    assert caught.value.field == field


def test_other_json_is_not_coco() -> None:
    with pytest.raises(InvalidAnnotation, match="KeyError: 'images'"):
        from_coco({})


def test_yolo_text() -> None:
    assert to_yolo(CAPTURE, CLASSES) == (
        "4 0.20000000 0.30000000 0.20000000 0.40000000\n"
        "0 0.40000000 0.30000000 0.10000000 0.40000000\n"
        "2 0.05000000 0.65000000 0.10000000 0.10000000\n"
    )


def test_yolo_forgets_a_gtin_that_is_no_class() -> None:
    back = from_yolo(to_yolo(CAPTURE, CLASSES), "c1", (200, 100), CLASSES)
    assert labels(back) == [(FACING, PEN), (FACING, None), (TAG, None)]


@given(captures())
def test_yolo_round_trip(capture: AnnotatedCapture) -> None:
    back = from_yolo(to_yolo(capture, CLASSES), capture.capture_id, (capture.width, capture.height), CLASSES)
    assert labels(back) == labels(capture)
    assert edges(back) == pytest.approx(edges(capture), abs=1e-3)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("0 0.5 0.5 0.1 0.1\n\n0 0.5 0.5 0.1", "line 3"),
        ("zero 0.5 0.5 0.1 0.1", "line 1"),
        ("5 0.5 0.5 0.1 0.1", "line 1"),
        ("0 0.5 0.5 nan 0.1", "line 1.x1"),
        ("0 0.9 0.5 0.5 0.1", "boxes[0].x2"),
    ],
)
def test_yolo_names_what_is_wrong(text: str, field: str) -> None:
    with pytest.raises(InvalidAnnotation) as caught:
        from_yolo(text, "c1", (200, 100), CLASSES)
    assert caught.value.field == field


@pytest.mark.parametrize("classes", [["product", "shelf"], [PEN, "tag"]])
def test_export_refuses_a_box_without_a_class(classes: list[str]) -> None:
    with pytest.raises(InvalidAnnotation, match="not among"):
        to_coco([CAPTURE], classes)


def test_import_refuses_a_class_that_means_nothing() -> None:
    with pytest.raises(InvalidAnnotation, match="'bottle' is unknown"):
        from_yolo("0 0.5 0.5 0.1 0.1", "c1", (200, 100), ["bottle"])
