"""COCO detection JSON (https://cocodataset.org/#format-data), as a dict.

Categories count from 1 in the order of the classes given. A facing's GTIN also travels in ``attributes.gtin``, so the
way back restores it even where the class is just ``product``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from labeling.annotations import AnnotatedBox, AnnotatedCapture, InvalidAnnotation, check_annotation
from labeling.formats.classes import class_number, meaning
from retail.gtin import Gtin


def to_coco(captures: Sequence[AnnotatedCapture], classes: Sequence[str]) -> dict[str, Any]:
    """Return captures as COCO's images, annotations and categories; ``file_name`` is the capture's id.

    Raises:
        InvalidAnnotation: for a box whose class is not among ``classes``.
    """
    annotations: list[dict[str, Any]] = []
    for image_id, capture in enumerate(captures, start=1):
        for box in capture.boxes:
            number = class_number(box, classes)
            annotations.append(_annotation(len(annotations) + 1, image_id, number + 1, box))
    return {
        "images": [
            {"id": number, "file_name": capture.capture_id, "width": capture.width, "height": capture.height}
            for number, capture in enumerate(captures, start=1)
        ],
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for number, name in enumerate(classes, start=1)],
    }


def _annotation(number: int, image_id: int, category_id: int, box: AnnotatedBox) -> dict[str, Any]:
    width, height = box.x2 - box.x1, box.y2 - box.y1
    row: dict[str, Any] = {
        "id": number,
        "image_id": image_id,
        "category_id": category_id,
        "bbox": [box.x1, box.y1, width, height],
        "area": width * height,
        "iscrowd": 0,
    }
    return row | {"attributes": {"gtin": box.gtin}} if box.gtin else row


def from_coco(document: Mapping[str, Any]) -> tuple[AnnotatedCapture, ...]:
    """Read captures back, in the order of the document's images.

    Raises:
        InvalidAnnotation: for a missing or malformed part, a crowd region, or boxes that ``check_annotation`` refuses.
    """
    try:
        images = [
            (row["id"], str(row["file_name"]), int(row["width"]), int(row["height"])) for row in document["images"]
        ]
        names = {row["id"]: str(row["name"]) for row in document["categories"]}
        boxes: dict[Any, list[AnnotatedBox]] = {image[0]: [] for image in images}
        for place, row in enumerate(document["annotations"]):
            if row["image_id"] not in boxes:
                detail = f"{row['image_id']!r} is not among the images"
                raise InvalidAnnotation(
                    f"annotations[{place}].image_id", detail, "add the image or drop the annotation"
                )
            boxes[row["image_id"]].append(_box(place, row, names))
    except (KeyError, TypeError, AttributeError) as error:
        detail = f"is not COCO detection JSON ({type(error).__name__}: {error})"
        raise InvalidAnnotation("document", detail, "give images, annotations and categories") from error
    return tuple(_capture(name, width, height, boxes[number]) for number, name, width, height in images)


def _box(place: int, row: Mapping[str, Any], names: Mapping[Any, str]) -> AnnotatedBox:
    where = f"annotations[{place}]"
    if row.get("iscrowd"):
        raise InvalidAnnotation(f"{where}.iscrowd", "marks a crowd", "draw a box around each facing")
    if row["category_id"] not in names:
        raise InvalidAnnotation(f"{where}.category_id", "is not among the categories", "add the category")
    try:
        x, y, width, height = (float(number) for number in row["bbox"])
    except ValueError as error:
        raise InvalidAnnotation(f"{where}.bbox", "is not four numbers", "give x, y, width and height") from error
    try:
        kind, gtin = meaning(names[row["category_id"]])
        named = (row.get("attributes") or {}).get("gtin")
        return AnnotatedBox(kind, x, y, x + width, y + height, Gtin(named) if named else gtin)
    except InvalidAnnotation as error:
        raise error.inside(where) from error


def _capture(name: str, width: int, height: int, boxes: Sequence[AnnotatedBox]) -> AnnotatedCapture:
    try:
        return AnnotatedCapture(name, width, height, check_annotation(boxes, (width, height)))
    except InvalidAnnotation as error:
        raise error.inside(f"images[{name!r}]") from error
