"""One retraining from beginning to end; each step can be killed at any moment and run again, elsewhere too."""

import logging
import shutil
from collections.abc import Callable, Mapping
from functools import partial

from service.context import Context
from service.failures import may_pass
from service.jobs import ATTEMPTS, ATTEMPTS_TO_FAIL, MayPass, StepFailed, step
from service.retrainings.conclusion import conclude, register_candidate
from service.retrainings.embedder_fitting import FILE as EMBEDDER
from service.retrainings.embedder_fitting import REPORT as EMBEDDER_REPORT
from service.retrainings.embedder_fitting import conclude_embedder, fit_embedder
from service.retrainings.fitting import export_candidate, fit_candidate
from service.retrainings.measuring import GATE, REPORT, measure
from service.retrainings.progress import Stopped, begin, fail, note_waiting, take_up
from service.retrainings.scratch import drop_old_scratch
from service.retrainings.training_set import freeze_snapshot, restore_photos
from service.retrainings.work import ARTEFACT, CHECKPOINT, Work

log = logging.getLogger(__name__)
QUEUE = "retrainings"
Part = Callable[[Work], object]

_DETECTOR: tuple[Part, ...] = (
    freeze_snapshot,
    fit_candidate,
    export_candidate,
    measure,
    register_candidate,
    conclude,
)
_EMBEDDER: tuple[Part, ...] = (freeze_snapshot, fit_embedder, conclude_embedder)
# About an hour: what a long fit made is not thrown away because MLflow is down for maintenance.
_ATTEMPTS: Mapping[Part, int] = {register_candidate: 12, conclude_embedder: 12}
_NEEDS: Mapping[Part, tuple[Part, ...]] = {
    fit_candidate: (freeze_snapshot,),
    export_candidate: (freeze_snapshot, fit_candidate),
    measure: (freeze_snapshot, export_candidate),
    register_candidate: (fit_candidate, export_candidate, measure),
    fit_embedder: (freeze_snapshot,),
    conclude_embedder: (fit_embedder,),
}
_LEAVES: Mapping[Part, tuple[str, ...]] = {
    fit_candidate: (CHECKPOINT,),
    export_candidate: (ARTEFACT,),
    measure: (GATE, REPORT),
    fit_embedder: (EMBEDDER, EMBEDDER_REPORT),
}


def retrain(context: Context, retraining_id: str) -> None:
    """Run a retraining; whatever goes wrong is written into its record, and the champion goes on serving.

    What passes by itself (the database, MLflow, the image store or the disk) is waited for. The scratch files of the
    last few retrainings that failed are kept, to see why.
    """
    work = Work(context, retraining_id)
    try:
        model = _step(work, begin)
        for part in _EMBEDDER if model == "embedder" else _DETECTOR:
            _step(work, part)
    except Stopped:
        log.info("Retraining %s was cancelled", retraining_id)
    except (StepFailed, MayPass) as error:
        step("fail", partial(fail, work, str(error)), attempts=ATTEMPTS_TO_FAIL)
    else:
        shutil.rmtree(work.scratch, ignore_errors=True)
    drop_old_scratch(context)


def _step(work: Work, part: Part) -> object:
    attempts = _ATTEMPTS.get(part, ATTEMPTS)
    return step(part.__name__, partial(attend, work, part), attempts=attempts, let_out=Stopped)


def attend(work: Work, part: Part) -> object:
    """Do one part of a retraining, whichever process did the parts before; tell people where it has to wait.

    Raises:
        Stopped: if the retraining was cancelled.
        DiedTooOften: if too many processes died in it.
    """
    take_up(work, part.__name__)
    try:
        _make_again(work, part)
        return part(work)
    except Exception as error:
        if may_pass(error):
            note_waiting(work, error)
        raise


def _make_again(work: Work, part: Part) -> None:
    """Make sure of the files that a part needs: another machine may have made them, or a disk may have lost them."""
    for needed in _NEEDS.get(part, ()):
        if needed is freeze_snapshot:
            restore_photos(work, work.snapshot)
        elif not all((work.folder / name).exists() for name in _LEAVES[needed]):
            log.warning("Retraining %s: what %s made is not here and is made again", work.id, needed.__name__)
            _make_again(work, needed)
            needed(work)
