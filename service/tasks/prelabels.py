"""What is drawn on a task's photo before the annotator begins."""

from typing import Any, Protocol

from sqlalchemy.orm import Session

from labeling.annotations import FLAGS, AnnotatedBox, InvalidAnnotation
from labeling.tiles import shows
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from service.catalogue.states import State
from service.records import AnnotationRecord, FacingLabelRecord, TaskRecord
from service.tasks.queries import labels_of


class Seen(Protocol):
    """What a model found in a photo: a capture has it."""

    @property
    def detections(self) -> list[Any]: ...  # noqa: D102


def prelabels(
    session: Session, task: TaskRecord, photo: Seen, earlier: AnnotationRecord | None
) -> list[dict[str, Any]]:
    """Return the boxes drawn beforehand: those of an earlier annotation of this task, else what the model found.

    Of a tile those that lie mostly within it. A blind copy never shows what others drew.
    """
    drawn = photo.detections if earlier is None else todays_boxes(session, earlier)
    if task.tile is None or earlier is not None:
        return list(drawn)
    return [box for box in drawn if shows(task.tile, box["box"])]


def boxes_beforehand(
    session: Session, task: TaskRecord, photo: Seen, earlier: AnnotationRecord | None
) -> list[AnnotatedBox]:
    """Return the same as boxes that what was submitted is compared with."""
    return [box for one in prelabels(session, task, photo, earlier) if (box := as_box(one)) is not None]


def todays_boxes(session: Session, annotation: AnnotationRecord) -> list[dict[str, Any]]:
    """Return the boxes of an annotation, each facing with the product that it shows today.

    That is none where the product was split or delisted since it was drawn; `former_gtin` says which one it was.
    """
    labels = labels_of(session, annotation.id)
    return [_todays_box(box, labels.get(place)) for place, box in enumerate(annotation.boxes)]


def _todays_box(box: dict[str, Any], label: FacingLabelRecord | None) -> dict[str, Any]:
    if label is None:
        return {**box, "gtin": None}
    if label.state == State.CURRENT:
        return {**box, "gtin": label.gtin}
    return {**box, "gtin": None, "former_gtin": label.gtin}


def as_box(drawn: dict[str, Any]) -> AnnotatedBox | None:
    """Return a box, None for one that no annotator could draw: the model's may be thinner than a pixel."""
    x1, y1, x2, y2 = drawn["box"]
    gtin, flags = drawn.get("gtin"), {flag: bool(drawn.get(flag)) for flag in FLAGS}
    try:
        return AnnotatedBox(DetectionKind(drawn["kind"]), x1, y1, x2, y2, Gtin(gtin) if gtin else None, **flags)
    except InvalidAnnotation:
        return None
