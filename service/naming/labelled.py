"""SQL about facings whose product a person has said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from retail.gtin import Gtin
from service.catalogue.states import State
from service.records import AnnotationRecord, CaptureRecord, FacingLabelRecord, ReferenceRecord, TaskRecord


@dataclass(frozen=True, slots=True)
class LabelledFacing:
    """A facing and what it shows today, renames and merges included.

    Attributes:
        box: x1, y1, x2, y2 in pixels of the photo.
        size: width and height of the photo.
    """

    gtin: Gtin
    box: tuple[float, float, float, float]
    image_key: str
    size: tuple[int, int]
    bay_id: str
    taken_on: date


def labelled_facings(session: Session, arm: str, most: int) -> Sequence[LabelledFacing]:
    """Return labelled facings from tasks of an arm, those that were labelled last first.

    Photos that any reference was cut from are left out: a facing is no test of a gallery that holds itself.
    """
    taught = select(ReferenceRecord.capture_id).where(ReferenceRecord.capture_id.is_not(None))
    rows = session.execute(
        select(FacingLabelRecord, AnnotationRecord.boxes, CaptureRecord)
        .join(AnnotationRecord, AnnotationRecord.id == FacingLabelRecord.annotation_id)
        .join(TaskRecord, TaskRecord.id == AnnotationRecord.task_id)
        .join(CaptureRecord, CaptureRecord.id == AnnotationRecord.capture_id)
        .where(FacingLabelRecord.state == State.CURRENT, TaskRecord.arm == arm, CaptureRecord.id.not_in(taught))
        .order_by(AnnotationRecord.id.desc(), FacingLabelRecord.place)
        .limit(most)
    )
    return [
        LabelledFacing(
            Gtin(label.gtin),
            tuple(boxes[label.place]["box"]),
            capture.image_key,
            (capture.width, capture.height),
            capture.bay_id,
            capture.taken_at.date(),
        )
        for label, boxes, capture in rows
    ]
