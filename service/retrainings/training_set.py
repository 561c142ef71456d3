"""From annotations in the records to a frozen snapshot with its photos beside it."""

import hashlib
from collections.abc import Mapping
from typing import Any

from labeling.annotations import FLAGS, AnnotatedBox
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from service.records import AnnotationRecord, CaptureRecord
from service.retrainings.progress import enter_stage, while_running
from service.retrainings.queries import current_labels, list_annotated
from service.retrainings.work import MANIFEST, Work
from training.captures import LabelledCapture
from training.snapshots import freeze


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
    captures = [_labelled(work, capture, _boxes(annotation, gtins), arm) for annotation, capture, arm in annotated]
    snapshot = freeze(captures, work.request.classes)
    for _, capture, _ in annotated:
        _fetch(work, capture)
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


def _labelled(work: Work, capture: CaptureRecord, boxes: tuple[AnnotatedBox, ...], arm: str) -> LabelledCapture:
    return LabelledCapture(
        capture_id=capture.id,
        image=work.photo(capture.image_sha256),
        sha256=capture.image_sha256,
        width=capture.width,
        height=capture.height,
        store_id=capture.store_id,
        bay_id=capture.bay_id,
        taken_at=capture.taken_at,
        stratum=capture.stratum,
        arm=arm,
        boxes=boxes,
        duplicate_group=capture.near_duplicate_of or capture.id,
    )


def _boxes(annotation: AnnotationRecord, gtins: Mapping[tuple[str, int], str]) -> tuple[AnnotatedBox, ...]:
    return tuple(_box(box, gtins.get((annotation.id, place))) for place, box in enumerate(annotation.boxes))


def _box(drawn: dict[str, Any], gtin: str | None) -> AnnotatedBox:
    x1, y1, x2, y2 = drawn["box"]
    flags = {flag: drawn.get(flag, False) for flag in FLAGS}
    return AnnotatedBox(DetectionKind(drawn["kind"]), x1, y1, x2, y2, Gtin(gtin) if gtin else None, **flags)


def _fetch(work: Work, capture: CaptureRecord) -> None:
    place = work.photo(capture.image_sha256)
    if place.exists():
        return
    picture = work.context.images.get(capture.image_key)
    if hashlib.sha256(picture).hexdigest() != capture.image_sha256:
        raise PhotoChanged(f"the photo of capture {capture.id} is not the one that was annotated")
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_suffix(".partial")
    partial.write_bytes(picture)
    partial.replace(place)
