"""Snapshots: immutable training sets, named by the hash of what is in them."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from training.captures import LabelledCapture
from training.splits import Split, split
from vision.artefact import FIXTURES, PRODUCT

ClassMode = Literal["kinds", "products"]
FORMAT_VERSION = 1


class NothingToTrain(ValueError):
    """There are no labelled captures, or they hold no box."""


class BadManifest(ValueError):
    """A text that is not a snapshot's manifest, or one that was changed after its hash was taken."""


@dataclass(frozen=True)
class Snapshot:
    """An immutable training set.

    Attributes:
        class_mode: ``kinds`` (product, shelf, tag, gap) or ``products`` (GTINs beside shelf, tag, gap).
        classes: class names by id.
        split: which captures train, which validate, and by which rule.
    """

    class_mode: ClassMode
    classes: tuple[str, ...]
    split: Split

    @property
    def captures(self) -> tuple[LabelledCapture, ...]:
        """All captures by id, whichever part they are in."""
        parts = self.split.train + self.split.validation + self.split.set_aside
        return tuple(sorted(parts, key=lambda capture: capture.capture_id))

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over image hashes, boxes, classes and split, 64 hex digits; paths and input order do not count."""
        return hashlib.sha256(_canonical(self._content())).hexdigest()

    def manifest(self) -> str:
        """Return the JSON text that `parse_manifest` reads back; images are named by hash, not by path."""
        return json.dumps({**self._content(), "content_hash": self.content_hash}, indent=1, sort_keys=True)

    def _content(self) -> dict[str, Any]:
        return {
            "format_version": FORMAT_VERSION,
            "class_mode": self.class_mode,
            "classes": list(self.classes),
            "split_rule": self.split.rule,
            "captures": {
                "train": [_record(capture) for capture in self.split.train],
                "validation": [_record(capture) for capture in self.split.validation],
                "set_aside": [_record(capture) for capture in self.split.set_aside],
            },
        }


def freeze(captures: Iterable[LabelledCapture], class_mode: ClassMode) -> Snapshot:
    """Split labelled captures and freeze them.

    In ``kinds`` mode the classes are always product, shelf, tag, gap. In ``products`` mode they are the GTINs that
    occur, ``product`` where a facing has no GTIN (an annotator saw a product and could not name it), and those of
    shelf, tag, gap that occur: a class that no annotation shows would teach the model that it does not exist.

    Raises:
        NothingToTrain: if there are no labelled captures or no boxes.
    """
    listed = sorted(captures, key=lambda capture: capture.capture_id)
    if not listed:
        raise NothingToTrain("no capture has reviewed annotations yet: label and submit some tasks first")
    if not any(capture.boxes for capture in listed):
        raise NothingToTrain(f"{len(listed)} labelled captures hold no box: annotate at least one facing")
    return Snapshot(class_mode, _classes(listed, class_mode), split(listed))


def class_of(box: AnnotatedBox, class_mode: ClassMode) -> str:
    """Return the name of the class that a box teaches."""
    if box.kind != DetectionKind.FACING:
        return box.kind.value
    return box.gtin if class_mode == "products" and box.gtin else PRODUCT


def parse_manifest(text: str, image_of: Callable[[str], Path]) -> Snapshot:
    """Rebuild a snapshot from its manifest.

    Args:
        text: what `Snapshot.manifest` returned.
        image_of: returns the local file of an image by its SHA-256.

    Raises:
        BadManifest: if the text is no manifest or its hash does not match its content.
    """
    try:
        manifest = json.loads(text)
        parts = {
            name: tuple(_capture(record, image_of) for record in records)
            for name, records in manifest["captures"].items()
        }
        if manifest["class_mode"] not in get_args(ClassMode):
            raise ValueError(f"unknown class mode {manifest['class_mode']!r}")
        found = Split(rule=manifest["split_rule"], **parts)
        snapshot = Snapshot(manifest["class_mode"], tuple(manifest["classes"]), found)
        stated = manifest["content_hash"]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadManifest(f"this is not a snapshot manifest: {error!r}") from error
    if stated != snapshot.content_hash:
        raise BadManifest(f"the manifest says {stated} but its content hashes to {snapshot.content_hash}")
    return snapshot


def _classes(captures: list[LabelledCapture], class_mode: ClassMode) -> tuple[str, ...]:
    fixtures = [kind.value for kind in FIXTURES]
    if class_mode == "kinds":
        return (PRODUCT, *fixtures)
    shown = {class_of(box, class_mode) for capture in captures for box in capture.boxes}
    gtins = sorted(shown - {PRODUCT, *fixtures})
    return (*gtins, *(name for name in (PRODUCT, *fixtures) if name in shown))


def _record(capture: LabelledCapture) -> dict[str, Any]:
    record = asdict(capture)
    del record["image"]
    record["taken_at"] = capture.taken_at.isoformat()
    record["boxes"] = sorted(_row(box) for box in capture.boxes)
    return record


def _row(box: AnnotatedBox) -> list[Any]:
    return [box.kind.value, float(box.x1), float(box.y1), float(box.x2), float(box.y2), box.gtin or ""]


def _capture(record: dict[str, Any], image_of: Callable[[str], Path]) -> LabelledCapture:
    boxes = tuple(
        AnnotatedBox(DetectionKind(kind), x1, y1, x2, y2, Gtin(gtin) if gtin else None)
        for kind, x1, y1, x2, y2, gtin in record["boxes"]
    )
    taken_at = datetime.fromisoformat(record["taken_at"])
    return LabelledCapture(**{**record, "boxes": boxes, "taken_at": taken_at, "image": image_of(record["sha256"])})


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
