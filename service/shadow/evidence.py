"""What a shadow has shown so far, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from service.records import ShadowCaptureRecord
from service.settings import ShadowSettings


@dataclass(frozen=True, slots=True)
class Evidence:
    """Figures over captures.

    Attributes:
        captures: looked at, those with an error included.
        errors: captures on which the candidate raised an error.
        disagreement: share of all boxes that one model found only, or that have another kind or product.
        confidence_shift: the candidate's confidence less the champion's, over shared boxes.
        latency_ratio: median over captures of the candidate's time by the champion's on the same photo.
        champion_ms: median of a look, tiles included.
    """

    captures: int
    errors: int
    boxes: int
    only_champion: int
    only_candidate: int
    other_kind: int
    other_product: int
    disagreement: float | None
    confidence_shift: float | None
    latency_ratio: float | None
    champion_ms: float | None
    candidate_ms: float | None


def evidence_of(rows: Sequence[ShadowCaptureRecord]) -> Evidence:
    """Add captures up; what nothing was measured of is None."""
    counts = {
        name: sum(getattr(row, name) for row in rows)
        for name in ("only_champion", "only_candidate", "other_kind", "other_product")
    }
    different, shared = sum(counts.values()), sum(row.shared for row in rows)
    boxes = different + shared
    shifts = [(row.confidence_shift, row.shared) for row in rows if row.confidence_shift is not None and row.shared]
    timed = [(row.champion_ms, row.candidate_ms) for row in rows if row.champion_ms and row.candidate_ms]
    return Evidence(
        captures=len(rows),
        errors=sum(row.error is not None for row in rows),
        boxes=boxes,
        **counts,
        disagreement=different / boxes if boxes else None,
        confidence_shift=fmean([shift for shift, _ in shifts], [weight for _, weight in shifts]) if shifts else None,
        latency_ratio=median(new / old for old, new in timed) if timed else None,
        champion_ms=median(old for old, _ in timed) if timed else None,
        candidate_ms=median(new for _, new in timed) if timed else None,
    )


def objections(evidence: Evidence, settings: ShadowSettings) -> list[str]:
    """Return why a candidate should not serve, in words; empty where nothing speaks against it."""
    found = []
    if evidence.errors > settings.errors * evidence.captures:
        found.append(f"errors on {evidence.errors} of {evidence.captures} captures")
    if evidence.latency_ratio is not None and evidence.latency_ratio > settings.latency:
        found.append(
            f"{evidence.latency_ratio:.2f} times the champion's time on the same photos "
            f"({evidence.candidate_ms:.0f} against {evidence.champion_ms:.0f} ms), {settings.latency:g} are allowed"
        )
    if evidence.disagreement is not None and evidence.disagreement > settings.disagreement:
        found.append(
            f"{evidence.disagreement:.0%} of {evidence.boxes} boxes differ from the champion's, "
            f"{settings.disagreement:.0%} are allowed"
        )
    return found


def is_hopeless(evidence: Evidence, settings: ShadowSettings, wanted: int) -> bool:
    """Say whether there are more errors already than all wanted captures together may have."""
    return evidence.errors > settings.errors * max(wanted, evidence.captures)
