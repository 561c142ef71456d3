"""Turning drawn boxes into an annotation, and into labels that follow the catalogue from then on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from labeling.annotations import FLAGS, AnnotatedBox, InvalidAnnotation, check_annotation
from labeling.guidelines import GUIDELINE_V1
from labeling.leases import TaskState
from retail.catalogue import Catalogue
from retail.gtin import Gtin
from service.catalogue.loading import read_catalogue
from service.catalogue.resolving import product_of
from service.catalogue.states import State
from service.ids import new_id
from service.problems import Problem
from service.records import AnnotationRecord, CaptureRecord, FacingLabelRecord, TaskRecord
from service.tasks.holding import finish_task
from service.tasks.queries import annotation_of, capture_of, labels_of, supersede
from service.tasks.schemas import AnnotateRequest, BoxIn


def annotate(
    session: Session, task: TaskRecord, request: AnnotateRequest, annotator_id: str, now: datetime
) -> AnnotationRecord:
    """Keep the boxes of a task that the annotator holds, in place of earlier ones; the task is labelled then.

    The caller holds the catalogue (`hold_catalogue`) since before the task.

    Raises:
        Problem: annotation-invalid, naming the box and the edge; or product-unknown, -split or -delisted.
    """
    capture = capture_of(session, task)
    boxes = _checked(request.boxes, capture)
    catalogue = read_catalogue(session, {box.gtin for box in boxes if box.gtin is not None})
    products = _products(catalogue, boxes, now)
    earlier = annotation_of(session, task.id)
    annotation = AnnotationRecord(
        id=new_id(now),
        task_id=task.id,
        capture_id=capture.id,
        annotator=annotator_id,
        created_at=now,
        seconds=request.seconds,
        boxes=[box_json(box) for box in boxes],
        catalogue_version=catalogue.version,
        guideline_version=GUIDELINE_V1.version,
        prelabel_model_version=capture.model_version,
    )
    session.add(annotation)
    session.flush()
    session.add_all(
        FacingLabelRecord(annotation_id=annotation.id, place=place, gtin=gtin, state=State.CURRENT)
        for place, gtin in products.items()
    )
    if earlier is not None:
        supersede(session, earlier, annotation)
    finish_task(task, TaskState.LABELLED)
    return annotation


def box_json(box: AnnotatedBox) -> dict[str, Any]:
    """Return a box as it is kept: ``kind``, ``box`` (x1, y1, x2, y2 in pixels), ``gtin``, and the flags it has."""
    flags = {flag: True for flag in FLAGS if getattr(box, flag)}
    return {"kind": box.kind.value, "box": [box.x1, box.y1, box.x2, box.y2], "gtin": box.gtin, **flags}


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


def _checked(boxes: Sequence[BoxIn], capture: CaptureRecord) -> tuple[AnnotatedBox, ...]:
    try:
        return check_annotation(boxes, (capture.width, capture.height))
    except InvalidAnnotation as error:
        raise Problem(
            422,
            "annotation-invalid",
            f"{error.field} {error.detail}.",
            field=error.field,
            remedy=f"{error.remedy[0].upper()}{error.remedy[1:]}.",
        ) from error


def _products(catalogue: Catalogue, boxes: Sequence[AnnotatedBox], now: datetime) -> dict[int, Gtin]:
    """Return the product that each named facing shows today, by its place in the boxes."""
    return {
        place: product_of(catalogue, box.gtin, f"boxes[{place}].gtin", now.date())
        for place, box in enumerate(boxes)
        if box.gtin is not None
    }
