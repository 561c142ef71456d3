"""Labelling a leased task, and what follows from it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from labeling.leases import Purpose, TaskState
from service.catalogue.loading import products_named
from service.catalogue.queries import HOLDING
from service.prepared import rows_together
from service.quality.consensus import after_label
from service.quality.marking import marked
from service.records import AnnotationRecord, BlindAnnotationRecord, TaskRecord
from service.settings import QualitySettings
from service.tasks.annotating import annotate, gtins_in
from service.tasks.circumstances import circumstances
from service.tasks.drafts import forget_drafts
from service.tasks.leasing import finishing
from service.tasks.schemas import AnnotateRequest


def submit_boxes(
    session: Session,
    task_id: str,
    request: AnnotateRequest,
    annotator_id: str,
    now: datetime,
    quality: QualitySettings,
) -> tuple[AnnotationRecord | BlindAnnotationRecord, list[dict[str, Any]]]:
    """Label a task that the annotator holds, and see to what follows from it.

    The session holds the catalogue from then on. Returned are the annotation and its boxes with today's products.

    Raises:
        Problem: as `leasing.hold` and `annotate` do.
    """
    held = finishing(TaskRecord, task_id, annotator_id, request.lease_token, now, TaskState.LABELLED)
    about, named = circumstances(task_id, annotator_id), products_named(gtins_in(request))
    _, *rows = rows_together(session, (HOLDING, {}), held.asked, about.asked, named.asked)
    task = held.read(session, rows[0])
    known, products = about.read(session, rows[1]), named.read(session, rows[2])
    annotation, boxes = annotate(session, task, request, annotator_id, now, known, products)
    if known.drafted:
        forget_drafts(session, task.id)
    if isinstance(annotation, BlindAnnotationRecord):
        marked(session, task, annotation)
    if task.purpose != Purpose.GOLD:
        after_label(session, task, now, quality, first=known.earlier is None, copied=known.copied)
    return annotation, boxes
