"""MLflow as the service sees it: what it refuses or cannot do is a problem that may pass."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from service.problems import Problem
from service.records import ModelRecord
from service.settings import Settings
from training.tracking import Alias, Logged, RetrainingRecord, Tracking
from vision import starter


def open_tracking(settings: Settings) -> Tracking:
    """Return MLflow's client; nothing is opened before it is used."""
    # A server that does not answer is reported in seconds, not after MLflow's default of minutes.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    embedded = settings.resolved_mlflow_uri.startswith("sqlite")
    return Tracking(settings.resolved_mlflow_uri, artifacts=settings.home / "mlflow-files" if embedded else None)


def registered_version(tracking: Tracking, model: ModelRecord) -> str:
    """Return a model's version in MLflow; the starter is registered there when it is first asked for.

    Raises:
        Problem: mlflow-unreachable.
    """
    if model.mlflow_version is not None:
        return model.mlflow_version
    record = RetrainingRecord(
        retraining_id=f"starter-{model.artefact_sha256[:12]}",
        reason="comes with the installation",
        snapshot_hash="",
        params={},
        metrics=(),
        versions={"model": str(model.version)},
        report="{}",
        artefact=starter.ARTEFACT,
        checkpoint=starter.CHECKPOINT,
    )
    return log_retraining(tracking, record).version


def log_retraining(tracking: Tracking, record: RetrainingRecord) -> Logged:
    """Log a retraining and register its model; repeated, it completes what is missing.

    Raises:
        Problem: mlflow-unreachable.
    """
    with _unreachable_is_a_problem():
        return tracking.log_retraining(record)


def log_run(
    tracking: Tracking, name: str, params: Mapping[str, object], metrics: Mapping[str, float], files: Sequence[Path]
) -> str:
    """Log what is no detector's retraining, and return the run's id.

    Raises:
        Problem: mlflow-unreachable.
    """
    with _unreachable_is_a_problem():
        return tracking.log_run(name, params, metrics, files)


def download(tracking: Tracking, mlflow_version: str, folder: Path) -> Path:
    """Fetch a model's files into a folder and return the folder that holds them.

    Raises:
        Problem: mlflow-unreachable.
    """
    with _unreachable_is_a_problem():
        return tracking.download(mlflow_version, folder)


def move_alias(tracking: Tracking, alias: Alias, mlflow_version: str) -> None:
    """Move an alias in MLflow.

    Raises:
        Problem: mlflow-unreachable.
    """
    with _unreachable_is_a_problem():
        tracking.set_alias(alias, mlflow_version)


@contextmanager
def _unreachable_is_a_problem() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # MLflow lets through what its HTTP client, its database and its file system raise
        raise Problem(
            503,
            "mlflow-unreachable",
            f"MLflow did not do what it was asked: {str(error)[:300]}",
            remedy="Check that MLflow runs where `mlflow_uri` says, then try again.",
            retry_after=10,
        ) from error
