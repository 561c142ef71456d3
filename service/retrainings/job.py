"""One retraining from beginning to end; each step can be killed at any moment and run again."""

import logging
import shutil
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from service.context import Context
from service.jobs import ATTEMPTS, MayPass, step
from service.problems import Problem
from service.retrainings.conclusion import conclude, register_candidate
from service.retrainings.fitting import export_candidate, fit_candidate
from service.retrainings.measuring import measure
from service.retrainings.progress import Stopped, begin, fail
from service.retrainings.training_set import freeze_snapshot
from service.retrainings.work import Work

log = logging.getLogger(__name__)
QUEUE = "retrainings"
# Most of a day: a failure that is not recorded would leave the retraining running for ever.
ATTEMPTS_TO_FAIL = 30
T = TypeVar("T")


class StepFailed(RuntimeError):
    """A step went wrong; the message says how."""


def retrain(context: Context, retraining_id: str) -> None:
    """Run a retraining; whatever goes wrong is written into its record, and the champion goes on serving.

    What passes by itself (the database, MLflow or the image store away) is waited for. The scratch files of a
    retraining that failed are kept, to see why.
    """
    work = Work(context, retraining_id)
    try:
        for part in (begin, freeze_snapshot, fit_candidate, export_candidate, measure, register_candidate, conclude):
            _run(part.__name__, partial(part, work))
    except Stopped:
        log.info("Retraining %s was cancelled", retraining_id)
    except (StepFailed, MayPass) as error:
        _run("fail", partial(fail, work, str(error)), attempts=ATTEMPTS_TO_FAIL)
        return
    shutil.rmtree(work.scratch, ignore_errors=True)


def _run(name: str, part: Callable[[], T], attempts: int = ATTEMPTS) -> T:
    return step(name, partial(_with_plain_errors, name, part), attempts)


def _with_plain_errors(name: str, part: Callable[[], T]) -> T:
    """Let out only errors that survive being stored: a step's error is read back after a crash."""
    try:
        return part()
    except Stopped:
        raise
    except Exception as error:
        log.exception("A retraining could not %s", name)
        kind = MayPass if _may_pass(error) else StepFailed
        raise kind(f"{type(error).__name__}: {error}") from error


def _may_pass(error: Exception) -> bool:
    if isinstance(error, Problem):
        return error.retry_after is not None
    if isinstance(error, OSError):  # the image store, or the disk
        return not isinstance(error, FileNotFoundError)
    return isinstance(error, OperationalError | InterfaceError | NoConnectionFree)
