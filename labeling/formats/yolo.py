"""YOLO label text: one line a box, ``class centre_x centre_y width height``, the last four as shares of the photo.

Classes count from 0 in the order given. YOLO has no place for a GTIN: a facing whose GTIN is no class comes back
without it.
"""

from collections.abc import Sequence

from labeling.annotations import AnnotatedBox, AnnotatedCapture, InvalidAnnotation, check_annotation
from labeling.formats.classes import class_number, meaning


def to_yolo(capture: AnnotatedCapture, classes: Sequence[str]) -> str:
    """Return the label file of one capture; empty for one without boxes.

    Raises:
        InvalidAnnotation: for a box whose class is not among ``classes``.
    """
    return "".join(f"{class_number(box, classes)} {_shares(box, capture)}\n" for box in capture.boxes)


def _shares(box: AnnotatedBox, capture: AnnotatedCapture) -> str:
    width, height = capture.width, capture.height
    centre = (box.x1 + box.x2) / 2 / width, (box.y1 + box.y2) / 2 / height
    size = (box.x2 - box.x1) / width, (box.y2 - box.y1) / height
    return " ".join(f"{share:.8f}" for share in centre + size)  # 8 digits: a ten-thousandth of a pixel in 10,000


def from_yolo(text: str, capture_id: str, photo_size: tuple[int, int], classes: Sequence[str]) -> AnnotatedCapture:
    """Read a label file back.

    Args:
        text: the label file.
        capture_id: the capture that it belongs to.
        photo_size: width and height of its upright photo in pixels.
        classes: names of the classes, in the order of their numbers.

    Raises:
        InvalidAnnotation: naming the line that is malformed, or a box that ``check_annotation`` refuses.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    boxes = [_box(number, line, photo_size, classes) for number, line in lines]
    return AnnotatedCapture(capture_id, *photo_size, check_annotation(boxes, photo_size))


def _box(number: int, line: str, photo_size: tuple[int, int], classes: Sequence[str]) -> AnnotatedBox:
    try:
        label, *shares = line.split()
        class_id, (x, y, width, height) = int(label), map(float, shares)
    except ValueError as error:
        detail = f"{line!r} is not a class number and four shares"
        raise InvalidAnnotation(f"line {number}", detail, "write: class centre_x centre_y width height") from error
    if not 0 <= class_id < len(classes):
        raise InvalidAnnotation(f"line {number}", f"class {class_id} leaves 0..{len(classes) - 1}", "give all classes")
    across, down = photo_size
    left, top, right, bottom = x - width / 2, y - height / 2, x + width / 2, y + height / 2
    try:
        kind, gtin = meaning(classes[class_id])
        return AnnotatedBox(kind, left * across, top * down, right * across, bottom * down, gtin)
    except InvalidAnnotation as error:
        raise error.inside(f"line {number}") from error
