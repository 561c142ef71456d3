"""How hard each product is for the model, from what people labelled of the random picks."""

from collections import defaultdict
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from retail.boxes import DetectionKind, iou
from sampling.difficulty import Observed, class_difficulty, facing_difficulty
from service.rounds.state_queries import read_categories, read_facing_labels, read_random_annotations

# The latest ones: what an earlier model found hard says less and less.
_MOST_CAPTURES = 300
_SAME_BOX_IOU = 0.5


def measure_difficulty(session: Session) -> dict[str, float]:
    """Return the difficulty of each product and category, as ``sampling.difficulty`` has it; empty without labels."""
    annotations = read_random_annotations(session, _MOST_CAPTURES)
    labels = read_facing_labels(session, [id for id, _, _ in annotations])
    categories = read_categories(session) if labels else {}
    observed: list[Observed] = []
    for id, boxes, detections in annotations:
        named = {place: labels[id, place] for place in range(len(boxes)) if (id, place) in labels}
        observed += [
            Observed(gtin, categories[gtin], difficulty)
            for gtin, difficulty in product_difficulties(boxes, named, detections).items()
        ]
    return {name: weight for name, weight in class_difficulty(observed, categories).items() if weight != 1}


def product_difficulties(boxes: list[Any], named: dict[int, str], detections: list[Any]) -> dict[str, float]:
    """Return the mean difficulty of each product's facings in one capture.

    Args:
        boxes: as they were drawn.
        named: the products of some, by place.
        detections: what the model had answered.
    """
    found = [one for one in detections if one["kind"] == DetectionKind.FACING]
    drawn = np.array([boxes[place]["box"] for place in named], np.float32).reshape(-1, 4)
    overlaps = iou(drawn, np.array([one["box"] for one in found], np.float32).reshape(-1, 4))
    overlaps[overlaps < _SAME_BOX_IOU] = 0
    difficulties: dict[str, list[float]] = defaultdict(list)
    for gtin, row in zip(named.values(), overlaps.tolist(), strict=True):
        facings = (
            facing_difficulty(_probability(one, gtin), same) for one, same in zip(found, row, strict=True) if same
        )
        difficulties[gtin].append(min(facings, default=1.0))
    return {gtin: float(np.mean(some)) for gtin, some in sorted(difficulties.items())}


def _probability(detection: dict[str, Any], gtin: str) -> float:
    """Return the probability that the model gave to a facing's true product; nobody asked it to name: to the box."""
    naming, confidence = detection.get("naming"), float(detection["confidence"])
    if naming is not None:
        return confidence * float(sum(one["probability"] for one in naming["products"] if one["gtin"] == gtin))
    return confidence if detection["gtin"] in (None, gtin) else 0.0
