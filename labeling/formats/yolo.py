"""YOLO labels: a zip of ``data.yaml``, a text file for each photo, and what they cannot hold in ``shelfloop.json``.

A line is ``class centre_x centre_y width height``, the last four as shares of the photo. YOLO has no place for the size
of a photo, a GTIN, a flag, or the exact edges: those are beside it, each with the line that it belongs to, so that
lines may be moved, added, changed or dropped. Without ``shelfloop.json`` labels are read as far as they go; sizes then
come from who reads.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote

import yaml

from labeling.annotations import AnnotatedBox, AnnotatedCapture, InvalidAnnotation
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

SIDECAR, CONFIG = "shelfloop.json", "data.yaml"
MOST_BYTES = 500_000_000  # unpacked
_BORN = (1980, 1, 1, 0, 0, 0)  # of each file: the same set is the same zip


def write(annotated: AnnotatedSet) -> bytes:
    """Return the zip; a photo's file is named by the capture's id, percent-encoded."""
    beside = {
        "captures": [_beside(place, capture) for place, capture in enumerate(annotated.captures)],
        "products": name_rows(annotated.names),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        config = {"path": ".", "train": "images", "val": "images", "names": dict(enumerate(CLASSES))}
        _put(archive, CONFIG, yaml.safe_dump(config, sort_keys=False).encode())
        _put(archive, SIDECAR, as_json(beside))
        for place, capture in enumerate(annotated.captures):
            lines = "".join(f"{_line(box, capture)}\n" for box in capture.boxes)
            _put(archive, _file(place, capture), lines.encode())
    return packed.getvalue()


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _BORN), data, zipfile.ZIP_DEFLATED)


def _file(place: int, capture: AnnotatedCapture) -> str:
    stem = quote(capture.capture_id, safe=" ")
    return f"labels/{stem if len(stem) <= 200 else place}.txt"


def _beside(place: int, capture: AnnotatedCapture) -> dict[str, Any]:
    boxes = []
    for box in capture.boxes:
        line = _line(box, capture)
        extras = extras_of(box, _edges(line.split()[1:], (capture.width, capture.height)))
        boxes.append({"line": line, **extras})
    return {
        "name": capture.capture_id,
        "labels": _file(place, capture),
        "width": capture.width,
        "height": capture.height,
        "boxes": boxes,
    }


def _line(box: AnnotatedBox, capture: AnnotatedCapture) -> str:
    width, height = capture.width, capture.height
    centre = (box.x1 + box.x2) / 2 / width, (box.y1 + box.y2) / 2 / height
    size = (box.x2 - box.x1) / width, (box.y2 - box.y1) / height
    # 8 digits: a ten-thousandth of a pixel in 10,000
    return " ".join([str(CLASSES.index(class_of(box))), *(f"{share:.8f}" for share in centre + size)])


def _edges(shares: Iterable[str], size: tuple[int, int]) -> Edges:
    x, y, width, height = (float(share) for share in shares)
    across, down = size
    return (x - width / 2) * across, (y - height / 2) * down, (x + width / 2) * across, (y + height / 2) * down


def read(data: bytes, size_of: SizeOf) -> AnnotatedSet:
    """Read captures in the order of ``shelfloop.json``, then those that it does not name.

    Raises:
        InvalidAnnotation: for what is no such zip, naming the line that is malformed, or the box that
            ``check_annotation`` refuses; and for a photo whose size nobody knows.
    """
    files = _unpacked(data)
    beside = parsed_json(files[SIDECAR]) if SIDECAR in files else {}
    classes = _classes(files[CONFIG]) if CONFIG in files else dict(enumerate(CLASSES))
    with complaining_about(SIDECAR):
        names = names_of(beside.get("products") or ())
        known = {str(row["labels"]): row for row in beside.get("captures") or ()}
    captures = []
    for file in [*known, *sorted(file for file in files if _is_labels(file) and file not in known)]:
        with complaining_about(file):
            row = known.get(file, {})
            name = str(row.get("name", unquote(file.rpartition("/")[2].removesuffix(".txt"))))
            size = (int(row["width"]), int(row["height"])) if row else size_of(name)
            if size is None:
                raise InvalidAnnotation("size", "is not known", f"add {SIDECAR}, or name the file by a capture's id")
            captures.append(capture_of(name, size, _boxes(files.get(file, b""), size, classes, row.get("boxes") or ())))
    return AnnotatedSet(tuple(captures), names)


def _unpacked(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if _is_wanted(member.filename)]
            if sum(member.file_size for member in members) > MOST_BYTES:
                detail = f"holds more than {MOST_BYTES / 1e6:g} MB of labels"
                raise InvalidAnnotation("file", detail, "send it in parts")
            return {member.filename: archive.read(member) for member in members}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise InvalidAnnotation("file", f"is not a zip ({error})", "pack data.yaml and labels/ as one zip") from error


def _is_wanted(file: str) -> bool:
    return file in (SIDECAR, CONFIG) or _is_labels(file)


def _is_labels(file: str) -> bool:
    return file.endswith(".txt") and "labels" in file.split("/")[:-1]


def _classes(config: bytes) -> dict[int, str]:
    with complaining_about(CONFIG):
        try:
            names = yaml.safe_load(config)["names"]
        except yaml.YAMLError as error:
            raise InvalidAnnotation("names", f"is not YAML ({error})", "name the classes by number") from error
        numbered = names.items() if isinstance(names, dict) else enumerate(names)
        return {int(number): str(name) for number, name in numbered}


def _boxes(
    text: bytes, size: tuple[int, int], classes: Mapping[int, str], beside: Iterable[Mapping[str, Any]]
) -> list[AnnotatedBox]:
    waiting: dict[str, list[Mapping[str, Any]]] = {}
    for row in beside:
        waiting.setdefault(str(row["line"]), []).append(row)
    boxes = []
    for number, line in enumerate(text.decode().splitlines(), start=1):
        if line.strip():
            with complaining_about(f"line {number}"):
                extras = waiting.get(line.strip())
                boxes.append(_box(line, size, classes, extras.pop(0) if extras else {}))
    return boxes


def _box(line: str, size: tuple[int, int], classes: Mapping[int, str], extras: Mapping[str, Any]) -> AnnotatedBox:
    label, *shares = line.split()
    if len(shares) != 4:
        detail = f"{line!r} is not a class number and four shares"
        raise InvalidAnnotation("shares", detail, "write: class centre_x centre_y width height")
    if int(label) not in classes:
        raise InvalidAnnotation("class", f"{label} is not in {CONFIG}", "name all classes there")
    return box_of(classes[int(label)], _edges(shares, size), extras)
