"""One retraining from beginning to end; each step can be killed at any moment and run again."""

import logging
import shutil
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from service.context import Context
from service.jobs import step
from service.retrainings.conclusion import conclude, register_candidate
from service.retrainings.fitting import export_candidate, fit_candidate
from service.retrainings.measuring import measure
from service.retrainings.progress import Stopped, begin, fail
from service.retrainings.training_set import freeze_snapshot
from service.retrainings.work import Work

log = logging.getLogger(__name__)
QUEUE = "retrainings"
T = TypeVar("T")


class StepFailed(RuntimeError):
    """A step went wrong; the message says how."""


def retrain(context: Context, retraining_id: str) -> None:
    """Run a retraining; whatever goes wrong is written into its record, and the champion goes on serving."""
    work = Work(context, retraining_id)
    try:
        step("begin", partial(begin, work))
        for part in (freeze_snapshot, fit_candidate, export_candidate, measure, register_candidate, conclude):
            step(part.__name__, partial(_with_plain_errors, part, work))
    except Stopped:
        log.info("Retraining %s was cancelled", retraining_id)
    except StepFailed as error:
        step("fail", partial(fail, work, str(error)))
    shutil.rmtree(work.scratch, ignore_errors=True)


def _with_plain_errors(part: Callable[[Work], T], work: Work) -> T:
    """Let out only errors that survive being stored: a step's error is read back after a crash."""
    try:
        return part(work)
    except Stopped:
        raise
    except Exception as error:
        log.exception("Retraining %s failed in %s", work.id, part.__name__)
        raise StepFailed(f"{type(error).__name__}: {error}") from error
