"""A retraining of what names products: the serving embedder, fitted further on the facings that annotators named.

Needs torch, which is imported when a step runs.
"""

import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from retail.gtin import Gtin
from service.models.registry import log_run, open_tracking
from service.naming.ordering import order_embedder
from service.naming.queries import newest_naming, pack_shots
from service.naming.reading import picture_crop
from service.retrainings.embedder_knobs import refit_config
from service.retrainings.progress import Stopped, enter_stage, while_running
from service.retrainings.queries import RUNNING, lock_retraining
from service.retrainings.work import MANIFEST, Work
from training.captures import LabelledCapture
from training.embedder.refit_config import RefitConfig
from training.semi_synthetic.shelves import SynthesisConfig
from vision.decoding import BadPhoto
from vision.embedder import read_embedder

if TYPE_CHECKING:
    from training.embedder.facings import Facings
    from training.embedder.refitting import Material

log = logging.getLogger(__name__)
FILE, REPORT = "embedder.onnx", "embedder.json"


def fit_embedder(work: Work) -> bool:
    """Fit the serving embedder further, write its file and the verdict on it, and say whether it may take over.

    Killed, it begins anew: it takes minutes.

    Raises:
        NothingToLearn: if annotators named too few facings.
        CannotRefit: if the serving embedder is none of training.embedder.
        Stopped: if the retraining was cancelled.
    """
    from training.embedder.refitting import refit

    enter_stage(work, "fit")
    installed = _serving(work)
    config = refit_config(work.request)
    work.folder.mkdir(parents=True, exist_ok=True)
    threads = work.context.settings.vision.threads
    partial = work.folder / f"{FILE}.partial"
    judged = refit(installed, _material(work, read_embedder(installed).crop_size, config), partial, config, threads)
    partial.replace(work.folder / FILE)
    report = {
        "passed": judged.passed,
        "installed": installed.stem,
        "checks": [asdict(check) for check in judged.checks],
        "figures": dict(judged.figures),
    }
    (work.folder / REPORT).write_text(json.dumps(report))
    with while_running(work) as record:
        record.progress = {**record.progress, "embedder": report}
    return judged.passed


def conclude_embedder(work: Work) -> str:
    """Log the fit to MLflow, let a better embedder read every reference so that it names, and return the last state.

    Raises:
        Problem: mlflow-unreachable.
        Stopped: if the retraining was cancelled.
    """
    enter_stage(work, "register")
    report = json.loads((work.folder / REPORT).read_text())
    run_id = _log(work, report)
    state, note = _outcome(report, work.request.promote)
    embedder_id = None
    if state == "promoted":
        reason = f"fitted further, and better on unseen captures: {work.record.reason}"[:500]
        embedder_id = order_embedder(work.context, (work.folder / FILE).read_bytes(), reason, work.record.by).id
    with work.context.database.write() as session:
        record = lock_retraining(session, work.id)
        if record.state != RUNNING:
            raise Stopped(record.state)
        record.state, record.finished_at = state, work.context.clock()
        record.progress = {**record.progress, "stage": "done", "note": note, "mlflow_run_id": run_id}
        if embedder_id is not None:
            record.progress = {**record.progress, "embedder_id": embedder_id}
    return state


def _outcome(report: dict[str, Any], promote: str) -> tuple[str, str]:
    """Return the last state of a retraining and why it is that."""
    if not report["passed"]:
        failed = "; ".join(f"{check['name']}: {check['reason']}" for check in report["checks"] if not check["passed"])
        return "gate_failed", f"the serving embedder stays: {failed}"
    if promote == "never":
        return "completed", "passed its gate; not to name, as was asked"
    return "promoted", "passed its gate and names as soon as it has read every reference"


def _serving(work: Work) -> Path:
    embedders = work.context.naming.embedders
    with work.context.database.read() as session:
        naming = newest_naming(session)
    return embedders.installed_path() if naming is None else embedders.path_of(naming.embedder_id)


def _material(work: Work, size: int, config: RefitConfig) -> "Material":
    from training.embedder.facings import facings_of
    from training.embedder.refitting import Material

    snapshot = work.snapshot
    shown = Counter(box.gtin for capture in snapshot.split.train for box in capture.boxes if box.gtin)

    def cut(captures: Sequence[LabelledCapture]) -> "Facings":
        return facings_of(captures, size, config.most, config.most_in_all)

    enough = SynthesisConfig().enough
    rare = {
        box.gtin for capture in snapshot.synthetic for box in capture.boxes if box.gtin and shown[box.gtin] < enough
    }
    return Material(
        references=_pack_shots(work, size, config.most_in_all),
        train=cut(snapshot.split.train),
        made=facings_of(snapshot.synthetic, size, config.most, config.most_in_all, only=rare),
        unseen=cut(snapshot.split.validation),
    )


def _pack_shots(work: Work, size: int, most: int) -> "Facings":
    from training.embedder.facings import Facings, none_of

    with work.context.database.read() as session:
        shots = pack_shots(session, work.context.clock().date())[:most]
    pictures, gtins = [], []
    for gtin, key in shots:
        try:
            pictures.append(picture_crop(work.context.images.get(key), size))
        except (FileNotFoundError, BadPhoto) as error:
            log.warning("The pack-shot %s is left out: it cannot be read: %s", key, error)
            continue
        gtins.append(Gtin(gtin))
    return Facings(np.stack(pictures), tuple(gtins), ("",) * len(gtins)) if pictures else none_of(size)


def _log(work: Work, report: dict[str, Any]) -> str:
    """Log once: a worker that was killed right after would log a second, equal run at most."""
    with while_running(work) as record:
        if "mlflow_run_id" in record.progress:
            return str(record.progress["mlflow_run_id"])
    params = {
        **refit_config(work.request).model_dump(),
        "reason": work.record.reason,
        "retraining": work.id,
        "snapshot": work.snapshot.content_hash,
        "installed": report["installed"],
        "passed": report["passed"],
    }
    files = [work.folder / FILE, work.folder / REPORT, work.folder / MANIFEST]
    run_id = log_run(open_tracking(work.context.settings), f"embedder {work.id}", params, report["figures"], files)
    with while_running(work) as record:
        record.progress = {**record.progress, "mlflow_run_id": run_id}
    return run_id
