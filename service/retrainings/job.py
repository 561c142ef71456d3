"""One retraining from beginning to end; each step can be killed at any moment and run again."""

import logging
import shutil
from functools import partial

from service.context import Context
from service.jobs import ATTEMPTS_TO_FAIL, MayPass, StepFailed, step
from service.retrainings.conclusion import conclude, register_candidate
from service.retrainings.fitting import export_candidate, fit_candidate
from service.retrainings.measuring import measure
from service.retrainings.progress import Stopped, begin, fail
from service.retrainings.training_set import freeze_snapshot
from service.retrainings.work import Work

log = logging.getLogger(__name__)
QUEUE = "retrainings"


def retrain(context: Context, retraining_id: str) -> None:
    """Run a retraining; whatever goes wrong is written into its record, and the champion goes on serving.

    What passes by itself (the database, MLflow or the image store away) is waited for. The scratch files of a
    retraining that failed are kept, to see why.
    """
    work = Work(context, retraining_id)
    try:
        for part in (begin, freeze_snapshot, fit_candidate, export_candidate, measure, register_candidate, conclude):
            step(part.__name__, partial(part, work), let_out=Stopped)
    except Stopped:
        log.info("Retraining %s was cancelled", retraining_id)
    except (StepFailed, MayPass) as error:
        step("fail", partial(fail, work, str(error)), attempts=ATTEMPTS_TO_FAIL)
        return
    shutil.rmtree(work.scratch, ignore_errors=True)
