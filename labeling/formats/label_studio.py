"""Label Studio's JSON: tasks with annotations, whose results are regions in percent of the photo.

A box is up to three results with one id: the rectangle with its class, the GTIN typed for it, and its flags; that is
what `LABEL_CONFIG` shows. The exact edges and the product's name travel in the rectangle's ``meta``.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from labeling.annotations import FLAGS, AnnotatedBox, AnnotatedCapture, InvalidAnnotation
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
from retail.gtin import Gtin

_COLOURS = dict(zip(CLASSES, ("#2f6fde", "#8a5a2b", "#b58a00", "#d13b3b"), strict=True))
LABEL_CONFIG = f"""<View>
  <Header value="$reason" size="6"/>
  <Image name="image" value="$image" zoom="true" zoomControl="true" brightnessControl="true"/>
  <RectangleLabels name="label" toName="image" strokeWidth="2" opacity="0.1">
{"".join(f'    <Label value="{name}" background="{_COLOURS[name]}"/>{chr(10)}' for name in CLASSES)}  </RectangleLabels>
  <TextArea name="gtin" toName="image" perRegion="true" editable="true" rows="1" maxSubmissions="1"
            placeholder="GTIN of the product"/>
  <Choices name="flags" toName="image" perRegion="true" choice="multiple" showInline="true">
{"".join(f'    <Choice value="{flag}"/>{chr(10)}' for flag in FLAGS)}  </Choices>
</View>
"""


def write(annotated: AnnotatedSet) -> bytes:
    """Return tasks as Label Studio exports and imports them; ``data.capture`` and ``data.image`` are the capture's id.

    The photos themselves are not in it: put their addresses into ``data.image``.
    """
    return as_json([_task(capture, annotated.names) for capture in annotated.captures])


def _task(capture: AnnotatedCapture, names: Mapping[Gtin, str]) -> dict[str, Any]:
    size = (capture.width, capture.height)
    return {
        "data": {
            "image": capture.capture_id,
            "capture": capture.capture_id,
            "width": capture.width,
            "height": capture.height,
            "reason": "",
            "products": name_rows(names),
        },
        "annotations": [{"result": results_of(capture.boxes, size, names), "was_cancelled": False}],
    }


def results_of(
    boxes: Iterable[AnnotatedBox],
    size: tuple[int, int],
    names: Mapping[Gtin, str],
    scores: Sequence[float | None] | None = None,
) -> list[dict[str, Any]]:
    """Return the results of an annotation or, with a score for each box, of a prediction."""
    results: list[dict[str, Any]] = []
    for place, box in enumerate(boxes):
        results += _results(f"b{place}", box, size, names, None if scores is None else scores[place])
    return results


def _results(
    id: str, box: AnnotatedBox, size: tuple[int, int], names: Mapping[Gtin, str], score: float | None
) -> list[dict[str, Any]]:
    width, height = size
    value = {
        "x": 100 * box.x1 / width,
        "y": 100 * box.y1 / height,
        "width": 100 * (box.x2 - box.x1) / width,
        "height": 100 * (box.y2 - box.y1) / height,
        "rotation": 0,
    }
    extras = extras_of(box, _edges(value, size))
    meta = {
        **({"text": [names[box.gtin]]} if box.gtin is not None and box.gtin in names else {}),
        **({"edges": extras["edges"]} if "edges" in extras else {}),
    }
    common = {"id": id, "to_name": "image", "original_width": width, "original_height": height, "image_rotation": 0}
    scored = {**common, **({} if score is None else {"score": score})}
    rectangle = {**scored, "from_name": "label", "type": "rectanglelabels", **({"meta": meta} if meta else {})}
    results = [{**rectangle, "value": {**value, "rectanglelabels": [class_of(box)]}}]
    if box.gtin is not None:
        results.append({**common, "from_name": "gtin", "type": "textarea", "value": {**value, "text": [box.gtin]}})
    if flags := [flag for flag in FLAGS if flag in extras]:
        results.append({**common, "from_name": "flags", "type": "choices", "value": {**value, "choices": flags}})
    return results


def _edges(value: Mapping[str, Any], size: tuple[int, int]) -> Edges:
    x, y, width, height = (float(value[name]) / 100 for name in ("x", "y", "width", "height"))
    return x * size[0], y * size[1], (x + width) * size[0], (y + height) * size[1]


def boxes_of(results: Iterable[Mapping[str, Any]], size: tuple[int, int]) -> tuple[AnnotatedBox, ...]:
    """Return the boxes of an annotation's results, in the order of its rectangles.

    Args:
        results: as Label Studio has them.
        size: width and height of the upright photo in pixels.

    Raises:
        InvalidAnnotation: for a rectangle that is turned or has no class, or a box that cannot be.
    """
    by_id: dict[str, dict[str, Any]] = {}
    rectangles: list[tuple[str, Mapping[str, Any]]] = []
    for place, result in enumerate(results):
        with complaining_about(f"result[{place}]"):
            kind, value = result.get("type"), result.get("value") or {}
            id = str(result.get("id") or f"#{place}")
            extras = by_id.setdefault(id, {})
            if kind == "rectanglelabels":
                rectangles.append((id, value))
                extras |= {"edges": (result.get("meta") or {}).get("edges")}
            elif kind == "textarea":
                extras |= {"gtin": "".join(value["text"]).strip()}
            elif kind == "choices":
                extras |= {str(choice): True for choice in value["choices"]}
    boxes = []
    for place, (id, value) in enumerate(rectangles):
        with complaining_about(f"rectangle[{place}]"):
            boxes.append(_box(value, size, by_id[id]))
    return tuple(boxes)


def _box(value: Mapping[str, Any], size: tuple[int, int], extras: Mapping[str, Any]) -> AnnotatedBox:
    if not math.isclose(float(value.get("rotation") or 0) % 360, 0, abs_tol=0.01):
        raise InvalidAnnotation("rotation", "is not 0", "draw upright boxes")
    labels: Sequence[Any] = value.get("rectanglelabels") or value.get("labels") or ()
    if len(labels) != 1:
        raise InvalidAnnotation("rectanglelabels", f"has {len(labels)} classes", "choose one for each box")
    return box_of(str(labels[0]), _edges(value, size), extras)


def read(data: bytes, size_of: SizeOf) -> AnnotatedSet:
    """Read tasks in their order: of each its last annotation that was not skipped; those without any are left out.

    Raises:
        InvalidAnnotation: for a missing or malformed part, or boxes that ``check_annotation`` refuses; and for a photo
            whose size nobody knows.
    """
    tasks = parsed_json(data)
    if not isinstance(tasks, list):
        raise InvalidAnnotation("file", "is not a list of tasks", "export the project as JSON, not as JSON-MIN")
    captures: list[AnnotatedCapture] = []
    names: dict[Gtin, str] = {}
    for place, task in enumerate(tasks):
        with complaining_about(f"[{place}]"):
            names |= names_of(task["data"].get("products") or ())
            kept = [one for one in task["annotations"] if not one.get("was_cancelled")]
            if kept:
                captures.append(_capture(task["data"], kept[-1]["result"], size_of))
    return AnnotatedSet(tuple(captures), names)


def _capture(data: Mapping[str, Any], results: Sequence[Mapping[str, Any]], size_of: SizeOf) -> AnnotatedCapture:
    name = str(data.get("capture") or data["image"])
    size = _said_size(data, results) or size_of(name)
    if size is None:
        raise InvalidAnnotation("size", "is not known", "give data.width and data.height, or data.capture")
    return capture_of(name, size, boxes_of(results, size))


def _said_size(data: Mapping[str, Any], results: Sequence[Mapping[str, Any]]) -> tuple[int, int] | None:
    if "width" in data and "height" in data:
        return int(data["width"]), int(data["height"])
    if results and "original_width" in results[0]:
        return int(results[0]["original_width"]), int(results[0]["original_height"])
    return None
