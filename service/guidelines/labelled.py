"""What the newest labels say each facing is, and what the model said it was."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from labeling.agreement import match_boxes
from labeling.annotations import AnnotatedBox
from labeling.leases import TaskKind
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from service.catalogue.queries import in_parts
from service.naming.queries import newest_naming
from service.quality.drawn import Answer, read_today, seen_in
from service.records import AnnotationRecord, CaptureRecord, FacingVectorsRecord, TaskRecord

MOST = 2000  # annotations, the newest: what was confused long ago may be cleared up


@dataclass(frozen=True, slots=True)
class LabelledCapture:
    """The boxes of an annotation that counts, and of each the product that the model named, where it named one."""

    annotation_id: str
    capture_id: str
    boxes: Answer
    by_model: Mapping[int, Gtin]

    @property
    def facings(self) -> Iterator[tuple[int, AnnotatedBox, Gtin]]:
        """Named facings: place in the boxes, box and product."""
        for place, box in enumerate(self.boxes):
            if box.gtin is not None and not box.ignore:
                yield place, box, box.gtin


def read_labelled(session: Session) -> list[LabelledCapture]:
    """Return the newest annotations that count, with the products of today."""
    rows = session.execute(
        select(AnnotationRecord, TaskRecord, CaptureRecord)
        .join(TaskRecord, TaskRecord.id == AnnotationRecord.task_id)
        .join(CaptureRecord, CaptureRecord.id == AnnotationRecord.capture_id)
        .where(
            AnnotationRecord.superseded_by.is_(None),
            TaskRecord.kind == TaskKind.BOXES,
            CaptureRecord.deleted_at.is_(None),
        )
        .order_by(AnnotationRecord.id.desc())
        .limit(MOST)
    ).all()
    today = read_today(session, (row[0] for row in rows), (row[2] for row in rows))
    return [
        _labelled(annotation, today.answer(annotation.boxes), today.answer(seen_in(capture, task.tile)))
        for annotation, task, capture in rows
    ]


def read_looks(session: Session, labelled: Iterable[LabelledCapture]) -> dict[str, dict[int, NDArray[np.float32]]]:
    """Return by annotation the unit vectors of its named facings' looks by place, where the embedder read them."""
    naming = newest_naming(session)
    if naming is None:
        return {}
    record = FacingVectorsRecord
    found = {}
    for some in in_parts(one.annotation_id for one in labelled):
        rows = select(record).where(record.embedder_id == naming.embedder_id, record.annotation_id.in_(some))
        for row in session.scalars(rows):
            vectors = np.frombuffer(row.vectors, "<f2").reshape(len(row.places), -1).astype(np.float32)
            vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
            found[row.annotation_id] = dict(zip(row.places, vectors, strict=True))
    return found


def _labelled(annotation: AnnotationRecord, boxes: Answer, seen: Sequence[AnnotatedBox]) -> LabelledCapture:
    facings = [box for box in seen if box.kind is DetectionKind.FACING]
    named = {place: gtin for place, other in match_boxes(boxes, facings) if (gtin := facings[other].gtin) is not None}
    return LabelledCapture(annotation.id, annotation.capture_id, boxes, named)
