"""From a snapshot to a candidate's two files. Needs torch, which is imported when a step runs."""

import shutil

from service.catalogue.queries import catalogue_version
from service.models.files import checkpoint_of
from service.models.queries import get_model
from service.retrainings.progress import Stopped, enter_fit, enter_stage, report_epoch
from service.retrainings.work import Work
from vision.artefact import ArtefactMetadata


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
    """Write the candidate's ONNX file.

    Raises:
        Stopped: if the retraining was cancelled.
    """
    from training.architecture import load_checkpoint, read_checkpoint_info
    from training.export import export_onnx

    enter_stage(work, "export")
    with work.context.database.read() as session:
        catalogue = catalogue_version(session)
    metadata = ArtefactMetadata(
        classes=work.snapshot.classes,
        architecture=read_checkpoint_info(work.candidate_checkpoint).architecture,
        input_size=work.config.image_size,
        training_run=work.id,
        catalogue_version=catalogue,
        precision=work.context.settings.vision.precision,
    )
    export_onnx(load_checkpoint(work.candidate_checkpoint), work.candidate_artefact, metadata)
