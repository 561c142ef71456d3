"""From annotations in the records to a frozen snapshot with its photos beside it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labeling.annotations import FLAGS, AnnotatedBox
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from service.records import AnnotationRecord, CaptureRecord, TaskRecord
from service.retrainings.progress import enter_stage, while_running
from service.retrainings.queries import current_labels, list_annotated
from service.retrainings.work import MANIFEST, Work
from training.captures import LabelledCapture
from training.regions import RgbImage, labelled_part
from training.snapshots import freeze
from vision.decoding import decode, encode_jpeg


class PhotoChanged(RuntimeError):
    """A stored photo is not the one that was annotated."""


def freeze_snapshot(work: Work) -> str:
    """Freeze what is labelled now, fetch the photos, and return the snapshot's hash.

    Raises:
        NothingToTrain: if the labels went away since the retraining was ordered.
        PhotoChanged: if a photo in the image store was tampered with.
        Stopped: if the retraining was cancelled.
    """
    enter_stage(work, "snapshot")
    with work.context.database.read() as session:
        annotated, gtins = list_annotated(session, work.request.arms), current_labels(session)
    captures = [_labelled(work, capture, task, _boxes(annotation, gtins)) for annotation, capture, task in annotated]
    snapshot = freeze(captures, work.request.classes)
    (work.folder / MANIFEST).write_text(snapshot.manifest())
    with while_running(work) as record:
        record.snapshot_hash = snapshot.content_hash
        parts = {
            "train": snapshot.split.train,
            "validation": snapshot.split.validation,
            "set_aside": snapshot.split.set_aside,
        }
        counts = {name: len(part) for name, part in parts.items()}
        record.progress = {**record.progress, "captures": counts, "split_rule": snapshot.split.rule}
    return snapshot.content_hash


def _labelled(work: Work, capture: CaptureRecord, task: TaskRecord, boxes: tuple[AnnotatedBox, ...]) -> LabelledCapture:
    photo = _fetched(work, capture)
    size, sha256, name = (capture.width, capture.height), capture.image_sha256, capture.id
    if task.tile is not None or any(box.ignore for box in boxes):
        part, boxes = labelled_part(decode(photo.read_bytes()).image, boxes, task.tile)
        size, name = (part.shape[1], part.shape[0]), f"{capture.id}:{task.part}"
        photo, sha256 = _put_part(work, part)
    return LabelledCapture(
        capture_id=name,
        image=photo,
        sha256=sha256,
        width=size[0],
        height=size[1],
        store_id=capture.store_id,
        bay_id=capture.bay_id,
        taken_at=capture.taken_at,
        stratum=capture.stratum,
        arm=task.arm,
        boxes=boxes,
        duplicate_group=capture.near_duplicate_of or capture.id,
    )


def _boxes(annotation: AnnotationRecord, gtins: Mapping[tuple[str, int], str]) -> tuple[AnnotatedBox, ...]:
    return tuple(_box(box, gtins.get((annotation.id, place))) for place, box in enumerate(annotation.boxes))


def _box(drawn: dict[str, Any], gtin: str | None) -> AnnotatedBox:
    x1, y1, x2, y2 = drawn["box"]
    flags = {flag: drawn.get(flag, False) for flag in FLAGS}
    return AnnotatedBox(DetectionKind(drawn["kind"]), x1, y1, x2, y2, Gtin(gtin) if gtin else None, **flags)


def _fetched(work: Work, capture: CaptureRecord) -> Path:
    place = work.photo(capture.image_sha256)
    if not place.exists():
        picture = work.context.images.get(capture.image_key)
        if hashlib.sha256(picture).hexdigest() != capture.image_sha256:
            raise PhotoChanged(f"the photo of capture {capture.id} is not the one that was annotated")
        _put(place, picture)
    return place


def _put_part(work: Work, part: RgbImage) -> tuple[Path, str]:
    """Write the labelled part of a photo beside the photos, and return where it is and its SHA-256."""
    picture = encode_jpeg(part, quality=95)
    sha256 = hashlib.sha256(picture).hexdigest()
    _put(work.photo(sha256), picture)
    return work.photo(sha256), sha256


def _put(place: Path, picture: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_suffix(".partial")
    partial.write_bytes(picture)
    partial.replace(place)
