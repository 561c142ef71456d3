"""MLflow: what a retraining did, and which model version is champion or candidate."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

MODEL_NAME = "shelfloop-detector"
RETRAINING_TAG = "shelfloop.retraining"
LOGGED_TAG = "shelfloop.logged"
Alias = Literal["champion", "candidate"]

_MODEL_FOLDER = "model"
_BATCH = 900  # MLflow takes 1000 metrics and 100 params a call
_PARAM_BATCH = 100


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One value of a metric; the step is an epoch, or 0 for what is measured once."""

    name: str
    value: float
    step: int = 0


@dataclass(frozen=True, slots=True)
class RetrainingRecord:
    """Everything that MLflow keeps of one retraining.

    Attributes:
        retraining_id: makes logging idempotent.
        reason: why it ran: by hand, schedule, drift, ...
        snapshot_hash: of the training set.
        params: knobs of the fit and of sampling.
        metrics: values per epoch and of the evaluation.
        versions: of what it depends on: catalogue, guideline, torch, ...
        report: the evaluation as JSON text.
        artefact: the ONNX file.
        checkpoint: the safetensors file to fine-tune from.
        attachments: further files, for example the snapshot's manifest and figures.
    """

    retraining_id: str
    reason: str
    snapshot_hash: str
    params: Mapping[str, str | int | float]
    metrics: Sequence[MetricPoint]
    versions: Mapping[str, str]
    report: str
    artefact: Path
    checkpoint: Path
    attachments: Sequence[Path] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Logged:
    """Where MLflow keeps a retraining."""

    run_id: str
    version: str


