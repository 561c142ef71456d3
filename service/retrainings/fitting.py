"""From a snapshot to a candidate's two files. Needs torch, which is imported when a step runs."""

import shutil
from typing import TYPE_CHECKING

from service.catalogue.queries import catalogue_version
from service.models.files import checkpoint_of
from service.models.queries import get_model
from service.retrainings.progress import Stopped, enter_fit, enter_stage, report_epoch, while_running
from service.retrainings.work import Work
from vision.artefact import ArtefactMetadata
from vision.decoding import decode

if TYPE_CHECKING:
    from training.calibration import Calibration

_COMPARED = 16  # photos on which precisions are compared


def fit_candidate(work: Work) -> None:
    """Fit from the base model; killed, it goes on after the last whole epoch.

    Raises:
        Stopped: if the retraining was cancelled, at the end of the epoch.
    """
    from training.fit import Cancelled, fit
    from training.trainer import EpochReport
    from training.yolo_folder import materialise

    def on_epoch(report: EpochReport) -> None:
        try:
            report_epoch(work, report)
        except Stopped as stopped:
            raise Cancelled from stopped

    enter_fit(work)
    with work.context.database.read() as session:
        base = get_model(session, work.record.base_version)
    initial = checkpoint_of(work.context.settings, base)
    data = materialise(work.snapshot, work.scratch / "data")
    try:
        threads = work.context.settings.vision.threads
        fitted = fit(initial, work.snapshot.classes, data, work.scratch / "fit", work.config, on_epoch, threads)
    except Cancelled as cancelled:
        raise Stopped("cancelled") from cancelled
    shutil.copyfile(fitted, work.candidate_checkpoint)


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
