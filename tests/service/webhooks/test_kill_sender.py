"""A worker that is killed while it tells a receiver loses nothing and goes on in order."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.context import utc_now
from service.database import Database
from service.records import WebhookRecord
from service.webhooks.queries import count_waiting, queue_delivery
from service.webhooks.signing import new_secret

ID, SECRET, EVENTS = "0" * 32, new_secret(), 150
StartWorker = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def url(tmp_path: Path, database_url: str) -> str:
    """Address of records in a home of their own: beside SQLite's the worker keeps its jobs."""
    home = tmp_path / "home"
    home.mkdir()
    if not database_url.startswith("sqlite"):
        return database_url
    shutil.copy(database_url.removeprefix("sqlite:///"), home / "shelfloop.sqlite")
    return f"sqlite:///{home / 'shelfloop.sqlite'}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def start_worker(url: str, tmp_path: Path) -> Iterator[StartWorker]:
    """Start `shelfloop worker` as a process of its own; its output goes to worker.log."""
    started: list[subprocess.Popen[bytes]] = []
    environment = {
        **os.environ,
        "SHELFLOOP_HOME": str(tmp_path / "home"),
        "SHELFLOOP_DATABASE_URL": "" if url.startswith("sqlite") else url,
        "SHELFLOOP_VISION__BLUR_FACES": "false",
        "SHELFLOOP_WEBHOOKS__PRIVATE_NETWORKS": '["127.0.0.0/8"]',
        "OMP_NUM_THREADS": "1",
    }

    def start() -> "subprocess.Popen[bytes]":
        with (tmp_path / "worker.log").open("ab") as log:
            command = [sys.executable, "-m", "service.cli", "worker"]
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


def queue(database: Database, numbers: range) -> None:
    with database.write() as session:
        for number in numbers:
            queue_delivery(session, ID, "verdict.changed", b"%d" % number, utc_now())


def wait_until(reached: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + 120
    while not reached():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.005)


def test_a_killed_worker_loses_nothing(
    database: Database, receiver: Any, start_worker: StartWorker, tmp_path: Path
) -> None:
    now, log = utc_now(), tmp_path / "worker.log"
    with database.write() as session:
        webhook = WebhookRecord(id=ID, url=receiver.url, secret=SECRET, created_at=now, by="a test")
        webhook.next_attempt_at = now
        session.add(webhook)
    queue(database, range(EVENTS))

    worker = start_worker()
    wait_until(lambda: len(receiver.heard) >= 20, log)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert len(receiver.heard) < EVENTS
    queue(database, range(EVENTS, EVENTS + 10))

    def none_waits() -> bool:
        with database.read() as session:
            return not count_waiting(session)

    again = start_worker()
    wait_until(none_waits, log)
    heard = [int(one.body) for one in receiver.heard]
    assert list(dict.fromkeys(heard)) == list(range(EVENTS + 10))
    assert len(heard) <= EVENTS + 11, "only what was under way when it was killed may come twice, under the same id"
    assert len({one.headers["webhook-id"] for one in receiver.heard}) == EVENTS + 10
    assert all(one.is_signed(SECRET) for one in receiver.heard)
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0
