"""Server processes side by side: all follow a promotion, no request is dropped, and MLflow may be gone meanwhile."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from service.auth.keys import issue_key
from service.auth.permissions import Role
from service.context import Context
from service.models.files import file_sha256, keep_files
from service.models.queries import newest_move
from service.models.registry import open_tracking, registered_version
from service.records import ModelRecord, ModelUseRecord
from service.settings import Settings
from vision import starter
from vision.artefact import read_metadata

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),  # MLflow's
]
POLL = 0.5
PHOTO = bytes(cv2.imencode(".jpg", np.full((96, 160, 3), 128, np.uint8))[1])
SHELFLOOP = [sys.executable, "-c", "from service.cli import app; app()"]
Serve = Callable[[], "Server"]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _until(true: Callable[[], bool], log: Path, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if true():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise AssertionError(log.read_text()[-3000:])


@dataclass
class Server:
    """A server process, and what it answered to photos that were sent all the time."""

    process: "subprocess.Popen[bytes]"
    url: str
    headers: dict[str, str]
    log: Path
    answers: list[tuple[float, int, int | None]] = field(default_factory=list)  # when, status, model

    def call(self, method: str, path: str, **arguments: object) -> httpx.Response:
        return httpx.request(method, self.url + path, headers=self.headers, timeout=120, **arguments)  # type: ignore[arg-type]

    def version(self) -> int:
        return int(self.call("GET", "/readyz").json()["model_version"])

    def ask(self) -> tuple[int, int | None]:
        answer = self.call("POST", "/v1/analyze", files={"photo": PHOTO})
        return answer.status_code, answer.json().get("model_version")

    @contextmanager
    def kept_busy(self) -> Iterator[None]:
        stopping = threading.Event()

        def keep_asking() -> None:
            while not stopping.is_set():
                try:
                    status, version = self.ask()
                except httpx.HTTPError:
                    status, version = 0, None
                self.answers.append((time.monotonic(), status, version))

        thread = threading.Thread(target=keep_asking)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()


@pytest.fixture
def serve(context: Context, settings: Settings, tmp_path: Path) -> Iterator[Serve]:
    """Start `shelfloop serve` and wait until it is ready."""
    started: list[Server] = []
    with context.database.write() as session:
        _, key = issue_key(session, name="a test", role=Role.ADMIN, store_ids=None, now=context.clock())

    def start() -> Server:
        port, log = _free_port(), tmp_path / f"server-{len(started)}.log"
        environment = {
            **os.environ,
            "SHELFLOOP_HOME": str(settings.home),
            "SHELFLOOP_DATABASE_URL": settings.database_url,
            "SHELFLOOP_MLFLOW_URI": settings.mlflow_uri,
            "SHELFLOOP_VISION__BLUR_FACES": "false",
            "SHELFLOOP_VISION__THREADS": "1",
            "SHELFLOOP_NAMING__ENABLED": "false",
            "SHELFLOOP_CHAMPION_POLL_SECONDS": str(POLL),
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        }
        with log.open("wb") as file:
            command = [*SHELFLOOP, "serve", "--port", str(port)]
            process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
        headers = {"Authorization": f"Bearer {key}"}
        started.append(Server(process, f"http://127.0.0.1:{port}", headers, log))
        _until(lambda: started[-1].call("GET", "/readyz").status_code == 200, log)
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()


def _add_second(context: Context, mlflow_version: str | None) -> None:
    with context.database.write() as session:
        session.add(
            ModelRecord(
                version=2,
                created_at=context.clock(),
                source="retraining",
                retraining_id="r2",
                mlflow_version=mlflow_version,
                artefact_sha256=file_sha256(starter.ARTEFACT),
                metadata_json=read_metadata(starter.ARTEFACT).model_dump(mode="json"),
                gate={"passed": True, "champion_version": 1, "checks": []},
            )
        )


def _serves(server: Server, version: int) -> bool:
    return server.version() == version


def _both_answered_more(servers: tuple[Server, ...], number: int) -> bool:
    before = [len(server.answers) for server in servers]
    while any(len(server.answers) < count + number for server, count in zip(servers, before, strict=True)):
        time.sleep(0.02)
    return True


def test_all_replicas_follow_and_no_request_is_dropped(context: Context, serve: Serve) -> None:
    _add_second(context, None)
    keep_files(context.settings, 2, starter.ARTEFACT, starter.CHECKPOINT)
    first, second = serve(), serve()
    lags = []
    with first.kept_busy(), second.kept_busy():
        for server, path, version in ((first, "/v1/models/2/promote", 2), (second, "/v1/models/rollback", 1)):
            other = second if server is first else first
            _until(partial(_both_answered_more, (first, second), 2), first.log)
            server.call("POST", path, json={"reason": "a test"}).raise_for_status()
            answered = time.monotonic()
            assert server.version() == version  # who was asked has it when it answers
            _until(partial(_serves, other, version), other.log)
            lags.append(time.monotonic() - answered)
            _until(partial(_both_answered_more, (first, second), 2), first.log)
    for server in (first, second):
        assert {status for _, status, _ in server.answers} == {200}
        versions = [version for version, _ in groupby(version for _, _, version in server.answers)]
        assert versions == [1, 2, 1]
    print(f"the other replica followed within {', '.join(f'{lag:.2f}' for lag in lags)} s, polling every {POLL} s")
    for server in (first, second):
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(60)
    with context.database.read() as session:
        rows = session.query(ModelUseRecord).all()
    assert len({row.server for row in rows}) == 2
    assert sum(row.passes for row in rows) >= sum(len(server.answers) for server in (first, second))
    assert sum(row.errors for row in rows) == 0


@pytest.fixture
def mlflow_server(tmp_path: Path, mlflow_template: Path) -> Iterator["tuple[str, subprocess.Popen[bytes]]"]:
    shutil.copy(mlflow_template, tmp_path / "server.sqlite")
    port, log = _free_port(), tmp_path / "mlflow.log"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path / 'server.sqlite'}"]
    command += ["--artifacts-destination", str(tmp_path / "server-artifacts")]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with log.open("wb") as file:
        # A session of its own: the server's children outlive a signal to the parent alone.
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)
    try:
        _until(lambda: httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200, log)
        yield f"http://127.0.0.1:{port}", process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_serving_goes_on_without_mlflow_and_through_a_restart(
    context: Context, serve: Serve, mlflow_server: "tuple[str, subprocess.Popen[bytes]]"
) -> None:
    context.settings.mlflow_uri, mlflow = mlflow_server
    with context.database.read() as session:
        starter_model = session.get_one(ModelRecord, 1)
    _add_second(context, registered_version(open_tracking(context.settings), starter_model))
    server = serve()
    server.call("POST", "/v1/models/2/promote", json={"reason": "a test"}).raise_for_status()  # fetched from MLflow
    assert server.ask() == (200, 2)
    os.killpg(mlflow.pid, signal.SIGKILL)
    mlflow.wait()
    assert server.ask() == (200, 2)
    server.process.kill()
    server.process.wait()
    restarted = serve()
    assert restarted.ask() == (200, 2)
    restarted.call("POST", "/v1/models/rollback", json={"reason": "a test"}).raise_for_status()
    assert restarted.ask() == (200, 1)
    with context.database.read() as session:
        move = newest_move(session)
    assert move is not None
    assert (move.action, move.model_version) == ("rollback", 1)
    models = restarted.call("GET", "/v1/models").json()
    assert (models["loaded"], models["loading_error"]) == (1, None)
    shutil.rmtree(context.settings.home / "models")  # as on a new machine
    refused = restarted.call("POST", "/v1/models/2/promote", json={"reason": "cannot be had"})
    assert (refused.status_code, refused.json()["code"]) == (503, "mlflow-unreachable")
    assert restarted.ask() == (200, 1)
