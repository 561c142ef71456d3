"""What was seen, as the plain JSON that is answered and kept.

Plain dictionaries, not models: a dense shelf has 400 detections, and validating each again would cost more than
finding them did. `schemas` documents the same shape, and a test holds the two together.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from retail.conditions import Condition
from service.records import CaptureRecord
from vision.artefact import ArtefactMetadata
from vision.detections import Detections
from vision.uncertainty import Uncertainty


def detection_answers(detections: Detections, unsure: Uncertainty, metadata: ArtefactMetadata) -> list[dict[str, Any]]:
    """Return the detections in the order of the detector, the most confident first."""
    rows = zip(
        detections.class_ids.tolist(),
        _rounded(detections.boxes, 1),
        _rounded(detections.confidences, 4),
        _rounded(unsure.entropy, 4),
        _rounded(1 - unsure.ambiguity, 4),
        _rounded(unsure.localisation, 4),
        _rounded(unsure.value, 4),
        strict=True,
    )
    return [
        {
            "kind": metadata.kind_of(class_id).value,
            "box": box,
            "confidence": confidence,
            "gtin": metadata.gtin_of(class_id),
            "uncertainty": {"entropy": entropy, "margin": margin, "localisation": localisation, "value": value},
        }
        for class_id, box, confidence, entropy, margin, localisation, value in rows
    ]


def condition_answer(condition: Condition) -> dict[str, str]:
    """Return a condition with its stratum's name."""
    return {
        "lighting": condition.lighting.value,
        "angle": condition.angle.value,
        "format": condition.format.value,
        "stratum": condition.stratum,
    }


def capture_answer(record: CaptureRecord, *, duplicate: bool) -> dict[str, Any]:
    """Return a capture as `schemas.CaptureAnswer` describes it."""
    return {
        "id": record.id,
        "store_id": record.store_id,
        "bay_id": record.bay_id,
        "camera_id": record.camera_id,
        "taken_at": record.taken_at.isoformat(),
        "received_at": record.received_at.isoformat(),
        "width": record.width,
        "height": record.height,
        "condition": condition_answer(Condition.from_stratum(record.stratum)),
        "model_version": record.model_version,
        "detections": record.detections,
        "truncated": record.truncated,
        "faces_blurred": record.faces_blurred,
        "near_duplicate_of": record.near_duplicate_of,
        "duplicate": duplicate,
    }


def _rounded(numbers: NDArray[np.float32], digits: int) -> list[Any]:
    # As float64, or 0.1 would be written as 0.10000000149011612.
    rounded: list[Any] = np.round(numbers.astype(np.float64), digits).tolist()
    return rounded
