"""Compliance as the plain JSON that is answered and kept; `schemas` documents the same shape."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from retail.actions import StaffAction, list_actions
from retail.compliance import Compliance, PositionVerdict, SeenFacing, SeenSpot, Sighting, Verdict
from retail.facing_counts import facing_counts
from retail.gtin import Gtin
from retail.planograms import Position
from retail.share_of_shelf import ShelfShare
from service.compliance.visits import Judged

Names = Mapping[Gtin, str]
Shares = Mapping[Gtin | None, ShelfShare]
_DECIDED = (Verdict.CORRECT, Verdict.WRONG_POSITION, Verdict.WRONG_SHELF, Verdict.OUT_OF_STOCK)


def compliance_answer(judged: Judged, bay_id: str, shares: Shares, names: Names) -> dict[str, Any]:
    """Return what a capture says of its bay as `schemas.ComplianceAnswer` describes it.

    Args:
        judged: the capture's judgement.
        bay_id: of the bay that the capture is said to show.
        shares: of the shelf, by product.
        names: of products, as far as they are known.
    """
    compliance = judged.compliance
    counts = verdict_counts(compliance)
    return {
        "planogram_id": compliance.planogram.id,
        "planogram_version": compliance.planogram.version,
        "at": judged.at.isoformat(),
        "photos": [shot.capture_id for shot in judged.shots],
        "fits": compliance.fits,
        "message": _message(judged, bay_id),
        "looks_like": list(judged.looks_like),
        "likeness": round(compliance.likeness, 4),
        "mirrored": compliance.mirrored,
        "counts": counts,
        "rate": compliance_rate(counts),
        "positions": [_position(one, judged, names) for one in compliance.positions],
        "facings": [_facing(one, judged.own) for one in compliance.facings],
        "facing_counts": _facing_counts(compliance, names),
        "share_of_shelf": [
            {"gtin": gtin, "name": _name(gtin, names), "share": round(one.share, 4), "facings": one.facings}
            for gtin, one in shares.items()
        ],
        "gaps": [_spot(one, judged.own) for one in compliance.gaps],
        "bare_tags": [_spot(one, judged.own) for one in compliance.bare_tags],
        "actions": [_action(one) for one in list_actions(compliance, names)],
    }


def verdict_counts(compliance: Compliance) -> dict[str, int]:
    """Return how many positions have each verdict; `unexpected` counts facings."""
    positions = Counter(one.verdict for one in compliance.positions)
    unexpected = sum(one.verdict is Verdict.UNEXPECTED for one in compliance.facings)
    return {verdict.value: unexpected if verdict is Verdict.UNEXPECTED else positions[verdict] for verdict in Verdict}


def compliance_rate(counts: Mapping[str, int]) -> float | None:
    """Return the share of correct positions among the decided ones, None if none is decided."""
    decided = sum(counts[verdict] for verdict in _DECIDED)
    return round(counts[Verdict.CORRECT] / decided, 4) if decided else None


def _message(judged: Judged, bay_id: str) -> str | None:
    if not judged.compliance.fits:
        like = f" It looks like bay {' or '.join(judged.looks_like)}." if judged.looks_like else ""
        return f"This photo does not look like bay {bay_id}.{like}"
    if judged.compliance.mirrored:
        return f"This photo shows bay {bay_id} the wrong way round; it was judged as if turned back."
    return None


def _position(one: PositionVerdict, judged: Judged, names: Names) -> dict[str, Any]:
    position, facings = one.position, judged.compliance.facings
    detections = _detections((facings[row] for row in one.facings), judged.own)
    return {
        "shelf": position.shelf,
        "slot": position.slot,
        "gtin": position.gtin,
        "name": _name(position.gtin, names),
        "wide": position.wide,
        "high": position.high,
        "x": position.x,
        "width": position.width,
        "verdict": one.verdict.value,
        "probability": round(one.probability, 4),
        "chances": {verdict.value: round(chance, 4) for verdict, chance in one.chances.items()},
        "flip": round(one.flip, 4),
        "in_view": one.in_view,
        "facings_planned": position.facings,
        "facings_seen": len(one.facings),
        "box": _around(detections, judged),
        "detections": detections,
        "elsewhere": _detections((facings[row] for row in one.elsewhere), judged.own),
    }


def _around(detections: Sequence[int], judged: Judged) -> list[float] | None:
    if not detections:
        return None
    boxes = judged.shots[judged.own].photo.boxes[list(detections)]
    corners = [*boxes[:, :2].min(0).tolist(), *boxes[:, 2:].max(0).tolist()]
    return [round(corner, 1) for corner in corners]


def _facing(one: SeenFacing, own: int) -> dict[str, Any]:
    return {
        "detection": next(iter(_detections([one], own)), None),
        "sightings": [_sighting(seen) for seen in one.sightings],
        "shelf": one.shelf,
        "gtin": one.gtin,
        "probability": round(one.probability, 4),
        "verdict": one.verdict.value,
        "position": _place(one.position),
    }


def _sighting(seen: Sighting) -> dict[str, int]:
    return {"photo": seen.photo, "detection": seen.row}


def _detections(facings: Iterable[SeenFacing], own: int) -> list[int]:
    """Return the facings' rows in one of the photos, as far as it shows them."""
    return [seen.row for one in facings for seen in one.sightings if seen.photo == own]


def _facing_counts(compliance: Compliance, names: Names) -> list[dict[str, Any]]:
    return [
        {
            "gtin": one.gtin,
            "name": _name(one.gtin, names),
            "planned": one.planned,
            "seen": one.seen,
            "in_place": one.in_place,
        }
        for one in facing_counts(compliance)
    ]


def _spot(one: SeenSpot, own: int) -> dict[str, Any]:
    seen = one.sighting
    return {
        "detection": seen.row if seen.photo == own else None,
        "sighting": _sighting(seen),
        "shelf": one.shelf,
        "position": _place(one.position),
    }


def _action(one: StaffAction) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "text": one.text,
        "value": round(one.value, 4),
        "probability": round(one.probability, 4),
        "gtin": one.gtin,
        "position": _place(one.position),
    }


def _place(position: Position | None) -> dict[str, int] | None:
    return None if position is None else {"shelf": position.shelf, "slot": position.slot}


def _name(gtin: Gtin | None, names: Names) -> str | None:
    return None if gtin is None else names.get(gtin)
