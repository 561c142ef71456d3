"""What becomes of a candidate: logged, registered, and promoted if it was to be and may."""

from importlib.metadata import version
from typing import Any

from service.guidelines import in_force
from service.models.alias import try_to_move_champion_alias
from service.models.files import file_sha256, keep_files
from service.models.queries import champion_version, lock_champion, model_of_retraining, next_version
from service.models.registry import log_retraining, move_alias, open_tracking
from service.models.service import add_promotion
from service.records import ModelRecord
from service.retrainings.measuring import GATE, REPORT, read_results
from service.retrainings.progress import Stopped, enter_stage
from service.retrainings.queries import RUNNING, get_retraining, lock_retraining
from service.retrainings.work import MANIFEST, Work
from training.tracking import Logged, MetricPoint, RetrainingRecord
from vision.artefact import read_metadata


def register_candidate(work: Work) -> int:
    """Log the retraining to MLflow, register the candidate there and in the records, and return its version.

    Raises:
        Problem: mlflow-unreachable.
        Stopped: if the retraining was cancelled.
    """
    enter_stage(work, "register")
    tracking = open_tracking(work.context.settings)
    logged = log_retraining(tracking, _for_mlflow(work))
    number = _add_model(work, logged)
    keep_files(work.context.settings, number, work.candidate_artefact, work.candidate_checkpoint)
    move_alias(tracking, "candidate", logged.version)
    return number


def conclude(work: Work) -> str:
    """End the retraining and return its last state; a candidate that passed is promoted where that was asked.

    Raises:
        Stopped: if the retraining was cancelled.
    """
    state = _end(work)
    if state == "promoted":
        try_to_move_champion_alias(work.context)
    return state


def _end(work: Work) -> str:
    with work.context.database.write() as session:
        lock_champion(session)
        record = lock_retraining(session, work.id)
        if record.state == "cancelled":
            raise Stopped(record.state)
        if record.state != RUNNING:  # concluded by a worker that was killed right after
            return record.state
        model = model_of_retraining(session, work.id)
        assert model is not None
        record.state, note = _outcome(model, champion_version(session), work.request.promote)
        record.finished_at = work.context.clock()
        record.progress = {**record.progress, "stage": "done", "note": note}
        if record.state == "promoted":
            reason = f"passed its gate: {record.reason}"[:500]
            add_promotion(
                session, model.version, action="promote", reason=reason, by=record.by, now=work.context.clock()
            )
        return record.state


def _outcome(model: ModelRecord, champion: int, promote: str) -> tuple[str, str]:
    """Return the last state of a retraining and why it is that."""
    gate = model.gate or {}
    if not gate["passed"]:
        failed = ", ".join(check["name"] for check in gate["checks"] if not check["passed"])
        return "gate_failed", f"the champion stays: {failed} failed"
    if promote == "never":
        return "completed", "passed its gate; not promoted, as was asked"
    if gate["champion_version"] != champion:
        return "completed", "passed its gate; not promoted, because another model became champion meanwhile"
    return "promoted", "passed its gate and serves"


def _add_model(work: Work, logged: Logged) -> int:
    reports, gate = read_results(work)
    digest, metadata = file_sha256(work.candidate_artefact), read_metadata(work.candidate_artefact)
    with work.context.database.write() as session:
        lock_champion(session)
        record = lock_retraining(session, work.id)
        if record.state != RUNNING:
            raise Stopped(record.state)
        model = model_of_retraining(session, work.id)
        if model is None:
            model = ModelRecord(
                version=next_version(session),
                created_at=work.context.clock(),
                source="retraining",
                retraining_id=work.id,
                mlflow_run_id=logged.run_id,
                mlflow_version=logged.version,
                artefact_sha256=digest,
                metadata_json=metadata.model_dump(mode="json"),
                report=reports or None,
                gate=gate,
            )
            session.add(model)
        record.candidate_version = model.version
        return model.version


def _for_mlflow(work: Work) -> RetrainingRecord:
    with work.context.database.read() as session:
        progress = get_retraining(session, work.id).progress
        guideline = in_force(session).version
    reports, _ = read_results(work)
    metadata = read_metadata(work.candidate_artefact)
    return RetrainingRecord(
        retraining_id=work.id,
        reason=work.record.reason,
        snapshot_hash=work.snapshot.content_hash,
        params={
            **{name: str(value) for name, value in work.config.model_dump(mode="json").items()},
            "classes": work.request.classes,
            "arms": ",".join(work.request.arms or ["all"]),
            "base_version": work.record.base_version,
        },
        metrics=[*_losses(progress), *_scores(reports)],
        versions={
            "catalogue": str(metadata.catalogue_version),
            "guideline": str(guideline),
            **{name: version(name) for name in ("torch", "ultralytics-opencv-headless")},
        },
        report=(work.folder / REPORT).read_text(),
        artefact=work.candidate_artefact,
        checkpoint=work.candidate_checkpoint,
        attachments=(work.folder / MANIFEST, work.folder / GATE),
    )


def _losses(progress: dict[str, Any]) -> list[MetricPoint]:
    return [
        MetricPoint(f"loss/{name}", value, line["epoch"])
        for line in progress.get("history", [])
        for name, value in line["losses"].items()
    ]


def _scores(reports: dict[str, Any]) -> list[MetricPoint]:
    points = []
    for who, report in reports.items():
        cells = {"overall": report["overall"]}
        cells |= {
            f"{group}/{name}": cell for group in ("classes", "kinds", "strata") for name, cell in report[group].items()
        }
        points += [
            MetricPoint(f"{who}/{name}/{score}", cell[score])
            for name, cell in cells.items()
            for score in ("ap", "ap50")
            if cell[score] is not None
        ]
    return points
