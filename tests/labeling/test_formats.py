import io
import json
import time
import zipfile
from collections.abc import Iterable
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.annotations import AnnotatedBox, AnnotatedCapture, InvalidAnnotation, check_annotation
from labeling.formats import FORMATS, AnnotatedSet, size_unknown
from labeling.formats.label_studio import LABEL_CONFIG, boxes_of, results_of
from retail.boxes import DetectionKind
from retail.gtin import Gtin

FACING, TAG = DetectionKind.FACING, DetectionKind.TAG
PEN, INK = Gtin("04006381333931"), Gtin("04006381333948")
CAPTURE = AnnotatedCapture(
    "c1",
    200,
    100,
    (
        AnnotatedBox(FACING, 20, 10, 60, 50, PEN, occluded=True),
        AnnotatedBox(FACING, 70, 10, 90, 50, ignore=True),
        AnnotatedBox(TAG, 0, 60, 20, 70, truncated=True),
    ),
)
SET = AnnotatedSet((CAPTURE, AnnotatedCapture("Köttbullar/外 1.jpg", 64, 48, ())), {PEN: 'Füller "Größe M" <外>'})


@pytest.fixture(params=FORMATS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def there_and_back(name: str, annotated: AnnotatedSet) -> AnnotatedSet:
    return FORMATS[name].read(FORMATS[name].write(annotated), size_unknown)


# --- every format ---


def test_nothing_is_lost(name: str) -> None:
    assert there_and_back(name, SET) == SET


def test_the_same_set_is_the_same_file(name: str) -> None:
    assert FORMATS[name].write(SET) == FORMATS[name].write(SET)


def test_an_empty_set(name: str) -> None:
    assert there_and_back(name, AnnotatedSet(())) == AnnotatedSet(())


def test_a_thousand_annotations_are_identical(name: str) -> None:
    """As a detector draws them: float32 edges, some GTINs and flags, a few captures that show nothing."""
    annotated = AnnotatedSet(tuple(_dense(seed) for seed in range(1000)), {PEN: "Füller", INK: "Tinte"})
    begun = time.perf_counter()
    assert there_and_back(name, annotated) == annotated
    assert time.perf_counter() - begun < 30


def _dense(seed: int) -> AnnotatedCapture:
    chance = np.random.default_rng(seed)
    boxes = []
    for place in range(int(chance.integers(0, 25))):
        row, column = divmod(place, 6)
        corner = chance.uniform(0, 20, 2) + np.array([100 * column, 120 * row])
        edges = np.concatenate((corner, corner + chance.uniform(5, 75, 2))).astype(np.float32).tolist()
        kind = DetectionKind(chance.choice([kind.value for kind in DetectionKind]))
        gtin = [PEN, INK, None][int(chance.integers(3))] if kind is FACING else None
        boxes.append(AnnotatedBox(kind, *edges, gtin, *(chance.random(3) < 0.1).tolist()))
    return AnnotatedCapture(f"{seed:032x}", 640, 480 + seed, tuple(boxes))


# What XML and file systems have trouble with, but no control characters: XML cannot hold those.
NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn"), include_characters="\t\n"), min_size=1).filter(
    lambda text: not set(text) & {"\ufffe", "\uffff"}
)


@st.composite
def captures(draw: st.DrawFn) -> AnnotatedCapture:
    """Tiny and huge photos, boxes of any floats down to one pixel, hanging over the edge where clipping puts them."""
    size = draw(st.integers(1, 20_000)), draw(st.integers(1, 20_000))
    boxes: list[AnnotatedBox] = []
    for _ in range(draw(st.integers(0, 5))):
        x1, y1 = (draw(st.floats(0, side - 1)) for side in size)
        x2, y2 = draw(st.floats(x1 + 1, size[0])), draw(st.floats(y1 + 1, size[1]))
        kind = draw(st.sampled_from(DetectionKind))
        gtin = draw(st.sampled_from([None, PEN, INK])) if kind is FACING else None
        try:
            box = AnnotatedBox(kind, x1, y1, x2, y2, gtin, *(draw(st.booleans()) for _ in range(3)))
            check_annotation([*boxes, box], size)
        except InvalidAnnotation:  # x1 + 1 was rounded down, or a duplicate
            continue
        boxes.append(box)
    return AnnotatedCapture(draw(NAMES), *size, tuple(boxes))


SETS = st.builds(
    lambda some, names: AnnotatedSet(tuple(some), names),
    st.lists(captures(), max_size=3, unique_by=lambda one: one.capture_id),
    st.dictionaries(st.sampled_from([PEN, INK]), NAMES),
)


@pytest.mark.parametrize("format_name", FORMATS)
@settings(deadline=None)
@given(annotated=SETS)
def test_awkward_sets_come_back(format_name: str, annotated: AnnotatedSet) -> None:
    back = there_and_back(format_name, annotated)
    assert back.captures == annotated.captures
    if annotated.captures or format_name != "label-studio":  # which has no place for names but its tasks
        assert back.names == annotated.names


