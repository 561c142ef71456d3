"""Telling people how far a retraining is, each time in a short transaction of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from service.records import RetrainingRecord
from service.retrainings.queries import QUEUED, RUNNING, lock_retraining
from service.retrainings.work import Work

if TYPE_CHECKING:
    from training.trainer import EpochReport

LONGEST_ERROR = 2000


class Stopped(Exception):
    """The retraining is no longer to run: it was cancelled."""


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


def begin(work: Work) -> None:
    """Take a queued retraining up, or go on with one that a killed worker ran.

    Raises:
        Stopped: if it was cancelled before.
    """
    with work.context.database.write() as session:
        record = lock_retraining(session, work.id)
        if record.state not in (QUEUED, RUNNING):
            raise Stopped(record.state)
        record.state = RUNNING


def enter_stage(work: Work, stage: str) -> None:
    """Say which step begins.

    Raises:
        Stopped: if the retraining was cancelled.
    """
    with while_running(work) as record:
        record.progress = {**record.progress, "stage": stage}


def enter_fit(work: Work) -> None:
    """Say that the fit begins, or after which epoch it goes on.

    Raises:
        Stopped: if the retraining was cancelled.
    """
    with while_running(work) as record:
        before = record.progress
        begun = {"history": [], "resumed_after": [], **before, "stage": "fit", "epochs": work.config.epochs}
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
