"""Snapshots: immutable training sets, named by the hash of what is in them."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
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
FORMAT_VERSION = 2
_BEFORE_VERSIONS = 1  # manifests of that format name neither versions nor annotations, and hash without them


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
        synthetic: composed captures that train beside those of the split; none of them ever validates.
        versions: of everything that labels depend on, by name: ``catalogue``, ``guideline``, ``detector``, …
        format_version: of the manifest that it came from.
    """

    class_mode: ClassMode
    classes: tuple[str, ...]
    split: Split
    synthetic: tuple[LabelledCapture, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    format_version: int = FORMAT_VERSION

    @property
    def captures(self) -> tuple[LabelledCapture, ...]:
        """All real captures by id, whichever part they are in."""
        return _by_id(self.split.train + self.split.validation + self.split.set_aside)

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over image hashes, boxes, classes, split, versions: 64 hex digits; paths and order do not count."""
        return hashlib.sha256(_canonical(self._content())).hexdigest()

    def manifest(self) -> str:
        """Return the JSON text that `parse_manifest` reads back; images are named by hash, not by path."""
        return json.dumps({**self._content(), "content_hash": self.content_hash}, indent=1, sort_keys=True)

    def _content(self) -> dict[str, Any]:
        with_ids = self.format_version > _BEFORE_VERSIONS
        split = self.split
        parts = {"train": split.train, "validation": split.validation, "set_aside": split.set_aside}
        content: dict[str, Any] = {
            "format_version": self.format_version,
            "class_mode": self.class_mode,
            "classes": list(self.classes),
            "split_rule": split.rule,
            "captures": {name: [_record(capture, with_ids) for capture in part] for name, part in parts.items()},
        }
        if with_ids:
            content["versions"] = dict(self.versions)
            content["synthetic"] = [_record(capture, with_ids) for capture in self.synthetic]
        return content


def freeze(
    captures: Iterable[LabelledCapture], class_mode: ClassMode, versions: Mapping[str, str] | None = None
) -> Snapshot:
    """Split labelled captures and freeze them, with the versions that their labels depend on.

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
    return Snapshot(class_mode, _classes(listed, class_mode), split(listed), versions=dict(versions or {}))


def add_synthetic(snapshot: Snapshot, synthetic: Iterable[LabelledCapture]) -> Snapshot:
    """Return the snapshot with composed captures to train on; their products become classes too."""
    both = _by_id((*snapshot.synthetic, *synthetic))
    classes = _classes([*snapshot.captures, *both], snapshot.class_mode)
    return replace(snapshot, classes=classes, synthetic=both)


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
        snapshot = _snapshot(manifest, image_of)
        stated = manifest["content_hash"]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadManifest(f"this is not a snapshot manifest: {error!r}") from error
    if stated != snapshot.content_hash:
        raise BadManifest(f"the manifest says {stated} but its content hashes to {snapshot.content_hash}")
    return snapshot


def _snapshot(manifest: dict[str, Any], image_of: Callable[[str], Path]) -> Snapshot:
    def captures(records: list[dict[str, Any]]) -> tuple[LabelledCapture, ...]:
        return tuple(_capture(record, image_of) for record in records)

    if manifest["class_mode"] not in get_args(ClassMode):
        raise ValueError(f"unknown class mode {manifest['class_mode']!r}")
    if manifest["format_version"] not in (_BEFORE_VERSIONS, FORMAT_VERSION):
        raise ValueError(f"unknown format version {manifest['format_version']!r}")
    parts = {name: captures(records) for name, records in manifest["captures"].items()}
    return Snapshot(
        class_mode=manifest["class_mode"],
        classes=tuple(manifest["classes"]),
        split=Split(rule=manifest["split_rule"], **parts),
        synthetic=captures(manifest.get("synthetic", [])),
        versions=manifest.get("versions", {}),
        format_version=manifest["format_version"],
    )


def _by_id(captures: Iterable[LabelledCapture]) -> tuple[LabelledCapture, ...]:
    return tuple(sorted(captures, key=lambda capture: capture.capture_id))


def _classes(captures: list[LabelledCapture], class_mode: ClassMode) -> tuple[str, ...]:
    fixtures = [kind.value for kind in FIXTURES]
    if class_mode == "kinds":
        return (PRODUCT, *fixtures)
    shown = {class_of(box, class_mode) for capture in captures for box in capture.boxes}
    gtins = sorted(shown - {PRODUCT, *fixtures})
    return (*gtins, *(name for name in (PRODUCT, *fixtures) if name in shown))


def _record(capture: LabelledCapture, with_annotation: bool) -> dict[str, Any]:
    kept = [one.name for one in fields(capture) if one.name not in ("image", "annotation_id")]
    record = {name: getattr(capture, name) for name in kept}
    record["taken_at"] = capture.taken_at.isoformat()
    record["boxes"] = sorted(_row(box) for box in capture.boxes)
    return {**record, "annotation_id": capture.annotation_id} if with_annotation else record


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