class Tracking:
    """One experiment of an MLflow server, or of a database file beside an artefact folder."""

    def __init__(self, uri: str, experiment: str = "shelfloop", artifacts: Path | None = None) -> None:
        """Remember where to log; nothing is opened before the first call.

        Args:
            uri: ``http://…`` of a server or ``sqlite:///…/mlflow.db``.
            experiment: its name; created if missing.
            artifacts: folder for files, needed with a database file; a server has its own.
        """
        self._uri, self._experiment, self._artifacts = uri, experiment, artifacts

    @cached_property
    def _client(self) -> "MlflowClient":
        # Read while MLflow is imported: it would send usage events otherwise.
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ["DO_NOT_TRACK"] = "true"
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # none in a worker's log
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)

    @cached_property
    def _experiment_id(self) -> str:
        from mlflow.exceptions import MlflowException

        if found := self._client.get_experiment_by_name(self._experiment):
            return str(found.experiment_id)
        location = self._artifacts.resolve().as_uri() if self._artifacts else None
        try:
            return str(self._client.create_experiment(self._experiment, artifact_location=location))
        except MlflowException:
            # Another process may have created it since the look-up.
            if found := self._client.get_experiment_by_name(self._experiment):
                return str(found.experiment_id)
            raise

    def log_retraining(self, record: RetrainingRecord) -> Logged:
        """Log a retraining and register its artefact; called again for the same id, it completes what is missing."""
        run = self._run_of(record.retraining_id) or self._start(record)
        if run.data.tags.get(LOGGED_TAG) != "true":
            self._write(run.info.run_id, record)
        version = self._version_of(run.info.run_id) or self._register(run.info.run_id, record)
        self._client.set_terminated(run.info.run_id)
        return Logged(run.info.run_id, version)

    def log_run(
        self, name: str, params: Mapping[str, object], metrics: Mapping[str, float], files: Sequence[Path] = ()
    ) -> str:
        """Log something that is no retraining, an embedder's fit for example, and return the run's id."""
        from mlflow.entities import Metric, Param

        run_id = str(self._client.create_run(self._experiment_id, run_name=name).info.run_id)
        now = int(time.time() * 1000)
        self._client.log_batch(
            run_id,
            metrics=[Metric(key, value, now, 0) for key, value in metrics.items()],
            params=[Param(key, str(value)) for key, value in params.items()],
        )
        for path in files:
            self._client.log_artifact(run_id, str(path))
        self._client.set_terminated(run_id)
        return run_id

    def set_alias(self, alias: Alias, version: str) -> None:
        """Give a version an alias; whichever version had it loses it."""
        self._client.set_registered_model_alias(MODEL_NAME, alias, version)

    def get_alias(self, alias: Alias) -> str | None:
        """Return the version that has an alias, None if none has."""
        from mlflow.exceptions import MlflowException

        try:
            return str(self._client.get_model_version_by_alias(MODEL_NAME, alias).version)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def download(self, version: str, folder: Path) -> Path:
        """Fetch a version's artefact and checkpoint into a folder and return the folder that holds them."""
        found = self._client.get_model_version(MODEL_NAME, version)
        folder.mkdir(parents=True, exist_ok=True)
        return Path(self._client.download_artifacts(found.run_id, _MODEL_FOLDER, str(folder)))

    def metrics(self, retraining_id: str) -> dict[str, float]:
        """Return the last value of each metric of a retraining, nothing where it was not logged."""
        run = self._run_of(retraining_id)
        return {} if run is None else dict(run.data.metrics)

    def attachment(self, retraining_id: str, name: str, folder: Path) -> Path:
        """Fetch a file that was logged with a retraining into a folder and return where it is.

        Raises:
            LookupError: if the retraining was not logged.
        """
        run = self._run_of(retraining_id)
        if run is None:
            raise LookupError(f"no run of retraining {retraining_id}")
        return Path(self._client.download_artifacts(run.info.run_id, name, str(folder)))

    def _run_of(self, retraining_id: str) -> "Run | None":
        tagged = f"tags.`{RETRAINING_TAG}` = '{retraining_id}'"
        found = self._client.search_runs([self._experiment_id], tagged, max_results=1)
        return found[0] if found else None

    def _start(self, record: RetrainingRecord) -> "Run":
        tags = {
            RETRAINING_TAG: record.retraining_id,
            "shelfloop.reason": record.reason,
            "shelfloop.snapshot": record.snapshot_hash,
            **{f"shelfloop.version.{name}": version for name, version in record.versions.items()},
        }
        return self._client.create_run(self._experiment_id, tags=tags, run_name=record.retraining_id)

    def _write(self, run_id: str, record: RetrainingRecord) -> None:
        from mlflow.entities import Metric, Param, RunTag

        now = int(time.time() * 1000)
        params = [Param(name, str(value)) for name, value in record.params.items()]
        for start in range(0, len(params), _PARAM_BATCH):
            self._client.log_batch(run_id, params=params[start : start + _PARAM_BATCH])
        self._client.log_text(run_id, record.report, "evaluation.json")
        for path in (record.artefact, record.checkpoint):
            self._client.log_artifact(run_id, str(path), _MODEL_FOLDER)
        for path in record.attachments:
            self._client.log_artifact(run_id, str(path))
        # Last, and the final ones in one call with the mark: logged again after a kill, a point would be there twice.
        metrics = [Metric(point.name, point.value, now, point.step) for point in record.metrics]
        while len(metrics) > _BATCH:
            self._client.log_batch(run_id, metrics=metrics[:_BATCH])
            metrics = metrics[_BATCH:]
        self._client.log_batch(run_id, metrics=metrics, tags=[RunTag(LOGGED_TAG, "true")])

    def _version_of(self, run_id: str) -> str | None:
        found = self._client.search_model_versions(f"name = '{MODEL_NAME}' and run_id = '{run_id}'")
        return str(found[0].version) if found else None

    def _register(self, run_id: str, record: RetrainingRecord) -> str:
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(MODEL_NAME)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        # A runs:/ address: the registry refuses plain file paths.
        version = self._client.create_model_version(
            MODEL_NAME,
            f"runs:/{run_id}/{_MODEL_FOLDER}",
            run_id,
            tags={RETRAINING_TAG: record.retraining_id, "shelfloop.snapshot": record.snapshot_hash},
            description=record.reason,
        )
        return str(version.version)
