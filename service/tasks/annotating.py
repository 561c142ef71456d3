"""Turning drawn boxes into an annotation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from labeling.annotations import AnnotatedBox, InvalidAnnotation, check_annotation
from labeling.guidelines import GUIDELINE_V1
from labeling.leases import TaskState
from service.catalogue.queries import catalogue_version
from service.ids import new_id
from service.problems import Problem
from service.records import AnnotationRecord, CaptureRecord, TaskRecord
from service.tasks.holding import finish_task
from service.tasks.queries import capture_of, known_gtins
from service.tasks.schemas import AnnotateRequest, BoxIn


def annotate(
    session: Session, task: TaskRecord, request: AnnotateRequest, annotator_id: str, now: datetime
) -> AnnotationRecord:
    """Keep the boxes of a task that the annotator holds; the task is labelled then.

    Raises:
        Problem: annotation-invalid or product-unknown, naming the box and the edge.
    """
    capture = capture_of(session, task)
    boxes = _checked(request.boxes, capture)
    _check_products(session, boxes)
    annotation = AnnotationRecord(
        id=new_id(now),
        task_id=task.id,
        capture_id=capture.id,
        annotator=annotator_id,
        created_at=now,
        seconds=request.seconds,
        boxes=[box_json(box) for box in boxes],
        catalogue_version=catalogue_version(session),
        guideline_version=GUIDELINE_V1.version,
        prelabel_model_version=capture.model_version,
    )
    session.add(annotation)
    finish_task(task, TaskState.LABELLED)
    return annotation


def box_json(box: AnnotatedBox) -> dict[str, Any]:
    """Return a box as it is kept: ``kind``, ``box`` (x1, y1, x2, y2 in pixels), ``gtin``."""
    return {"kind": box.kind.value, "box": [box.x1, box.y1, box.x2, box.y2], "gtin": box.gtin}


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


def _check_products(session: Session, boxes: Sequence[AnnotatedBox]) -> None:
    known = known_gtins(session, {box.gtin for box in boxes if box.gtin is not None})
    for place, box in enumerate(boxes):
        if box.gtin is not None and box.gtin not in known:
            raise Problem(
                422,
                "product-unknown",
                f"The catalogue has no product {box.gtin}.",
                field=f"boxes[{place}].gtin",
                remedy=f"Add it with PUT /v1/products/{box.gtin}, or leave the gtin out.",
            )
