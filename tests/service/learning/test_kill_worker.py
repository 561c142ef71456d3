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
StartWorker = Callable[..., "subprocess.Popen[bytes]"]
# Another worker waits for a minute before it takes over from one that is gone; nobody is patient here.
HASTY = "import service.taking_over as t; t.LOOK_SECONDS, t.GONE_AFTER_SECONDS = 0.3, 0.6"


def wait_until(
    context: Context, retraining_id: str, reached: Callable[[RetrainingRecord], bool], log: Path
) -> RetrainingRecord:
    end = time.monotonic() + 900
    while time.monotonic() < end:
        with context.database.read() as session:
            record = get_retraining(session, retraining_id)
        if reached(record):
            return record
        time.sleep(0.05)
    raise AssertionError(f"{record.state} {record.progress}\n{log.read_text()}")


@pytest.mark.timeout(3000)
def test_a_killed_fit_resumes_after_its_last_epoch_in_the_same_worker_or_another(
    context: Context,
    labelled: object,
    tiny: Callable[..., RetrainingRequest],
    start_worker: StartWorker,
    tmp_path: Path,
) -> None:
    labelled.add(5)  # type: ignore[attr-defined]
    overrides = {"epochs": EPOCHS, "image_size": 192, "batch": 4, "lighting": {}, "mosaic": 0}
    ordered = start_retraining(context, tiny(overrides=overrides), by="Ada")
    log, killed_after = tmp_path / "worker.log", [0]

    for _ in range(2):
        worker = start_worker("worker-1")
        wanted = killed_after[-1] + 2
        wait_until(context, ordered.id, lambda record, wanted=wanted: record.progress.get("epoch", 0) >= wanted, log)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        with context.database.read() as session:
            killed = get_retraining(session, ordered.id)
        assert killed.state == "running"
        killed_after.append(killed.progress["epoch"])
    assert killed_after[-1] < EPOCHS

    again = start_worker("worker-2", HASTY)  # the first one's machine never comes back
    done = wait_until(context, ordered.id, lambda record: record.finished_at is not None, log)
    assert (done.state, done.error) == ("promoted", None), log.read_text()
    assert "Worker worker-1 is gone; its jobs are taken over" in log.read_text()
    epochs = [line["epoch"] for line in done.progress["history"]]
    assert done.progress["resumed_after"] == killed_after[1:]
    assert epochs[0] == 1
    assert epochs[-1] == EPOCHS
    # One epoch may be missing: killed after its state was written, before it was reported. None comes twice.
    assert all(0 < later - earlier <= 2 for earlier, later in pairwise(epochs))
    again.send_signal(signal.SIGTERM)
    assert again.wait(120) == 0


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
