"""Memory that runs out: refused to a fit, or taken by killing its worker."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from service.context import Context
from service.models.queries import champion_version
from service.records import RetrainingRecord
from service.retrainings.progress import MOST_STARTS
from service.retrainings.queries import ENDED, get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import start_retraining

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]
SLOW_MACHINE_SECONDS = 1800
StartWorker = Callable[..., "subprocess.Popen[bytes]"]
# The system kills who takes most: without a word, whenever the fit begins.
KILLED_FOR_MEMORY = """
import os, signal
import training.fit
training.fit.fit_snapshot = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
"""
# Or there is a limit, and whoever asks for more is refused.
REFUSED_MEMORY = """
import resource
import training.fit
import training.trainer
fit_snapshot, run_callbacks = training.fit.fit_snapshot, training.trainer.ShelfTrainer.run_callbacks
_, most = resource.getrlimit(resource.RLIMIT_AS)
def run_with_little(self, event):
    if event == "on_train_epoch_start":
        pages = int(open("/proc/self/statm").read().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 8_000_000, most))
    run_callbacks(self, event)
def fit_with_little(*args, **knobs):
    try:
        return fit_snapshot(*args, **knobs)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
training.trainer.ShelfTrainer.run_callbacks, training.fit.fit_snapshot = run_with_little, fit_with_little
"""


@pytest.fixture
def ordered(context: Context, labelled: object, tiny: Callable[..., RetrainingRequest]) -> str:
    labelled.add(5)  # type: ignore[attr-defined]
    overrides = {"epochs": 2, "image_size": 640, "batch": 4, "lighting": {}, "mosaic": 0}
    return start_retraining(context, tiny(overrides=overrides), by="Ada").id


def test_a_worker_that_is_killed_again_and_again_in_one_place_gives_up(
    context: Context, ordered: str, start_worker: StartWorker, tmp_path: Path
) -> None:
    deaths = 0
    while (worker := start_worker("worker-1", KILLED_FOR_MEMORY)) and not _ended(context, ordered, worker):
        deaths += 1
        assert deaths <= MOST_STARTS, (tmp_path / "worker.log").read_text()
    record = _record(context, ordered)
    assert (record.state, deaths) == ("failed", MOST_STARTS)
    assert "times a worker died in fit_candidate after epoch 0" in str(record.error)
    assert "choose a smaller batch or image_size, or a worker with more memory" in str(record.error)
    with context.database.read() as session:
        assert champion_version(session) == 1


def test_a_fit_that_is_refused_memory_says_so_and_the_worker_lives(
    context: Context, ordered: str, start_worker: StartWorker
) -> None:
    worker = start_worker("worker-1", REFUSED_MEMORY)
    assert _ended(context, ordered, worker)
    record = _record(context, ordered)
    assert record.state == "failed"
    assert "Memory ran out: choose a smaller batch or image_size" in str(record.error)
    assert worker.poll() is None


def _ended(context: Context, retraining_id: str, worker: "subprocess.Popen[bytes]") -> bool:
    """Wait until the retraining ended or its worker did, and say which."""
    end = time.monotonic() + SLOW_MACHINE_SECONDS
    while time.monotonic() < end:
        if _record(context, retraining_id).state in ENDED:
            return True
        if worker.poll() is not None:
            return False
        time.sleep(0.2)
    raise AssertionError("neither the retraining nor its worker ended")


def _record(context: Context, retraining_id: str) -> RetrainingRecord:
    with context.database.read() as session:
        return get_retraining(session, retraining_id)
