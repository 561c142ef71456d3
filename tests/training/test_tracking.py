"""Logging a retraining once, whatever kills it, and moving aliases; on a database file and on a real server."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace

import pytest

from training.tracking import LOGGED_TAG, MetricPoint, RetrainingRecord, Tracking

# MLflow's own tables use what SQLAlchemy 2.1 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture(scope="session")
def tracking(tmp_path_factory):
    """One database for all tests: creating its schema takes seconds."""
    folder = tmp_path_factory.mktemp("mlflow")
    return Tracking(f"sqlite:///{folder / 'mlflow.db'}", artifacts=folder / "artifacts")


@pytest.fixture
def record(tmp_path):
    files = {name: tmp_path / name for name in ("detector.onnx", "detector.safetensors", "manifest.json")}
    for name, path in files.items():
        path.write_text(f"this is {name}")
    return RetrainingRecord(
        retraining_id="r-1",
        reason="drift: dim light in 3 stores",
        snapshot_hash="a" * 64,
        params={"epochs": 2, "learning_rate": 0.001},
        metrics=[*(MetricPoint("loss/box_loss", 1.0 / step, step) for step in (1, 2)), MetricPoint("ap", 0.5)],
        versions={"catalogue": "7"},
        report='{"overall": 0.5}',
        artefact=files["detector.onnx"],
        checkpoint=files["detector.safetensors"],
        attachments=(files["manifest.json"],),
    )


def client(tracking):
    return tracking._client


def check_logs_everything_once(tracking, record, folder):
    logged = tracking.log_retraining(record)
    assert tracking.log_retraining(record) == logged, "logged again, it stays one run and one version"
    run = client(tracking).get_run(logged.run_id)
    assert run.data.params == {"epochs": "2", "learning_rate": "0.001"}
    assert run.data.metrics == {"loss/box_loss": 0.5, "ap": 0.5}
    assert run.data.tags["shelfloop.reason"] == "drift: dim light in 3 stores"
    assert run.data.tags["shelfloop.version.catalogue"] == "7"
    assert run.info.status == "FINISHED"
    history = client(tracking).get_metric_history(logged.run_id, "loss/box_loss")
    assert [(point.step, point.value) for point in history] == [(1, 1.0), (2, 0.5)]
    fetched = tracking.download(logged.version, folder / "fetched")
    assert (fetched / "detector.onnx").read_text() == "this is detector.onnx"
    assert (fetched / "detector.safetensors").exists()
    assert {file.path for file in client(tracking).list_artifacts(logged.run_id)} == {
        "evaluation.json",
        "manifest.json",
        "model",
    }


def check_aliases_move(tracking, record):
    first = tracking.log_retraining(replace(record, retraining_id="first")).version
    second = tracking.log_retraining(replace(record, retraining_id="second")).version
    assert first != second
    assert tracking.get_alias("candidate") is None
    tracking.set_alias("champion", first)
    tracking.set_alias("champion", second)
    tracking.set_alias("candidate", first)
    assert (tracking.get_alias("champion"), tracking.get_alias("candidate")) == (second, first)


def test_a_run_is_read_back(tracking, record, tmp_path):
    tracking.log_retraining(replace(record, retraining_id="read back"))
    assert tracking.metrics("read back") == {"loss/box_loss": 0.5, "ap": 0.5}
    assert tracking.attachment("read back", "manifest.json", tmp_path).read_text() == "this is manifest.json"
    assert tracking.metrics("never logged") == {}
    with pytest.raises(LookupError, match="never logged"):
        tracking.attachment("never logged", "manifest.json", tmp_path)


def test_no_model_has_no_alias(tracking):
    assert tracking.get_alias("champion") is None


def test_logs_everything_once(tracking, record, tmp_path):
    check_logs_everything_once(tracking, record, tmp_path)


def test_aliases_move(tracking, record):
    check_aliases_move(tracking, record)


@pytest.mark.parametrize("killed_in", ["_write", "_register", "set_terminated"])
def test_goes_on_after_a_kill_at_any_step(tracking, record, killed_in, monkeypatch):
    record = replace(record, retraining_id=f"killed in {killed_in}")
    place = client(tracking) if killed_in == "set_terminated" else tracking
    with monkeypatch.context() as killing:
        killing.setattr(place, killed_in, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            tracking.log_retraining(record)
    logged = tracking.log_retraining(record)
    runs = client(tracking).search_runs(
        [tracking._experiment_id], f"tags.`shelfloop.retraining` = '{record.retraining_id}'"
    )
    versions = client(tracking).search_model_versions(f"run_id = '{logged.run_id}'")
    assert len(runs) == len(versions) == 1
    assert runs[0].info.status == "FINISHED"
    assert runs[0].data.tags[LOGGED_TAG] == "true"
    assert len(client(tracking).get_metric_history(logged.run_id, "loss/box_loss")) == 2


def test_many_metrics_go_in_batches(tracking, record):
    many = [MetricPoint("loss/box_loss", float(step), step) for step in range(2000)]
    logged = tracking.log_retraining(replace(record, retraining_id="many", metrics=many))
    assert len(client(tracking).get_metric_history(logged.run_id, "loss/box_loss")) == 2000


@pytest.fixture
def server(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path / 'server.db'}"]
    command += ["--artifacts-destination", str(tmp_path / "server-artifacts")]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    log = (tmp_path / "server.log").open("w")
    # A session of its own: the server's children outlive a signal to the parent alone.
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(180):
            try:
                urllib.request.urlopen(f"{url}/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.5)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.close()


@pytest.mark.slow
def test_a_real_server_keeps_the_same_contract(server, record, tmp_path):
    tracking = Tracking(server)
    assert tracking.get_alias("champion") is None
    check_logs_everything_once(tracking, record, tmp_path)
    check_aliases_move(tracking, record)
