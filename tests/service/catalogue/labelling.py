"""Labelling a task without a lease."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.catalogue.loading import products_named
from service.records import AnnotationRecord, BlindAnnotationRecord, TaskRecord
from service.tasks.annotating import annotate, gtins_in
from service.tasks.circumstances import circumstances
from service.tasks.schemas import AnnotateRequest


def draw(
    session: Session, task: TaskRecord, boxes: list[dict[str, object]], now: datetime
) -> AnnotationRecord | BlindAnnotationRecord:
    """Annotate a task that was just set to labelled, whoever holds it."""
    request = AnnotateRequest.model_validate({"lease_token": "", "boxes": boxes})
    known = circumstances(task.id, "a test").ask(session)
    products = products_named(gtins_in(request)).ask(session)
    return annotate(session, task, request, "a test", now, known, products)[0]
