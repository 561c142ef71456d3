"""From a snapshot to a candidate's two files. Needs torch, which is imported when a step runs."""

import logging
import shutil
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from service.catalogue.queries import catalogue_version
from service.models.files import checkpoint_of
from service.models.queries import get_model
from service.problems import Problem
from service.records import ModelRecord
from service.retrainings.progress import Stopped, enter_fit, enter_stage, report_epoch, while_running
from service.retrainings.queries import deployed_strata
from service.retrainings.trained_on import snapshot_of
from service.retrainings.work import Work
from vision.artefact import ArtefactMetadata
from vision.decoding import decode

if TYPE_CHECKING:
    from training.calibration import Calibration
    from training.fit_plan import FitPlan

log = logging.getLogger(__name__)
LIVE = timedelta(days=30)  # captures of this time are what cameras see now
_COMPARED = 16  # photos on which precisions are compared


def fit_candidate(work: Work) -> None:
    """Fit from the base model, replaying what it was trained on; killed, it goes on after the last whole epoch.

    The light that live captures have and the training set lacks is practised. What was decided goes into the progress.

    Raises:
        Stopped: if the retraining was cancelled, at the end of the epoch.
    """
    from training.fit import Cancelled, fit_snapshot
    from training.trainer import EpochReport

    def on_epoch(report: EpochReport) -> None:
        try:
            report_epoch(work, report)
        except Stopped as stopped:
            raise Cancelled from stopped

    enter_fit(work)
    settings = work.context.settings
    with work.context.database.read() as session:
        base = get_model(session, work.record.base_version)
        older = _trained_on(session, base)
        deployed = deployed_strata(session, work.context.clock() - LIVE)
    try:
        fitted = fit_snapshot(
            work.snapshot,
            checkpoint_of(settings, base),
            work.scratch / "fit",
            work.config.model_copy(update=settings.fit.model_dump()),
            on_epoch,
            older=older,
            deployed=deployed,
            threads=settings.vision.threads,
            on_plan=partial(_tell_plan, work),
        )
    except Cancelled as cancelled:
        raise Stopped("cancelled") from cancelled
    shutil.copyfile(fitted, work.candidate_checkpoint)


def _trained_on(session: Session, base: ModelRecord) -> frozenset[str]:
    """Return the captures that a model was trained on; none for the starter, whose photos were drawn."""
    try:
        snapshot = snapshot_of(session, base)
    except Problem as problem:
        log.warning("Nothing is replayed: the snapshot of model %d cannot be read: %s", base.version, problem)
        return frozenset()
    return frozenset(capture.capture_id for capture in snapshot.split.train) if snapshot else frozenset()


def _tell_plan(work: Work, plan: "FitPlan") -> None:
    with while_running(work) as record:
        told = {
            "lighting": {light.value: round(weight, 3) for light, weight in plan.lighting.items()},
            "photos_per_epoch": plan.photos,
            "held_back": len(plan.held_back),
            "reasons": list(plan.reasons),
        }
        record.progress = {**record.progress, "plan": told}


def export_candidate(work: Work) -> None:
    """Calibrate the candidate on the validation photos, write its ONNX file, and choose the precision it serves in.

    Where those are too few to tell, it keeps the calibration of the model it was fitted from.

    Raises:
        Stopped: if the retraining was cancelled.
    """
    from training.architecture import load_checkpoint, read_checkpoint_info
    from training.calibration import Calibration, calibrate
    from training.export import export_onnx
    from training.precision import choose_precision

    enter_stage(work, "export")
    with work.context.database.read() as session:
        catalogue = catalogue_version(session)
        base = get_model(session, work.record.base_version)
    metadata = ArtefactMetadata(
        classes=work.snapshot.classes,
        architecture=read_checkpoint_info(work.candidate_checkpoint).architecture,
        input_size=work.config.image_size,
        training_run=work.id,
        catalogue_version=catalogue,
    )
    model = load_checkpoint(work.candidate_checkpoint)
    fitted = calibrate(model, metadata, work.snapshot.split.validation, work.snapshot.class_mode)
    calibration = fitted or Calibration.of(ArtefactMetadata.model_validate(base.metadata_json))
    export_onnx(model, work.candidate_artefact, calibration.applied_to(metadata))
    compared = [decode(capture.image.read_bytes()).image for capture in work.snapshot.split.validation[:_COMPARED]]
    choose_precision(work.candidate_artefact, compared, work.context.settings.vision.threads)
    with while_running(work) as record:
        record.progress = {**record.progress, "calibration": _told(fitted)}


def _told(fitted: "Calibration | None") -> str:
    if fitted is None:
        return "too few validation photos or boxes: the base model's calibration was kept"
    photos, boxes = fitted.calibrated_on
    return f"fitted on {boxes} boxes of {photos} validation photos"
