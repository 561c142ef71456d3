"""A worker that was cut off from the database ends itself when it sees that its job is another's."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from service.context import Context
from service.records import RetrainingRecord
from service.retrainings.queries import ENDED, get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import start_retraining
from service.settings import Settings

SLOW_MACHINE_SECONDS = 900
HASTY = "import service.taking_over as t; t.LOOK_SECONDS, t.GONE_AFTER_SECONDS = 0.3, 0.6"


@pytest.mark.timeout(3000)
def test_who_was_cut_off_ends_when_its_job_was_taken_over(
    context: Context,
    settings: Settings,
    labelled: object,
    tiny: Callable[..., RetrainingRequest],
    start_worker: Callable[..., "subprocess.Popen[bytes]"],
    tmp_path: Path,
) -> None:
    if context.database.is_sqlite:
        pytest.skip("with SQLite there is no other worker")
    labelled.add(5)  # type: ignore[attr-defined]
    overrides = {"epochs": 12, "image_size": 192, "batch": 4, "lighting": {}, "mosaic": 0}
    ordered = start_retraining(context, tiny(overrides=overrides), by="Ada").id

    def wait_until(reached: Callable[[RetrainingRecord], bool]) -> RetrainingRecord:
        end = time.monotonic() + SLOW_MACHINE_SECONDS
        while time.monotonic() < end:
            with context.database.read() as session:
                record = get_retraining(session, ordered)
            if reached(record):
                return record
            time.sleep(0.05)
        raise AssertionError(f"{record.state} {record.progress}\n{(tmp_path / 'worker.log').read_text()}")

    first = start_worker("worker-1", HASTY)
    wait_until(lambda record: record.progress.get("epoch", 0) >= 1)
    first.send_signal(signal.SIGSTOP)
    _cut_connections_with_locks(settings)
    second = start_worker("worker-2", HASTY)
    wait_until(lambda record: bool(record.progress.get("resumed_after")))
    first.send_signal(signal.SIGCONT)
    assert first.wait(SLOW_MACHINE_SECONDS) in (0, 1)
    done = wait_until(lambda record: record.state in ENDED)
    assert (done.state, done.error) == ("promoted", None)
    assert second.poll() is None
    log = (tmp_path / "worker.log").read_text()
    assert "Worker worker-1 is gone; its jobs are taken over" in log
    assert "Another worker took over" in log


def _cut_connections_with_locks(settings: Settings) -> None:
    engine = create_engine(settings.database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
    engine.dispose()
