"""From annotations to what shadow fits learn from: crops of the named facings as the embedder sees them, kept."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labeling.costs import ASSUMED_COST
from sampling.evidence.shadow_fit import LabelledCapture
from service.context import Context
from service.naming.reading import embed_facings
from service.records import FacingVectorsRecord
from service.savings.queries import Drawn, LabelledTask, drawn_in, kept_facings
from vision.decoding import BadPhoto
from vision.detections import Floats
from vision.embedder import Embedder

log = logging.getLogger(__name__)
MOST_OF_ONE_PRODUCT = 4  # in one photo, the largest: a row of the same facing teaches and tells no more
_AT_ONCE = 20  # annotations; what a killed worker embeds again at most
_VECTOR = np.dtype("<f2")


@dataclass(frozen=True, slots=True, eq=False)
class Facings:
    """Reads labelled captures for an embedder; what it embedded once is kept in the records."""

    context: Context
    embedder: Embedder

    def of(self, tasks: Sequence[LabelledTask]) -> list[LabelledCapture]:
        """Return the captures of tasks, in their order; one whose photo cannot be read is left out."""
        found: list[LabelledCapture] = []
        for begin in range(0, len(tasks), _AT_ONCE):
            found += self._read(tasks[begin : begin + _AT_ONCE])
        return found

    def _read(self, tasks: Sequence[LabelledTask]) -> list[LabelledCapture]:
        ids = [task.annotation_id for task in tasks]
        with self.context.database.read() as session:
            drawn, records = drawn_in(session, ids), kept_facings(session, self.embedder.id, ids)
        places = {id: _few_of_each(drawn[id]) for id in ids}
        stale = [id for id in ids if id not in records or records[id].places != places[id]]
        made = [record for id in stale if (record := self._embedded(id, drawn[id], places[id])) is not None]
        if made:
            with self.context.database.write() as session:
                for record in made:
                    session.merge(record)
        readable = {id: record for id, record in records.items() if id not in stale}
        readable |= {record.annotation_id: record for record in made}
        width = self.embedder.width
        return [
            _capture(task, drawn[task.annotation_id], readable[task.annotation_id], width)
            for task in tasks
            if task.annotation_id in readable
        ]

    def _embedded(self, annotation_id: str, shown: Drawn, places: list[int]) -> FacingVectorsRecord | None:
        boxes = np.array([shown.boxes[place]["box"] for place in places], np.float32).reshape(-1, 4)
        try:
            vectors = embed_facings(self.context.images, self.embedder, shown.image_key, boxes, shown.size)
        except (OSError, BadPhoto) as error:
            log.warning("Annotation %s measures nothing, its photo cannot be read: %s", annotation_id, error)
            return None
        return FacingVectorsRecord(
            embedder_id=self.embedder.id,
            annotation_id=annotation_id,
            places=places,
            vectors=vectors.astype(_VECTOR).tobytes(),
        )


def _few_of_each(shown: Drawn) -> list[int]:
    """Return the places of a product's largest facings, of each product, in ascending order."""
    taken: Counter[str] = Counter()
    chosen = []
    for place in sorted(shown.products, key=lambda place: (-_area(shown.boxes[place]), place)):
        gtin = shown.products[place]
        if taken[gtin] < MOST_OF_ONE_PRODUCT:
            taken[gtin] += 1
            chosen.append(place)
    return sorted(chosen)


def _area(box: Mapping[str, Any]) -> float:
    x1, y1, x2, y2 = box["box"]
    return float((x2 - x1) * (y2 - y1))


def _capture(task: LabelledTask, shown: Drawn, record: FacingVectorsRecord, width: int) -> LabelledCapture:
    vectors: Floats = np.frombuffer(record.vectors, _VECTOR).astype(np.float32).reshape(-1, width)
    return LabelledCapture(
        capture_id=task.capture_id,
        vectors=vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12),
        labels=tuple(shown.products[place] for place in record.places),
        boxes=max(len(shown.boxes), 1),
        seconds=task.seconds or ASSUMED_COST.seconds(task.predicted_boxes),
    )
