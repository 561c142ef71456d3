"""What a caller wants done about facings that show no known product."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any


class UnknownPolicy(StrEnum):
    """What follows an unknown product, as the holder of a key wants it."""

    REVIEW = "review"
    FALLBACK_SCAN = "fallback_scan"
    UNRESOLVED = "unresolved"


_WHAT_FOLLOWS = {
    UnknownPolicy.REVIEW: "a person will name them; until then they have no product",
    UnknownPolicy.FALLBACK_SCAN: "scan their barcodes",
    UnknownPolicy.UNRESOLVED: "they stay without a product",
}


def policy_answer(policy: UnknownPolicy, detections: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what follows for the unknown ones of some answered detections, as `schemas.UnknownAnswer` describes it."""
    unknown = [place for place, one in enumerate(detections) if (naming := one.get("naming")) and naming["unknown"]]
    facings = "1 facing shows" if len(unknown) == 1 else f"{len(unknown)} facings show"
    message = f"{facings} no known product: {_WHAT_FOLLOWS[policy]}." if unknown else "Every facing has a product."
    return {"policy": policy.value, "detections": unknown, "message": message}
