"""From an annotation in the records to a capture that a snapshot holds, with its photo beside it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labeling.annotations import FLAGS, AnnotatedBox
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from service.image_store import ImageStore
from service.records import AnnotationRecord, CaptureRecord, TaskRecord
from service.snapshots.queries import Annotated, Labels
from training.captures import LabelledCapture
from training.regions import RgbImage, labelled_part
from vision.decoding import decode, encode_jpeg


class PhotoChanged(RuntimeError):
    """A stored photo is not the one that was annotated."""


class PhotoMissing(RuntimeError):
    """A photo that was annotated is no longer in the image store."""


@dataclass(frozen=True)
class Photos:
    """Copies of photos on this disk, each named by its SHA-256 and checked against it.

    Attributes:
        images: where they are fetched from.
        place: returns where the copy of a photo is kept, by its SHA-256.
    """

    images: ImageStore
    place: Callable[[str], Path]

    def fetch(self, capture: CaptureRecord) -> Path:
        """Return a sound copy of a capture's photo; one that was damaged is fetched again.

        Raises:
            PhotoMissing: if the image store does not have it.
            PhotoChanged: if it has another under its name.
        """
        place = self.place(capture.image_sha256)
        if not is_sound(place, capture.image_sha256):
            put(place, self._stored(capture))
        return place

    def _stored(self, capture: CaptureRecord) -> bytes:
        remedy = f"put the picture {capture.image_key} back into the image store from a backup"
        if capture.deleted_at is not None:
            remedy = "its time was over; order the retraining again, it freezes a new snapshot without it"
        try:
            picture = self.images.get(capture.image_key)
        except FileNotFoundError as error:
            raise PhotoMissing(f"the photo of capture {capture.id} is gone: {remedy}") from error
        if hashlib.sha256(picture).hexdigest() != capture.image_sha256:
            raise PhotoChanged(f"the photo of capture {capture.id} is not the one that was annotated: {remedy}")
        return picture

    def keep(self, picture: bytes) -> tuple[Path, str]:
        """Put a picture beside the photos, and return where it is and its SHA-256."""
        sha256 = hashlib.sha256(picture).hexdigest()
        put(self.place(sha256), picture)
        return self.place(sha256), sha256


def labelled_capture(photos: Photos, annotated: Annotated, labels: Labels) -> LabelledCapture:
    """Return an annotated capture; of a tile, or where something is to be ignored, with the part that was labelled.

    Raises:
        PhotoMissing: if the image store does not have its photo.
        PhotoChanged: if that is not the one that was annotated.
    """
    annotation, capture, task = annotated
    photo = photos.fetch(capture)
    if not is_part(annotated):
        return whole_capture(annotated, labels, photo)
    part, boxes = labelled_part(decode(photo.read_bytes()).image, drawn_boxes(annotation, labels), task.tile)
    place, sha256 = photos.keep(_encoded(part))
    size = part.shape[1], part.shape[0]
    name = capture.id if task.tile is None else f"{capture.id}:{task.part}"
    return _labelled(annotated, name, place, sha256, size, boxes)


def whole_capture(annotated: Annotated, labels: Labels, photo: Path) -> LabelledCapture:
    """Return a capture that was labelled as a whole, without looking at its photo."""
    annotation, capture, _ = annotated
    size = capture.width, capture.height
    return _labelled(annotated, capture.id, photo, capture.image_sha256, size, drawn_boxes(annotation, labels))


def is_part(annotated: Annotated) -> bool:
    """Say whether a picture of its own is made: of a tile, or without what is to be ignored."""
    annotation, _, task = annotated
    return task.tile is not None or any(box.get("ignore", False) for box in annotation.boxes)


def drawn_boxes(annotation: AnnotationRecord, labels: Labels) -> tuple[AnnotatedBox, ...]:
    """Return an annotation's boxes, each facing with the product that it shows."""
    return tuple(_box(box, labels.get((annotation.id, place))) for place, box in enumerate(annotation.boxes))


def is_sound(place: Path, sha256: str) -> bool:
    """Say whether a file is there and is what its name says."""
    return place.exists() and hashlib.sha256(place.read_bytes()).hexdigest() == sha256


def put(place: Path, picture: bytes) -> None:
    """Write a file as a whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_suffix(".partial")
    partial.write_bytes(picture)
    partial.replace(place)


def _labelled(
    annotated: tuple[AnnotationRecord, CaptureRecord, TaskRecord],
    name: str,
    image: Path,
    sha256: str,
    size: tuple[int, int],
    boxes: tuple[AnnotatedBox, ...],
) -> LabelledCapture:
    annotation, capture, task = annotated
    return LabelledCapture(
        capture_id=name,
        image=image,
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
        annotation_id=annotation.id,
    )


def _box(drawn: Mapping[str, Any], gtin: str | None) -> AnnotatedBox:
    x1, y1, x2, y2 = drawn["box"]
    flags = {flag: drawn.get(flag, False) for flag in FLAGS}
    return AnnotatedBox(DetectionKind(drawn["kind"]), x1, y1, x2, y2, Gtin(gtin) if gtin else None, **flags)


def _encoded(part: RgbImage) -> bytes:
    return encode_jpeg(part, quality=95)
