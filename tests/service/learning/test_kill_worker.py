"""A worker that is killed in the middle of a fit goes on where it was."""

import signal
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from service.context import Context
from service.jobs import WorkerIsRunning, sole_worker
from service.records import RetrainingRecord
from service.retrainings.queries import get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import start_retraining
from service.settings import Settings

EPOCHS = 8
StartWorker = Callable[[], "subprocess.Popen[bytes]"]


def wait_until(
    context: Context, retraining_id: str, reached: Callable[[RetrainingRecord], bool], log: Path
) -> RetrainingRecord:
    end = time.monotonic() + 280
    while time.monotonic() < end:
        with context.database.read() as session:
            record = get_retraining(session, retraining_id)
        if reached(record):
            return record
        time.sleep(0.05)
    raise AssertionError(f"{record.state} {record.progress}\n{log.read_text()}")


@pytest.mark.timeout(600)
def test_a_killed_fit_resumes_after_its_last_epoch(
    context: Context,
    labelled: object,
    tiny: Callable[..., RetrainingRequest],
    start_worker: StartWorker,
    tmp_path: Path,
) -> None:
    labelled.add(5)  # type: ignore[attr-defined]
    overrides = {"epochs": EPOCHS, "image_size": 192, "batch": 4, "lighting": {}, "mosaic": 0}
    ordered = start_retraining(context, tiny(overrides=overrides), by="Ada")
    log = tmp_path / "worker.log"

    worker = start_worker()
    wait_until(context, ordered.id, lambda record: record.progress.get("epoch", 0) >= 2, log)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    with context.database.read() as session:
        killed = get_retraining(session, ordered.id)
    assert killed.state == "running"
    assert killed.progress["epoch"] < EPOCHS

    again = start_worker()
    done = wait_until(context, ordered.id, lambda record: record.finished_at is not None, log)
    assert (done.state, done.error) == ("promoted", None), log.read_text()
    epochs = [line["epoch"] for line in done.progress["history"]]
    assert done.progress["resumed_after"] == [killed.progress["epoch"]]
    assert epochs[0] == 1
    assert epochs[-1] == EPOCHS
    # One epoch may be missing: killed after its state was written, before it was reported. None comes twice.
    assert all(0 < later - earlier <= 2 for earlier, later in pairwise(epochs))
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0


def test_two_workers_never_share_a_name_nor_a_sqlite_file(settings: Settings) -> None:
    embedded = not settings.database_url
    with sole_worker(settings, "w1"):
        with pytest.raises(WorkerIsRunning, match="another worker"), sole_worker(settings, "w1"):
            pass
        if embedded:
            with pytest.raises(WorkerIsRunning, match="SQLite allows one worker"), sole_worker(settings, "w2"):
                pass
        else:
            with sole_worker(settings, "w2"):
                pass
    with sole_worker(settings, "w1"):
        pass
