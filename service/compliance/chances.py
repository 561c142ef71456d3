"""What a capture's facings may show, as it is kept for later photos of the same visit."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from retail.boxes import DetectionKind
from retail.gtin import Gtin
from service.records import CaptureRecord
from vision.bays.photo import BayPhoto

DIGITS = 4


def written(photo: BayPhoto) -> dict[str, Any]:
    """Return the chances as JSON: the products, and per detection that has any, which of them, and how likely."""
    gtins = sorted({gtin for chances in photo.chances for gtin in chances})
    place = {gtin: number for number, gtin in enumerate(gtins)}
    facings = [
        [row, [place[gtin] for gtin in chances], [round(chance, DIGITS) for chance in chances.values()]]
        for row, chances in enumerate(photo.chances)
        if chances
    ]
    return {"gtins": gtins, "facings": facings}


def read(capture: CaptureRecord, kept: Mapping[str, Any]) -> BayPhoto:
    """Return a capture's photo as it was judged, from its answer and from what `written` made of its chances."""
    gtins = [Gtin(gtin) for gtin in kept["gtins"]]
    chances: list[dict[Gtin, float]] = [{} for _ in capture.detections]
    for row, places, likely in kept["facings"]:
        chances[row] = {gtins[place]: chance for place, chance in zip(places, likely, strict=True)}
    return BayPhoto(
        size=(capture.width, capture.height),
        boxes=np.array([one["box"] for one in capture.detections], np.float32).reshape(-1, 4),
        kinds=tuple(DetectionKind(one["kind"]) for one in capture.detections),
        confidences=np.array([one["confidence"] for one in capture.detections], np.float32),
        chances=tuple(chances),
    )
