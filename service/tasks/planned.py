"""The planogram of a task's bay: what is meant to stand where, and in tasks of verdicts what the model says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.orm import Session

from labeling.leases import TaskKind
from retail.planograms import PlannedShelf, Planogram
from service.compliance.queries import find_compliance
from service.planograms.queries import find_version, in_force
from service.records import CaptureRecord, ComplianceRecord, TaskRecord

_NO_PLANOGRAM = "Bay {bay} followed no planogram on {day}."
Shown = dict[str, Any]


def planned(session: Session, task: TaskRecord, capture: CaptureRecord) -> tuple[Shown | None, str | None]:
    """Return what `PlanogramShown` describes, or None and why there is none.

    The positions are as the capture was judged, else as they were in force when it was taken.
    """
    compliance = find_compliance(session, capture.id)
    if compliance is not None and compliance.fits:
        return _judged(session, compliance, task), None
    day = capture.taken_at.date()
    if (planogram := in_force(session, capture.bay_id, day)) is not None:
        return _in_force(planogram), None
    return None, _NO_PLANOGRAM.format(bay=capture.bay_id, day=day.isoformat())


def _judged(session: Session, compliance: ComplianceRecord, task: TaskRecord) -> Shown:
    version = find_version(session, compliance.planogram_id, compliance.version)
    return {
        "id": compliance.planogram_id,
        "version": compliance.version,
        "width": None if version is None else version.width,
        "shelves": [] if version is None else version.shelves,
        "positions": [_judged_position(one, task) for one in compliance.answer["positions"]],
    }


def _judged_position(one: Mapping[str, Any], task: TaskRecord) -> Shown:
    verdicts = (
        task.kind == TaskKind.VERDICTS
    )  # who draws boxes shall look at the photo, not at what the model made of it
    return {
        **{name: one[name] for name in ("shelf", "slot", "gtin", "wide", "high", "x", "width", "box")},
        "in_view": one["in_view"] and _within(one["box"], task.tile),
        "verdict": one["verdict"] if verdicts else None,
        "probability": one["probability"] if verdicts else None,
    }


def _within(box: Sequence[float] | None, tile: Sequence[float] | None) -> bool:
    """Whether a position may be seen in a tile; of one without facings nobody knows."""
    if box is None or tile is None:
        return True
    return box[0] < tile[2] and box[2] > tile[0] and box[1] < tile[3] and box[3] > tile[1]


def _in_force(planogram: Planogram) -> Shown:
    unknown = {"in_view": None, "box": None, "verdict": None, "probability": None}
    return {
        "id": planogram.id,
        "version": planogram.version,
        "width": planogram.width,
        "shelves": [_shelf(shelf) for shelf in planogram.shelves],
        "positions": [{**asdict(position), **unknown} for position in planogram.positions],
    }


def _shelf(shelf: PlannedShelf) -> Shown:
    return asdict(shelf)
