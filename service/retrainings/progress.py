"""Telling people how far a retraining is, each time in a short transaction of its own."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from service.failures import explained
from service.records import RetrainingRecord
from service.retrainings.queries import QUEUED, RUNNING, lock_retraining
from service.retrainings.work import Work

if TYPE_CHECKING:
    from training.trainer import EpochReport

LONGEST_ERROR = 2000
MOST_STARTS = 5


class Stopped(Exception):
    """The retraining is no longer to run: it was cancelled."""


class DiedTooOften(RuntimeError):
    """Worker after worker died in the same step without getting any further."""


@contextmanager
def while_running(work: Work) -> Iterator[RetrainingRecord]:
    """Change the record of a running retraining; committed at the end of the block.

    Raises:
        Stopped: if it does not run any more.
    """
    with work.context.database.write() as session:
        record = lock_retraining(session, work.id)
        if record.state != RUNNING:
            raise Stopped(record.state)
        yield record


def begin(work: Work) -> str:
    """Take a queued retraining up, or go on with one that a killed worker ran; return what it retrains.

    Raises:
        Stopped: if it was cancelled before.
    """
    with work.context.database.write() as session:
        record = lock_retraining(session, work.id)
        if record.state not in (QUEUED, RUNNING):
            raise Stopped(record.state)
        record.state = RUNNING
        return record.model


def take_up(work: Work, part: str) -> None:
    """Count a process that begins a part, or goes on with it, until one gets further than the last did.

    A process that is killed for the memory it takes cannot say so itself; without a limit it would be killed for ever.

    Raises:
        DiedTooOften: if too many did not get any further.
    """
    with work.context.database.write() as session:
        record = lock_retraining(session, work.id)
        if record.state not in (QUEUED, RUNNING):
            return
        before, here = record.progress.get("starts", {}), [part, record.progress.get("epoch", 0)]
        if before.get("at") != here:
            before = {"times": 0}
            record.progress = _without_waiting(record.progress)
        if before.get("process") == work.process:
            return  # it tries again what may pass
        times = before["times"] + 1
        record.progress = {**record.progress, "starts": {"at": here, "times": times, "process": work.process}}
    if times > MOST_STARTS:
        raise DiedTooOften(
            f"{MOST_STARTS} times a worker died in {part} after epoch {here[1]} before it got any further. Most often "
            "memory ran out: choose a smaller batch or image_size, or a worker with more memory; its log may say more."
        )


def note_waiting(work: Work, error: Exception) -> None:
    """Say what the present step waits for, where that can be written down."""
    now = work.context.clock().isoformat()
    with suppress(Stopped, SQLAlchemyError), while_running(work) as record:
        since = record.progress.get("waiting", {}).get("since", now)
        waiting = {"for": explained(error)[:LONGEST_ERROR], "since": since}
        record.progress = {**record.progress, "waiting": waiting}


def enter_stage(work: Work, stage: str) -> None:
    """Say which step begins.

    Raises:
        Stopped: if the retraining was cancelled.
    """
    with while_running(work) as record:
        record.progress = {**record.progress, "stage": stage, "entered": _entered(work, record, stage)}


def enter_fit(work: Work) -> None:
    """Say that the fit begins, or after which epoch it goes on.

    Raises:
        Stopped: if the retraining was cancelled.
    """
    with while_running(work) as record:
        before = record.progress
        begun = {"history": [], "resumed_after": [], **before, "stage": "fit", "epochs": work.config.epochs}
        begun["entered"] = _entered(work, record, "fit")
        if before.get("epoch"):
            begun["resumed_after"] = [*begun["resumed_after"], before["epoch"]]
        record.progress = {"epoch": 0, **begun}


def report_epoch(work: Work, report: "EpochReport") -> None:
    """Add an epoch.

    Raises:
        Stopped: if the retraining was cancelled.
    """
    with while_running(work) as record:
        line: dict[str, Any] = {
            "epoch": report.epoch,
            "seconds": round(report.seconds, 2),
            "losses": dict(report.losses),
        }
        record.progress = {
            **record.progress,
            "epoch": report.epoch,
            "seconds_left": round(report.seconds * (report.epochs - report.epoch), 1),
            "history": [*record.progress["history"], line],
        }


def fail(work: Work, error: str) -> None:
    """Record why a retraining ended without a result, unless it was cancelled meanwhile."""
    with work.context.database.write() as session:
        record = lock_retraining(session, work.id)
        if record.state in (QUEUED, RUNNING):
            record.state, record.error, record.finished_at = "failed", error[:LONGEST_ERROR], work.context.clock()
            record.progress = _without_waiting(record.progress)


def _entered(work: Work, record: RetrainingRecord, stage: str) -> dict[str, str]:
    """Return when each stage was first entered, this one now."""
    return {stage: work.context.clock().isoformat(), **record.progress.get("entered", {})}


def _without_waiting(progress: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in progress.items() if name != "waiting"}