@given(data=st.binary(max_size=200))
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    for format in FORMATS.values():
        with pytest.raises(InvalidAnnotation):
            format.read(data, size_unknown)


@pytest.mark.parametrize(
    ("format_name", "old", "new", "place"),
    [
        ("coco", '"category_id": 1', '"category_id": 9', "annotations[0].category_id"),
        ("coco", '"image_id": 1', '"image_id": 7', "annotations[0].image_id"),
        ("coco", '"width": 200', '"width": "wide"', "images[0]"),
        ("coco", "04006381333931", "04006381333932", "annotations[0].gtin"),
        ("cvat", 'label="tag"', 'label="price"', "image[0].box[2].class"),
        ("cvat", 'xtl="20.0"', 'xtl="nan"', "image[0].box[0].x1"),
        ("cvat", "<box ", '<polygon points="1,1"/><box ', "image[0].polygon[0].shape"),
        ("label-studio", '"rotation": 0', '"rotation": 30', "[0].rectangle[0].rotation"),
        ("label-studio", '"tag"', '"price"', "[0].rectangle[2].class"),
    ],
)
def test_complaints_name_the_place(format_name: str, old: str, new: str, place: str) -> None:
    data = FORMATS[format_name].write(SET).decode()
    assert old in data
    with pytest.raises(InvalidAnnotation) as refused:
        FORMATS[format_name].read(data.replace(old, new, 1).encode(), size_unknown)
    assert refused.value.field == place


# --- a box that was moved ---


@pytest.mark.parametrize(
    ("format_name", "old", "new"),
    [("coco", "20.25,", "21.25,"), ("label-studio", '"x": 3.1640625', '"x": 3.3203125')],
)
def test_a_box_that_somebody_moved_is_where_he_moved_it(format_name: str, old: str, new: str) -> None:
    box = AnnotatedBox(FACING, 20.25, 1 / 3, 60.1, 50.7)
    data = FORMATS[format_name].write(AnnotatedSet((AnnotatedCapture("c", 640, 480, (box,)),))).decode()
    assert data.count(old) >= 1
    (back,) = FORMATS[format_name].read(data.replace(old, new, 1).encode(), size_unknown).captures[0].boxes
    assert (back.x1, back.x2) == pytest.approx((21.25, 61.1))


# --- COCO ---


def test_coco_document() -> None:
    document = json.loads(FORMATS["coco"].write(SET))
    assert document["images"][0] == {"id": 1, "file_name": "c1", "width": 200, "height": 100}
    assert [(c["id"], c["name"]) for c in document["categories"]] == [
        (1, "product"),
        (2, "shelf"),
        (3, "tag"),
        (4, "gap"),
    ]
    assert document["annotations"][0] == {
        "id": 1,
        "image_id": 1,
        "category_id": 1,
        "bbox": [20, 10, 40, 40],
        "area": 1600,
        "iscrowd": 0,
        "attributes": {"gtin": PEN, "occluded": True},
    }
    assert document["annotations"][1]["iscrowd"] == 1


def test_coco_of_others_may_name_products_as_categories() -> None:
    document = {
        "images": [{"id": "a", "file_name": "x.jpg", "width": 100, "height": 100}],
        "annotations": [{"id": 1, "image_id": "a", "category_id": 7, "bbox": [1, 2, 30, 40]}],
        "categories": [{"id": 7, "name": "4006381333931"}],
    }
    (capture,) = FORMATS["coco"].read(json.dumps(document).encode(), size_unknown).captures
    assert capture.boxes == (AnnotatedBox(FACING, 1, 2, 31, 42, PEN),)


# --- YOLO ---


