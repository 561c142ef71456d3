"""What was seen, as the plain JSON that is answered and kept.

Plain dictionaries, not models: a dense shelf has 400 detections, and validating each again would cost more than
finding them did. `schemas` documents the same shape, and a test holds the two together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retail.conditions import Condition
from service.compliance.unjudged import unjudged_answer
from service.naming.policy import UnknownPolicy, policy_answer
from service.records import CaptureRecord
from vision.artefact import ArtefactMetadata
from vision.detections import Detections
from vision.quality import Advice
from vision.recognition import NamedFacing
from vision.shelves import NO_SHELF, Shelves
from vision.uncertainty import Uncertainty


def detection_answers(
    detections: Detections,
    shelves: Shelves,
    unsure: Uncertainty,
    metadata: ArtefactMetadata,
    names: Mapping[int, NamedFacing],
) -> list[dict[str, Any]]:
    """Return the detections in the order of the arrays; `names` are those of some of them, by row."""
    rows = zip(
        range(len(detections)),
        detections.class_ids.tolist(),
        _rounded(detections.boxes, 1),
        _rounded(detections.confidences, 4),
        _rounded(1 - unsure.ambiguity, 4),
        _rounded(unsure.localisation, 4),
        _rounded(unsure.value, 4),
        _counted(shelves.numbers),
        _counted(shelves.places),
        strict=True,
    )
    return [
        {
            "kind": metadata.kind_of(class_id).value,
            "box": box,
            "confidence": confidence,
            "gtin": names[row].gtin if row in names else metadata.gtin_of(class_id),
            "uncertainty": {"margin": margin, "localisation": localisation, "value": value},
            "shelf": shelf,
            "place": place,
            "naming": naming_answer(names[row]) if row in names else None,
        }
        for row, class_id, box, confidence, margin, localisation, value, shelf, place in rows
    ]


def naming_answer(named: "NamedFacing") -> dict[str, Any]:
    """Return a facing's naming as `schemas.NamingAnswer` describes it."""
    return {
        "variant_id": named.variant_id,
        "probability": round(named.probability, 4),
        "products": [{"gtin": gtin, "probability": round(chance, 4)} for gtin, chance in named.products],
        "margin": round(named.margin, 4),
        "unknown_score": round(named.unknown_score, 4),
        "unknown": named.unknown,
    }


def shelf_answers(shelves: Shelves) -> list[dict[str, Any]]:
    """Return the shelves from the top."""
    lines = zip(_counted(shelves.line_numbers), _rounded(shelves.lines, 1), strict=True)
    return [{"number": number, "line": line} for number, line in lines]


def condition_answer(condition: Condition, colour_temperature: float | None, yaw: float | None) -> dict[str, Any]:
    """Return a condition with its stratum's name and the measurements behind it."""
    return {
        "lighting": condition.lighting.value,
        "angle": condition.angle.value,
        "format": condition.format.value,
        "stratum": condition.stratum,
        "colour_temperature": colour_temperature,
        "yaw": yaw,
    }


def retake_answers(advice: Sequence[Advice]) -> list[dict[str, Any]]:
    """Return the reasons to take a photo again."""
    return [{**asdict(one), "measured": round(one.measured, 4)} for one in advice]


def capture_answer(
    record: CaptureRecord, compliance: dict[str, Any] | None, policy: UnknownPolicy, *, duplicate: bool
) -> dict[str, Any]:
    """Return a capture as `schemas.CaptureAnswer` describes it, to a caller of this policy."""
    return {
        "id": record.id,
        "store_id": record.store_id,
        "bay_id": record.bay_id,
        "camera_id": record.camera_id,
        "taken_at": record.taken_at.isoformat(),
        "received_at": record.received_at.isoformat(),
        "width": record.width,
        "height": record.height,
        "condition": condition_answer(Condition.from_stratum(record.stratum), record.colour_temperature, record.yaw),
        "retake": record.retake,
        "model_version": record.model_version,
        "detections": record.detections,
        "shelves": record.shelves,
        "truncated": record.truncated,
        "faces_blurred": record.faces_blurred,
        "near_duplicate_of": record.near_duplicate_of,
        "naming_id": record.naming_id,
        "unknown_policy": None if record.naming_id is None else policy_answer(policy, record.detections),
        "compliance": compliance,
        "unjudged": unjudged_answer(record.unjudged, record.bay_id) if compliance is None else None,
        "duplicate": duplicate,
    }


def _counted(numbers: NDArray[np.int64]) -> list[int | None]:
    """Count from 1, as people do."""
    return [None if number == NO_SHELF else number + 1 for number in numbers.tolist()]


def _rounded(numbers: NDArray[Any], digits: int) -> list[Any]:
    # As float64, or 0.1 would be written as 0.10000000149011612.
    rounded: list[Any] = np.round(numbers.astype(np.float64), digits).tolist()
    return rounded
