"""CVAT for images, XML 1.1 (https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/).

``occluded`` is CVAT's own flag; GTIN, ``ignore`` and ``truncated`` are attributes that the labels declare, so that a
project in CVAT shows them. The products' names stand in ``meta``.
"""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from labeling.annotations import AnnotatedBox, AnnotatedCapture, InvalidAnnotation
from labeling.formats.sets import (
    CLASSES,
    PRODUCT,
    AnnotatedSet,
    Edges,
    SizeOf,
    box_of,
    capture_of,
    class_of,
    complaining_about,
    edges_of,
    names_of,
)

_EDGES = ("xtl", "ytl", "xbr", "ybr")
_CHECKBOXES = ("ignore", "truncated")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(annotated: AnnotatedSet) -> bytes:
    """Return a document of which an image's name is the capture's id.

    Raises:
        InvalidAnnotation: for a name with a character that XML cannot hold.
    """
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    meta = SubElement(root, "meta")
    labels = SubElement(SubElement(meta, "task"), "labels")
    for name in CLASSES:
        _declare(SubElement(labels, "label"), name)
    for gtin, name in annotated.names.items():
        SubElement(meta, "product", gtin=gtin, name=_text(name))
    for number, capture in enumerate(annotated.captures):
        _add_image(root, number, capture)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, "utf-8", xml_declaration=True))


def _declare(label: Element, name: str) -> None:
    SubElement(label, "name").text = name
    attributes = SubElement(label, "attributes")
    kinds = {flag: ("checkbox", "false", "false") for flag in _CHECKBOXES}
    if name == PRODUCT:
        kinds = {"gtin": ("text", "", ""), **kinds}
    for attribute, (kind, default, values) in kinds.items():
        declared = SubElement(attributes, "attribute")
        for tag, text in (
            ("name", attribute),
            ("mutable", "False"),
            ("input_type", kind),
            ("default_value", default),
            ("values", values),
        ):
            SubElement(declared, tag).text = text


def _add_image(root: Element, number: int, capture: AnnotatedCapture) -> None:
    said = {"name": _text(capture.capture_id), "width": str(capture.width), "height": str(capture.height)}
    image = SubElement(root, "image", {"id": str(number), **said})
    for box in capture.boxes:
        edges = {name: repr(float(edge)) for name, edge in zip(_EDGES, edges_of(box), strict=True)}
        flags = {"source": "manual", "occluded": str(int(box.occluded)), "z_order": "0"}
        element = SubElement(image, "box", {"label": class_of(box), **flags, **edges})
        if box.kind.value == "facing":
            SubElement(element, "attribute", name="gtin").text = box.gtin or ""
        for flag in _CHECKBOXES:
            SubElement(element, "attribute", name=flag).text = "true" if getattr(box, flag) else "false"


def _text(name: str) -> str:
    if found := _NOT_IN_XML.search(name):
        detail = f"{name!r} has the character {found[0]!r}, which XML cannot hold"
        raise InvalidAnnotation("name", detail, "export it in another format")
    return name


class _NoDoctype(ElementTree.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Refuse it: the entities that it declares can grow without end."""
        raise InvalidAnnotation("file", "declares a document type", "leave the DOCTYPE out, as CVAT does")


def read(data: bytes, size_of: SizeOf) -> AnnotatedSet:
    """Read captures in the order of the document's images; shapes other than boxes are refused.

    Raises:
        InvalidAnnotation: for a missing or malformed part, or boxes that ``check_annotation`` refuses.
    """
    try:
        root = ElementTree.fromstring(data, ElementTree.XMLParser(target=_NoDoctype()))
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise _not_xml(error) from error
    with complaining_about("meta"):
        names = names_of(row.attrib for row in root.iterfind("meta/product"))
    captures = []
    for place, image in enumerate(root.iterfind("image")):
        with complaining_about(f"image[{place}]"):
            size = (int(image.attrib["width"]), int(image.attrib["height"]))
            captures.append(capture_of(image.attrib["name"], size, _boxes(image)))
    return AnnotatedSet(tuple(captures), names)


def _not_xml(error: Exception) -> InvalidAnnotation:
    if isinstance(error, InvalidAnnotation):
        return error
    return InvalidAnnotation("file", f"is not XML ({error})", "give the file as CVAT wrote it")


def _boxes(image: Element) -> list[AnnotatedBox]:
    boxes = []
    for place, shape in enumerate(image):
        with complaining_about(f"{shape.tag}[{place}]"):
            if shape.tag != "box":
                raise InvalidAnnotation("shape", f"is a {shape.tag}", "draw boxes")
            boxes.append(_box(shape.attrib, {one.attrib["name"]: one.text or "" for one in shape}))
    return boxes


def _box(shape: Mapping[str, Any], attributes: Mapping[str, str]) -> AnnotatedBox:
    if float(shape.get("rotation", 0)) % 360:
        raise InvalidAnnotation("rotation", "is not 0", "draw upright boxes")
    x1, y1, x2, y2 = (float(shape[name]) for name in _EDGES)
    edges: Edges = (x1, y1, x2, y2)
    ticked = {flag: attributes.get(flag, "").lower() in ("true", "1") for flag in (*_CHECKBOXES, "occluded")}
    ticked["occluded"] |= shape.get("occluded") == "1"
    return box_of(shape["label"], edges, {"gtin": attributes.get("gtin", "").strip(), **ticked})