def _zip(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return packed.getvalue()


def _unzip(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {file: archive.read(file).decode() for file in archive.namelist()}


def test_yolo_files() -> None:
    files = _unzip(FORMATS["yolo"].write(SET))
    assert files["labels/c1.txt"].splitlines() == [
        "0 0.20000000 0.30000000 0.20000000 0.40000000",
        "0 0.40000000 0.30000000 0.10000000 0.40000000",
        "2 0.05000000 0.65000000 0.10000000 0.10000000",
    ]
    assert files["labels/K%C3%B6ttbullar%2F%E5%A4%96 1.jpg.txt"] == ""
    assert "0: product" in files["data.yaml"]


def test_yolo_lines_that_another_tool_changed_keep_what_is_theirs() -> None:
    """The first line was dropped, one was added in front: the sidecar follows the lines."""
    files = _unzip(FORMATS["yolo"].write(SET))
    lines = files["labels/c1.txt"].splitlines()
    files["labels/c1.txt"] = "\n".join(["3 0.9 0.9 0.1 0.1", *lines[1:]])
    boxes = FORMATS["yolo"].read(_zip(files), size_unknown).captures[0].boxes
    assert boxes[0].kind is DetectionKind.GAP
    assert boxes[1:] == CAPTURE.boxes[1:]


@pytest.mark.parametrize(
    "names", ["[tag, product]", "{0: tag, 1: 'product'}", "\n  - tag\n  - product", "\n  0: tag\n  1: product"]
)
def test_yolo_of_others_is_read_as_far_as_it_goes(names: str) -> None:
    files = {"data.yaml": f"nc: 2\nnames: {names}\n", "train/labels/c1.txt": "1 0.5 0.5 0.2 0.4\n\n"}
    read = FORMATS["yolo"].read(_zip(files), lambda id: (200, 100) if id == "c1" else None)
    assert read.captures == (AnnotatedCapture("c1", 200, 100, (AnnotatedBox(FACING, 80, 30, 120, 70),)),)
    with pytest.raises(InvalidAnnotation, match="is not known"):
        FORMATS["yolo"].read(_zip(files), size_unknown)


@pytest.mark.parametrize("line", ["0 0.5 0.5 0.1", "9 0.5 0.5 0.1 0.1", "a b c d e", "0 0.5 0.5 nan 0.1"])
def test_yolo_names_the_line(line: str) -> None:
    with pytest.raises(InvalidAnnotation, match=r"labels/c1\.txt\.line 2"):
        FORMATS["yolo"].read(_zip({"labels/c1.txt": f"0 .5 .5 .1 .1\n{line}"}), lambda _: (200, 100))


def test_yolo_refuses_a_zip_that_grows_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labeling.formats.yolo.MOST_BYTES", 10_000)
    with pytest.raises(InvalidAnnotation, match="more than"):
        FORMATS["yolo"].read(_zip({"labels/c1.txt": " " * 10_001}), size_unknown)


# --- CVAT ---


def test_cvat_document() -> None:
    root = ElementTree.fromstring(FORMATS["cvat"].write(SET))
    assert root.findtext("version") == "1.1"
    box = root.findall("image/box")[0]
    assert {name: box.get(name) for name in ("label", "occluded", "xtl", "ytl", "xbr", "ybr")} == {
        "label": "product",
        "occluded": "1",
        "xtl": "20.0",
        "ytl": "10.0",
        "xbr": "60.0",
        "ybr": "50.0",
    }
    assert {one.get("name"): one.text for one in box} == {"gtin": PEN, "ignore": "false", "truncated": "false"}
    assert [one.findtext("name") for one in root.findall("meta/task/labels/label[1]/attributes/attribute")] == [
        "gtin",
        "ignore",
        "truncated",
    ]


def test_cvat_refuses_entities() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb">]><annotations>&b;</annotations>'
    with pytest.raises(InvalidAnnotation, match="document type"):
        FORMATS["cvat"].read(bomb, size_unknown)


def test_cvat_says_what_xml_cannot_hold() -> None:
    with pytest.raises(InvalidAnnotation, match="another format"):
        FORMATS["cvat"].write(AnnotatedSet((AnnotatedCapture("a\x07b", 10, 10, ()),)))


# --- Label Studio ---


def test_label_studio_results_share_the_region() -> None:
    results = results_of(CAPTURE.boxes, (200, 100), {PEN: "Füller"}, [0.5, None, 1.0])
    assert [(one["id"], one["from_name"]) for one in results] == [
        ("b0", "label"),
        ("b0", "gtin"),
        ("b0", "flags"),
        ("b1", "label"),
        ("b1", "flags"),
        ("b2", "label"),
        ("b2", "flags"),
    ]
    assert results[0]["value"] == {
        "x": 10.0,
        "y": 10.0,
        "width": 20.0,
        "height": 40.0,
        "rotation": 0,
        "rectanglelabels": ["product"],
    }
    assert (results[0]["score"], results[0]["meta"]["text"], results[1]["value"]["text"]) == (0.5, ["Füller"], [PEN])
    assert boxes_of(results, (200, 100)) == CAPTURE.boxes


def test_label_studio_keeps_the_last_annotation_that_was_not_skipped() -> None:
    def annotation(boxes: Iterable[AnnotatedBox], cancelled: bool = False) -> dict[str, object]:
        return {"result": results_of(boxes, (200, 100), {}), "was_cancelled": cancelled}

    tasks = [
        {"data": {"image": "c1"}, "annotations": [annotation(CAPTURE.boxes), annotation(CAPTURE.boxes[:1])]},
        {"data": {"image": "c2"}, "annotations": [annotation(CAPTURE.boxes, cancelled=True)]},
    ]
    read = FORMATS["label-studio"].read(json.dumps(tasks).encode(), size_unknown)
    assert read.captures == (AnnotatedCapture("c1", 200, 100, CAPTURE.boxes[:1]),)


def test_label_studio_config_offers_all_classes_and_flags() -> None:
    for value in ("product", "shelf", "tag", "gap", "ignore", "occluded", "truncated"):
        assert f'value="{value}"' in LABEL_CONFIG
