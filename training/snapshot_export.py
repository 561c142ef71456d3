"""Snapshots as folders that other tools read: Ultralytics' YAML, COCO's JSON."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import yaml

from training.captures import LabelledCapture
from training.snapshots import Snapshot, class_of
from training.yolo_folder import label_lines

ExportFormat = Literal["yolo", "coco"]
MANIFEST = "snapshot.json"
_SUFFIXES = {b"\xff\xd8": ".jpg", b"RI": ".webp"}


def export(snapshot: Snapshot, folder: Path, format: ExportFormat) -> int:
    """Write the snapshot's photos and labels, and its manifest beside them; return how many photos were written.

    Captures whose photo is not on this disk are left out. Paths inside are relative: the folder may be moved.

    Args:
        snapshot: whose captures' ``image`` are local files.
        folder: to write to; it is made.
        format: ``yolo`` (``data.yaml``, ``images/``, ``labels/``) or ``coco`` (``annotations/``, ``images/``).
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).write_text(snapshot.manifest())
    split = snapshot.split
    parts = {"train": split.train + snapshot.synthetic, "val": split.validation, "set_aside": split.set_aside}
    here = {part: [one for one in captures if one.image.is_file()] for part, captures in parts.items()}
    _WRITERS[format](snapshot, {part: captures for part, captures in here.items() if captures}, folder)
    return sum(map(len, here.values()))


def _write_yolo(snapshot: Snapshot, parts: dict[str, list[LabelledCapture]], folder: Path) -> None:
    for part, captures in parts.items():
        labels = folder / "labels" / part
        labels.mkdir(parents=True, exist_ok=True)
        for name, capture in zip(_place(captures, folder / "images" / part), captures, strict=True):
            lines = label_lines(capture, snapshot)
            (labels / f"{Path(name).stem}.txt").write_text("".join(f"{line}\n" for line in lines))
    # No `path`: Ultralytics then reads below the folder of this file. It demands a validation part.
    data = {
        "train": "images/train",
        "val": "images/val" if "val" in parts else "images/train",
        "names": dict(enumerate(snapshot.classes)),
    }
    (folder / "data.yaml").write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def _write_coco(snapshot: Snapshot, parts: dict[str, list[LabelledCapture]], folder: Path) -> None:
    (folder / "annotations").mkdir(exist_ok=True)
    ids = {name: number for number, name in enumerate(snapshot.classes, start=1)}
    for part, captures in parts.items():
        names = _place(captures, folder / "images" / part)
        document = _coco(snapshot, list(zip(names, captures, strict=True)), ids)
        (folder / "annotations" / f"instances_{part}.json").write_text(json.dumps(document, ensure_ascii=False))


def _coco(snapshot: Snapshot, named: Sequence[tuple[str, LabelledCapture]], ids: dict[str, int]) -> dict[str, Any]:
    boxes = [
        (number, ids[class_of(box, snapshot.class_mode)], box)
        for number, (_, capture) in enumerate(named, start=1)
        for box in capture.boxes
    ]
    return {
        "info": {"description": f"Shelfloop snapshot {snapshot.content_hash}"},
        "images": [
            {
                **{"id": number, "file_name": name, "width": capture.width, "height": capture.height},
                **{"capture_id": capture.capture_id, "store_id": capture.store_id, "stratum": capture.stratum},
                "date_captured": capture.taken_at.isoformat(),
            }
            for number, (name, capture) in enumerate(named, start=1)
        ],
        "annotations": [
            {
                **{"id": number, "image_id": image, "category_id": category, "iscrowd": 0},
                "bbox": [box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1],
                "area": (box.x2 - box.x1) * (box.y2 - box.y1),
                **({"gtin": box.gtin} if box.gtin else {}),
            }
            for number, (image, category, box) in enumerate(boxes, start=1)
        ],
        "categories": [{"id": number, "name": name} for name, number in ids.items()],
    }


def _place(captures: Sequence[LabelledCapture], folder: Path) -> list[str]:
    """Copy photos into a folder and return their names there: the captures' ids, percent-encoded."""
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for capture in captures:
        with capture.image.open("rb") as file:
            suffix = _SUFFIXES.get(file.read(2), ".png")  # the file's own name may be a hash
        names.append(f"{quote(capture.capture_id, safe='')}{suffix}")
        shutil.copyfile(capture.image, folder / names[-1])
    return names


_Writer = Callable[[Snapshot, dict[str, list[LabelledCapture]], Path], None]
_WRITERS: dict[ExportFormat, _Writer] = {"yolo": _write_yolo, "coco": _write_coco}
