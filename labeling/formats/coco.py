"""COCO detection JSON (https://cocodataset.org/#format-data).

A box to ignore is a crowd region: COCO's evaluation counts detections inside it neither as right nor as wrong. GTIN,
``occluded`` and ``truncated`` travel in ``attributes``, where CVAT writes them, too; ``products`` has the names.
"""

from collections.abc import Mapping
from typing import Any

from labeling.annotations import AnnotatedBox, InvalidAnnotation
from labeling.formats.sets import (
    CLASSES,
    AnnotatedSet,
    Edges,
    SizeOf,
    as_json,
    box_of,
    capture_of,
    class_of,
    complaining_about,
    extras_of,
    name_rows,
    names_of,
    parsed_json,
)


def write(annotated: AnnotatedSet) -> bytes:
    """Return a document of which ``file_name`` is the capture's id."""
    annotations: list[dict[str, Any]] = []
    for image_id, capture in enumerate(annotated.captures, start=1):
        for box in capture.boxes:
            annotations.append({"id": len(annotations) + 1, "image_id": image_id, **_row(box)})
    images = [
        {"id": number, "file_name": capture.capture_id, "width": capture.width, "height": capture.height}
        for number, capture in enumerate(annotated.captures, start=1)
    ]
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES, start=1)]
    return as_json(
        {
            "images": images,
            "annotations": annotations,
            "categories": categories,
            "products": name_rows(annotated.names),
        }
    )


def _row(box: AnnotatedBox) -> dict[str, Any]:
    bbox = [box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1]
    extras = extras_of(box, _edges(bbox))
    ignored = extras.pop("ignore", False)
    return {
        "category_id": CLASSES.index(class_of(box)) + 1,
        "bbox": bbox,
        "area": bbox[2] * bbox[3],
        "iscrowd": int(ignored),
        **({"attributes": extras} if extras else {}),
    }


def _edges(bbox: list[Any]) -> Edges:
    x, y, width, height = (float(number) for number in bbox)
    return x, y, x + width, y + height


def read(data: bytes, size_of: SizeOf) -> AnnotatedSet:
    """Read captures in the order of the document's images.

    Raises:
        InvalidAnnotation: for a missing or malformed part, or boxes that ``check_annotation`` refuses.
    """
    document = parsed_json(data)
    with complaining_about("document"):
        categories = {row["id"]: str(row["name"]) for row in document["categories"]}
        images = {row["id"]: row for row in document["images"]}
        boxes: dict[Any, list[AnnotatedBox]] = {number: [] for number in images}
        rows = list(document["annotations"])
        names = names_of(document.get("products") or ())
    for place, row in enumerate(rows):
        with complaining_about(f"annotations[{place}]"):
            if row["image_id"] not in boxes:
                raise InvalidAnnotation("image_id", "is not among the images", "add the image or drop the annotation")
            boxes[row["image_id"]].append(_box(row, categories))
    captures = []
    for place, (number, image) in enumerate(images.items()):
        with complaining_about(f"images[{place}]"):
            size = (int(image["width"]), int(image["height"]))
            captures.append(capture_of(str(image["file_name"]), size, boxes[number]))
    return AnnotatedSet(tuple(captures), names)


def _box(row: Mapping[str, Any], categories: Mapping[Any, str]) -> AnnotatedBox:
    if row["category_id"] not in categories:
        raise InvalidAnnotation("category_id", "is not among the categories", "add the category")
    extras = {**(row.get("attributes") or {}), **({"ignore": True} if row.get("iscrowd") else {})}
    return box_of(categories[row["category_id"]], _edges(row["bbox"]), extras)
