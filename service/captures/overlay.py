"""A capture's photo with what was answered then drawn into it, whatever model serves now."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from retail.boxes import DetectionKind
from retail.compliance import Verdict
from vision.decoding import decode, encode_jpeg
from vision.overlay import Line, Mark, draw

OVERLAY_QUALITY = 85
LONG_SIDE = 2000  # more pixels would take longer than they are worth: boxes are seen as well on fewer


def overlay_of(
    picture: bytes,
    detections: Sequence[dict[str, Any]],
    shelves: Sequence[dict[str, Any]],
    compliance: Mapping[str, Any] | None = None,
) -> bytes:
    """Draw answered detections and shelves into a kept picture; return a JPEG, its longer side at most LONG_SIDE.

    Facings of a compliance, and the gaps where something is out of stock, have the colours of their verdicts.
    """
    photo = decode(picture, long_side=LONG_SIDE)
    scale = min(1.0, LONG_SIDE / max(photo.width, photo.height))
    size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    image = np.asarray(cv2.resize(photo.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    judged = {} if compliance is None else _judged(compliance)
    marks = [
        Mark(
            _scaled(one["box"], scale),
            DetectionKind(one["kind"]),
            one["uncertainty"]["value"],
            *(judged[row] if row in judged else (_name(one), None)),
        )
        for row, one in enumerate(detections)
    ]
    lines = [(shelf["number"], _scaled(shelf["line"], scale)) for shelf in shelves]
    return encode_jpeg(draw(image, marks, lines), OVERLAY_QUALITY)


def _scaled(corners: Sequence[float], scale: float) -> Line:
    x1, y1, x2, y2 = corners
    return x1 * scale, y1 * scale, x2 * scale, y2 * scale


def _name(detection: Mapping[str, Any]) -> str:
    return detection["gtin"] or ("?" if (detection.get("naming") or {}).get("unknown") else "")


def _judged(compliance: Mapping[str, Any]) -> dict[int, tuple[str, Verdict]]:
    """Return by detection what to write beside it, where its product belongs, and its verdict."""
    bare = {
        (one["shelf"], one["slot"]) for one in compliance["positions"] if one["verdict"] == Verdict.OUT_OF_STOCK.value
    }
    gaps = {
        one["detection"]: (_place(one["position"]), Verdict.OUT_OF_STOCK)
        for one in compliance["gaps"]
        if one["position"] and (one["position"]["shelf"], one["position"]["slot"]) in bare
    }
    facings = {one["detection"]: (_label(one), Verdict(one["verdict"])) for one in compliance["facings"]}
    return {row: what for row, what in {**gaps, **facings}.items() if row is not None}


def _label(facing: Mapping[str, Any]) -> str:
    misplaced = facing["verdict"] in (Verdict.WRONG_POSITION.value, Verdict.WRONG_SHELF.value)
    return _place(facing["position"]) if misplaced else ""


def _place(position: Mapping[str, int]) -> str:
    return f"{position['shelf']}/{position['slot']}"
