"""Annotations that count, as they mean today, in a file."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy.orm import Session

from labeling.annotations import AnnotatedBox, AnnotatedCapture
from labeling.formats import AnnotatedSet
from labeling.tiles import boxes_within
from service.annotation_files.queries import Counting, counting_annotations, labelled_captures
from service.catalogue.loading import read_catalogue
from service.records import CaptureRecord
from service.tasks.prelabels import as_box, todays_boxes


def annotated_set(
    session: Session, round_id: str | None, store_id: str | None, after: str | None, limit: int
) -> AnnotatedSet:
    """Return captures with the boxes that count; a split or delisted product is none, as for a training."""
    captures = labelled_captures(session, round_id, store_id, after, limit)
    counting = counting_annotations(session, [capture.id for capture in captures])
    annotated = tuple(_annotated(session, capture, counting[capture.id]) for capture in captures)
    gtins = {box.gtin for capture in annotated for box in capture.boxes if box.gtin is not None}
    names = {product.gtin: product.name for product in read_catalogue(session, gtins).products}
    return AnnotatedSet(annotated, {gtin: names[gtin] for gtin in sorted(gtins) if gtin in names})


def _annotated(session: Session, capture: CaptureRecord, counting: Sequence[Counting]) -> AnnotatedCapture:
    boxes: list[AnnotatedBox] = []
    for annotation, task in counting:
        drawn = [box for one in todays_boxes(session, annotation) if (box := as_box(one)) is not None]
        boxes += drawn if task.tile is None else [box for box in drawn if _belongs(box, task.tile)]
    return AnnotatedCapture(capture.id, capture.width, capture.height, tuple(boxes))


def _belongs(box: AnnotatedBox, tile: Sequence[float]) -> bool:
    """Whether a box is the tile's business: what is to be ignored for hanging in from the tile beside it is not."""
    edges = np.array([(box.x1, box.y1, box.x2, box.y2)], np.float32)
    return not box.ignore or bool(boxes_within(tile, edges)[0])
