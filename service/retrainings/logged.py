"""What MLflow keeps of a retraining."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from service.guidelines import in_force
from service.retrainings.measuring import GATE, REPORT, read_results
from service.retrainings.queries import get_retraining
from service.retrainings.report import page_of
from service.retrainings.work import MANIFEST, Work
from training.report_html import Row, as_csv, before_and_after, learning_curve, render
from training.tracking import MetricPoint, RetrainingRecord
from vision.artefact import read_metadata

HTML, TABLE, CURVE = "report.html", "before_after.csv", "learning_curve.svg"
_NOT_IN_NAMES = re.compile(r"[^\w\-./ ]")  # of MLflow's metrics
_LONGEST_NAME = 250


def retraining_record(work: Work) -> RetrainingRecord:
    """Return everything that MLflow keeps of a retraining, its report and tables written beside the manifest."""
    reports, gate = read_results(work)
    rows = before_and_after(reports, gate["checks"])
    with work.context.database.read() as session:
        record = get_retraining(session, work.id)
        guideline = in_force(session).version
        page = page_of(session, record, reports, gate, None)
    files = {HTML: render(page), TABLE: as_csv(rows), CURVE: learning_curve(page.curve)}
    metadata = read_metadata(work.candidate_artefact)
    return RetrainingRecord(
        retraining_id=work.id,
        reason=record.reason,
        snapshot_hash=work.snapshot.content_hash,
        params={
            **{name: str(value) for name, value in work.config.model_dump(mode="json").items()},
            "classes": work.request.classes,
            "arms": ",".join(work.request.arms or ["all"]),
            "base_version": record.base_version,
            "champion_version": gate["champion_version"],
            "fit_plan": " ".join(record.progress.get("plan", {}).get("reasons", []))[:2000] or "none",
        },
        metrics=[*_losses(record.progress), *_figures(rows)],
        versions={
            "catalogue": str(metadata.catalogue_version),
            "guideline": str(guideline),
            **{name: version(name) for name in ("torch", "ultralytics-opencv-headless")},
        },
        report=(work.folder / REPORT).read_text(),
        artefact=work.candidate_artefact,
        checkpoint=work.candidate_checkpoint,
        attachments=(work.folder / MANIFEST, work.folder / GATE, *_written(work.folder, files)),
    )


def _written(folder: Path, files: Mapping[str, str]) -> Iterator[Path]:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        yield folder / name


def _losses(progress: Mapping[str, Any]) -> list[MetricPoint]:
    return [
        MetricPoint(f"loss/{name}", value, line["epoch"])
        for line in progress.get("history", [])
        for name, value in line["losses"].items()
    ]


def _figures(rows: Sequence[Row]) -> Iterator[MetricPoint]:
    """Yield each cell's value of champion and candidate, and the difference, as ``candidate/stratum/…/ap``.

    Single products and thin cells are thousands where catalogues are large: the table has them.
    """
    for row in rows:
        if row.group == "product" or (row.group == "cell" and row.evidence != "sufficient"):
            continue
        values = {"champion": row.champion, "candidate": row.candidate, "difference": row.difference}
        for who, value in values.items():
            if value is not None:
                parts = (who, row.group, row.cell.replace("/", "-"), row.measure)
                name = "/".join(part for part in parts if part)
                yield MetricPoint(_NOT_IN_NAMES.sub("_", name)[:_LONGEST_NAME], value)
