"""A snapshot as a folder that Ultralytics reads."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from training.captures import LabelledCapture
from training.snapshots import Snapshot, class_of

JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"
WEBP_START = b"RIFF"
RATES = "rates"  # key of data.yaml that Ultralytics does not know


def materialise(snapshot: Snapshot, folder: Path, rates: Mapping[str, float] | None = None) -> Path:
    """Write images, labels and ``data.yaml``; what an interrupted call left behind is completed.

    Without validation captures, ``data.yaml`` names the training photos twice, because Ultralytics demands both.

    Args:
        snapshot: its synthetic captures train beside those of its split.
        folder: to write into.
        rates: by capture id, how often an epoch shows a photo, for our own trainer; None for once each.

    Returns:
        The absolute path of ``data.yaml``.
    """
    folder = folder.resolve()
    stems = _write_part(snapshot, snapshot.split.train + snapshot.synthetic, folder, "train")
    _write_part(snapshot, snapshot.split.validation, folder, "val")
    data: dict[str, Any] = {
        "path": str(folder),  # absolute, or Ultralytics would look below its own datasets folder
        "train": "images/train",
        "val": "images/val" if snapshot.split.validation else "images/train",
        "names": dict(enumerate(snapshot.classes)),
    }
    if rates is not None:
        data[RATES] = {stem: rates[capture_id] for capture_id, stem in stems.items()}
    path = folder / "data.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return path


def label_lines(capture: LabelledCapture, snapshot: Snapshot) -> list[str]:
    """Return ``class cx cy w h`` per box, as shares of the photo's width and height; boxes are cut at its border."""
    ids = {name: i for i, name in enumerate(snapshot.classes)}
    lines = []
    for box in capture.boxes:
        x1, x2 = (min(max(x, 0.0), capture.width) / capture.width for x in (box.x1, box.x2))
        y1, y2 = (min(max(y, 0.0), capture.height) / capture.height for y in (box.y1, box.y2))
        if x2 > x1 and y2 > y1:
            place = f"{(x1 + x2) / 2:.6f} {(y1 + y2) / 2:.6f} {x2 - x1:.6f} {y2 - y1:.6f}"
            lines.append(f"{ids[class_of(box, snapshot.class_mode)]} {place}")
    return lines


def _write_part(snapshot: Snapshot, captures: tuple[LabelledCapture, ...], folder: Path, part: str) -> dict[str, str]:
    """Write one part, and return the name of each capture's files by its id."""
    stems: dict[str, str] = {}
    images, labels = folder / "images" / part, folder / "labels" / part
    images.mkdir(parents=True, exist_ok=True)
    labels.mkdir(parents=True, exist_ok=True)
    for number, capture in enumerate(captures):
        # Numbered, because an id may hold characters that a file name cannot.
        stem = f"{number:06d}-{capture.sha256[:12]}"
        _place(capture.image, images / f"{stem}{_suffix(capture.image)}")
        (labels / f"{stem}.txt").write_text("\n".join(label_lines(capture, snapshot)))
        stems[capture.capture_id] = stem
    _remove_others(images, labels, set(stems.values()))
    return stems


def _remove_others(images: Path, labels: Path, stems: set[str]) -> None:
    """Remove what an earlier call with other captures left: Ultralytics trains on whatever it finds."""
    for file in (*images.iterdir(), *labels.iterdir()):
        if file.stem not in stems:
            file.unlink()


def _suffix(image: Path) -> str:
    """Name the format by its first bytes; the file's own name may be a hash."""
    with image.open("rb") as file:
        start = file.read(4)
    return ".jpg" if start.startswith(JPEG_START) else ".webp" if start == WEBP_START else ".png"


def _place(source: Path, target: Path) -> None:
    """Link the photo where that is safe: Ultralytics rewrites a JPEG without end marker in place, through the link."""
    target.unlink(missing_ok=True)
    try:
        if target.suffix == ".jpg" and not _ends_as_jpeg(source):
            raise OSError("not safe to link")
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _ends_as_jpeg(image: Path) -> bool:
    with image.open("rb") as file:
        file.seek(-2, os.SEEK_END)
        return file.read() == JPEG_END
