"""The evaluation of a retraining as a page; photos come from the image store and are only shown while they are kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from service.captures.thumbnails import narrowed_to
from service.context import Context
from service.models.queries import model_of_retraining
from service.planograms.queries import names_of
from service.problems import not_found
from service.records import CaptureRecord, RetrainingRecord
from service.retrainings.evaluation_queries import candidates_before, kept_captures
from service.retrainings.queries import get_retraining
from training.report_html import Point, ReportPage

_WIDTH = 480  # pixels of a photo on the page
_NEWEST = 20  # retrainings on the learning curve


def report_page(context: Context, retraining_id: str) -> ReportPage:
    """Return what the page of a retraining says.

    Raises:
        Problem: retraining-not-found, or report-not-found before its candidate is registered.
    """
    with context.database.read() as session:
        record = get_retraining(session, retraining_id)
        model = model_of_retraining(session, retraining_id)
        if model is None or model.gate is None:
            remedy = f"It is there once the candidate is registered; this retraining is {record.state}."
            raise not_found("report", retraining_id, remedy=remedy)
        reports = model.report or {}
        page = page_of(session, record, reports, model.gate, model.version)
        worst = [one["capture_id"] for one in reports.get("candidate", {}).get("worst", [])]
        captures = kept_captures(session, worst)
    return replace(page, photos=_photos(context, captures))


def page_of(
    session: Session, record: RetrainingRecord, reports: Mapping[str, Any], gate: Mapping[str, Any], version: int | None
) -> ReportPage:
    """Return the page without photos, as it may leave this installation; `version` is None before it is given."""
    facts = {
        "reason": record.reason,
        "snapshot": record.snapshot_hash or "none",
        "validation": record.progress.get("split_rule", ""),
        "champion": f"model {gate['champion_version']}",
        "candidate": "not registered yet" if version is None else f"model {version}",
    }
    curve = [*_earlier(session, record), *_point(record, "this one", reports, gate)]
    names = names_of(session, _products(reports.get("candidate", {})))
    return ReportPage(
        f"Retraining {record.id}", facts, reports, gate, curve, {str(gtin): name for gtin, name in names.items()}
    )


def _products(report: Mapping[str, Any]) -> set[str]:
    confused = ((one["product"], one["called"]) for one in report.get("confusions", []))
    return {*report.get("products", {}), *(gtin for both in confused for gtin in both)}


def _earlier(session: Session, record: RetrainingRecord) -> list[Point]:
    """Return the retrainings before one, oldest first, as points of the learning curve."""
    return [
        point
        for model, retraining in candidates_before(session, record, _NEWEST - 1)
        for point in _point(retraining, f"model {model.version}", model.report or {}, model.gate or {})
    ]


def _point(record: RetrainingRecord, name: str, reports: Mapping[str, Any], gate: Mapping[str, Any]) -> Iterable[Point]:
    if not reports or reports["candidate"]["overall"]["ap"] is None:
        return
    old, new = reports["champion"]["overall"], reports["candidate"]["overall"]
    trained = record.progress.get("captures", {}).get("train")
    yield Point(name, trained, old["ap"], new["ap"], new.get("ap_low"), new.get("ap_high"), gate.get("passed", False))


def _photos(context: Context, captures: Sequence[CaptureRecord]) -> dict[str, bytes]:
    photos = {}
    for capture in captures:
        try:
            photos[capture.id] = narrowed_to(context.images.get(capture.image_key), _WIDTH)
        except FileNotFoundError:  # deleted between the two looks
            continue
    return photos
