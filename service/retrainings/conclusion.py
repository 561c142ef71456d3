"""What becomes of a candidate: logged, registered, and put into shadow or promoted if it was to be and may."""

from service.models.alias import try_to_move_champion_alias
from service.models.files import file_sha256, keep_files
from service.models.queries import champion_version, lock_champion, model_of_retraining, next_version
from service.models.registry import log_retraining, move_alias, open_tracking
from service.models.service import add_promotion
from service.records import ModelRecord
from service.retrainings.logged import retraining_record
from service.retrainings.measuring import read_results
from service.retrainings.progress import Stopped, enter_stage
from service.retrainings.queries import RUNNING, SHADOWING, lock_retraining
from service.retrainings.work import Work
from service.shadow.concluding import begin_shadow
from training.tracking import Logged
from vision.artefact import read_metadata


def register_candidate(work: Work) -> int:
    """Log the retraining to MLflow, register the candidate there and in the records, and return its version.

    Raises:
        Problem: mlflow-unreachable.
        Stopped: if the retraining was cancelled.
    """
    enter_stage(work, "register")
    tracking = open_tracking(work.context.settings)
    logged = log_retraining(tracking, retraining_record(work))
    number = _add_model(work, logged)
    keep_files(work.context.settings, number, work.candidate_artefact, work.candidate_checkpoint)
    move_alias(tracking, "candidate", logged.version)
    return number


def conclude(work: Work) -> str:
    """End the job and return the retraining's state; a candidate that passed serves or goes into shadow, if asked for.

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
        champion = champion_version(session)
        record.state, note = _outcome(model, champion, work.request.promote, work.context.settings.shadow.captures)
        if record.state == SHADOWING:
            record.progress = {**record.progress, "stage": "shadow", "note": note}
            begin_shadow(session, work.context, model.version, champion, work.id)
            return record.state
        record.finished_at = work.context.clock()
        record.progress = {**record.progress, "stage": "done", "note": note}
        if record.state == "promoted":
            reason = f"passed its gate: {record.reason}"[:500]
            add_promotion(
                session, model.version, action="promote", reason=reason, by=record.by, now=work.context.clock()
            )
        return record.state


def _outcome(model: ModelRecord, champion: int, promote: str, shadow_captures: int) -> tuple[str, str]:
    """Return the state in which the job leaves a retraining and why it is that."""
    gate = model.gate or {}
    if not gate["passed"]:
        failed = ", ".join(check["name"] for check in gate["checks"] if not check["passed"])
        return "gate_failed", f"the champion stays: {failed} failed"
    if promote == "never":
        return "completed", "passed its gate; not promoted, as was asked"
    if gate["champion_version"] != champion:
        return "completed", "passed its gate; not promoted, because another model became champion meanwhile"
    if shadow_captures:
        return SHADOWING, f"passed its gate; in shadow for {shadow_captures} captures before it may serve"
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
