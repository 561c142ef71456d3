"""One retraining's evaluation as a page."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from training.report_html.curve import Point, learning_curve
from training.report_html.rows import WHOLE, Json, Row, before_and_after

_THIN = "insufficient evidence"
_MOST_ROWS = 60  # of one table
_SCALE = 0.3  # difference that fills half of a cell's drawing
_TITLES = {
    WHOLE: "The whole",
    "kind": "Kinds",
    "band": "Products by training boxes: head (100 or more), middle (10 or more), tail",
    "category": "Categories",
    "stratum": "Strata",
    "lighting": "Lighting",
    "angle": "Viewing angle",
    "format": "Store format",
    "cell": "Category in stratum",
    "class": "Classes",
    "product": "Products",
}
_MEASURES = {
    "ap": "AP",
    "sku_top1": "named right",
    "verdict_f1": "verdict F1",
    "calibration_error": "calibration error",
    "unknown_auroc": "unknown AUROC",
    "latency_ms": "ms a photo",
    "megabytes": "MB of the artefact",
}
_templates = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


@dataclass(frozen=True, slots=True)
class ReportPage:
    """What a page says.

    Attributes:
        title: of the retraining.
        facts: what it was, by name.
        reports: by ``champion`` and ``candidate``; empty where nothing could be measured.
        gate: its result.
        curve: earlier retrainings and this one, the oldest first.
        names: of products.
        photos: JPEGs of the worst photos by capture, as far as they may be shown.
    """

    title: str
    facts: Mapping[str, str]
    reports: Mapping[str, Json]
    gate: Json
    curve: Sequence[Point]
    names: Mapping[str, str] = field(default_factory=dict)
    photos: Mapping[str, bytes] = field(default_factory=dict)


def render(page: ReportPage) -> str:
    """Return the page as HTML; everything is inside, no script, no address."""
    rows = before_and_after(page.reports, page.gate["checks"])
    candidate = page.reports.get("candidate", {})
    return _templates.get_template("report.html").render(
        page=page,
        tables=_tables(rows),
        failed=[check for check in page.gate["checks"] if not check["passed"]],
        notes=[check for check in page.gate["checks"] if check["passed"] and _THIN in check["name"] + check["reason"]],
        confusions=_confusions(page.reports),
        worst=[_photo(one, page.photos.get(one["capture_id"])) for one in candidate.get("worst", [])],
        curve=learning_curve(page.curve),
        measures=_MEASURES,
        whisker=_whisker,
    )


def _tables(rows: Sequence[Row]) -> list[dict[str, Any]]:
    order = list(_TITLES)
    by_group = sorted(rows, key=lambda row: order.index(row.group))
    tables = []
    for group, found in groupby(by_group, key=lambda row: row.group):
        # What can be judged first, and of that the largest losses.
        listed = sorted(found, key=lambda row: (row.evidence != "sufficient", row.difference or 0))
        listed = list(listed) if group != WHOLE else [row for row in rows if row.group == WHOLE]
        tables.append({"title": _TITLES[group], "rows": listed[:_MOST_ROWS], "more": max(0, len(listed) - _MOST_ROWS)})
    return tables


def _confusions(reports: Mapping[str, Json]) -> list[dict[str, Any]]:
    if not reports:
        return []
    before = {(one["product"], one["called"]): one["times"] for one in reports["champion"].get("confusions", [])}
    return [
        {**one, "before": before.get((one["product"], one["called"]), 0)}
        for one in reports["candidate"].get("confusions", [])[:20]
    ]


def _photo(worst: Json, picture: bytes | None) -> dict[str, Any]:
    data = None if picture is None else f"data:image/jpeg;base64,{b64encode(picture).decode()}"
    return {**worst, "data": data, "stroke": max(worst["width"], worst["height"]) / 200}


def _whisker(row: Row) -> dict[str, float] | None:
    """Return where a drawing of 120 × 12 has the difference and the ends of its interval; None without an interval."""
    if row.difference is None or row.low is None or row.high is None:
        return None

    def place(value: float) -> float:
        return round(60 + 60 * min(1.0, max(-1.0, value / _SCALE)), 1)

    return {"low": place(row.low), "high": place(row.high), "at": place(row.difference)}
