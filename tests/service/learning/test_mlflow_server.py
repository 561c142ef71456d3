"""A real MLflow server holds a retraining's run, figures, artefact and aliases; others load the champion from it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from service.context import Context
from service.models.alias import move_champion_alias
from service.models.files import artefact_of
from service.models.queries import champion_version, get_model
from service.records import ModelRecord, RetrainingRecord
from service.retrainings.conclusion import conclude, register_candidate
from service.retrainings.fitting import export_candidate, fit_candidate
from service.retrainings.job import attend
from service.retrainings.measuring import measure
from service.retrainings.progress import begin
from service.retrainings.queries import get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import start_retraining
from service.retrainings.training_set import freeze_snapshot
from service.retrainings.work import Work
from training.tracking import MODEL_NAME

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),  # MLflow's
]
PARTS = (begin, freeze_snapshot, fit_candidate, export_candidate, measure, register_candidate, conclude)
# Knows nothing but the address of MLflow and a photo; prints what the champion sees.
READER = """
import json, sys
from pathlib import Path
from training.tracking import Tracking
from vision.artefact import read_metadata
from vision.decoding import decode
from vision.detector import Detector
from vision.runtime import load_runtime, served_precision

uri, photo, folder = sys.argv[1:]
tracking = Tracking(uri)
artefact = tracking.download(tracking.get_alias("champion"), Path(folder)) / "detector.onnx"
metadata = read_metadata(artefact)
precision = served_precision("recorded", metadata.precision, "openvino")
detector = Detector(load_runtime("openvino", artefact, threads=1, precision=precision), metadata, confidence=0.01)
seen = detector.detect(decode(Path(photo).read_bytes()).image)
print(json.dumps([seen.boxes.tolist(), seen.probabilities.tolist()]))
"""


@pytest.fixture
def server(tmp_path: Path, mlflow_template: Path) -> Iterator[str]:
    """Address of an MLflow server with a database and a folder of its own."""
    shutil.copy(mlflow_template, tmp_path / "server.sqlite")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path / 'server.sqlite'}"]
    command += ["--artifacts-destination", str(tmp_path / "server-artifacts")]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (tmp_path / "mlflow.log").open("w") as log:
        # A session of its own: the server's children outlive a signal to the parent alone.
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield _when_healthy(process, f"http://127.0.0.1:{port}", tmp_path / "mlflow.log")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _when_healthy(process: "subprocess.Popen[bytes]", address: str, log: Path) -> str:
    end = time.monotonic() + 600
    while process.poll() is None and time.monotonic() < end:
        try:
            if httpx.get(f"{address}/health").status_code == 200:
                return address
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.fixture
def promoted(
    context: Context, labelled: object, tiny: Callable[..., RetrainingRequest], server: str
) -> tuple[RetrainingRecord, ModelRecord]:
    """A retraining that ended in a promotion, and its model."""
    context.settings.mlflow_uri = server
    labelled.add(5)  # type: ignore[attr-defined]
    work = Work(context, start_retraining(context, tiny(), by="Ada").id)
    for part in PARTS:
        attend(work, part)
    move_champion_alias(context)
    with context.database.read() as session:
        retraining, model = get_retraining(session, work.id), get_model(session, champion_version(session))
    assert (retraining.state, model.version) == ("promoted", 2), retraining.progress
    return retraining, model


def test_it_holds_the_run_and_another_process_sees_what_the_champion_sees(
    context: Context, promoted: tuple[RetrainingRecord, ModelRecord], server: str, tmp_path: Path
) -> None:
    from mlflow import MlflowClient

    retraining, model = promoted
    client = MlflowClient(tracking_uri=server, registry_uri=server)
    run = client.get_run(str(model.mlflow_run_id))
    assert run.info.status == "FINISHED"
    assert run.data.tags["shelfloop.retraining"] == retraining.id
    assert run.data.tags["shelfloop.snapshot"] == retraining.snapshot_hash
    assert (run.data.params["epochs"], run.data.params["base_version"]) == ("2", "1")
    assert {f"loss/{name}" for name in ("box_loss", "cls_loss", "dfl_loss")} <= run.data.metrics.keys()
    assert any(name.startswith("candidate/") for name in run.data.metrics)
    files = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert {"evaluation.json", "gate.json", "snapshot.json", "report.html", "before_after.csv", "model"} <= files
    aliases = {alias: client.get_model_version_by_alias(MODEL_NAME, alias) for alias in ("champion", "candidate")}
    assert {str(version.version) for version in aliases.values()} == {model.mlflow_version}
    assert aliases["champion"].run_id == run.info.run_id

    photo = tmp_path / "photo.jpg"
    photo.write_bytes(context.images.get("value-3.jpg"))
    here = _seen(context, model, photo)
    there = subprocess.run(
        [sys.executable, "-c", READER, server, str(photo), str(tmp_path / "fetched")], capture_output=True, text=True
    )
    assert there.returncode == 0, there.stderr
    boxes, probabilities = json.loads(there.stdout.splitlines()[-1])
    assert len(here[0]) > 0
    np.testing.assert_allclose(boxes, here[0], atol=1e-3)
    np.testing.assert_allclose(probabilities, here[1], atol=1e-5)


def _seen(context: Context, model: ModelRecord, photo: Path) -> tuple[np.ndarray, np.ndarray]:
    from service.models.serving import load_model

    image = cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB)
    assert artefact_of(context.settings, model).is_file()
    detector = load_model(context.settings, model).detector
    detector.confidence = 0.01
    seen = detector.detect(image)
    return seen.boxes, seen.probabilities
