"""Champion and candidate on the same validation photos, and the gate between them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from service.models.files import artefact_of
from service.models.queries import champion_version, get_model
from service.retrainings.knowledge import Names, knowledge_of
from service.retrainings.progress import enter_stage
from service.retrainings.work import Work
from service.settings import Settings
from training.captures import LabelledCapture
from vision.artefact import read_metadata
from vision.decoding import decode
from vision.detections import Detections
from vision.detector import Detector
from vision.letterbox import Image
from vision.runtime import load_runtime, served_precision
from vision.tiling import look_closer

if TYPE_CHECKING:
    from training.evaluation import Evaluation
    from training.gate import GateResult

REPORT, GATE = "evaluation.json", "gate.json"
_LEAST_CONFIDENCE, _MOST_DETECTIONS = 0.01, 600
_TIMED_PHOTOS, _TIMES = 4, 5


def measure(work: Work) -> bool:
    """Evaluate both models, judge the candidate, write both results as JSON, and say whether it passed.

    Raises:
        Stopped: if the retraining was cancelled.
    """
    from training.gate import Check, GateResult, judge

    enter_stage(work, "evaluate")
    with work.context.database.read() as session:
        champion = get_model(session, champion_version(session))
    reports: dict[str, Any] = {}
    if any(capture.boxes for capture in work.snapshot.split.validation):
        old, new = _evaluations(work, artefact_of(work.context.settings, champion))
        reports = {"champion": old.report.model_dump(), "candidate": new.report.model_dump()}
        result = judge(old, new, work.context.settings.gate)
    else:
        why = f"nothing to measure on ({work.snapshot.split.rule}): label more captures"
        result = GateResult(False, (Check("validation", None, None, None, False, why),))
    gate = _told(result, champion.version)
    _write(work.folder / REPORT, reports)
    _write(work.folder / GATE, gate)
    return result.passed


def read_results(work: Work) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the reports by ``champion`` and ``candidate`` (empty if nothing could be measured) and the gate."""
    reports, gate = (json.loads((work.folder / name).read_text()) for name in (REPORT, GATE))
    return reports, gate


def _told(result: "GateResult", champion: int) -> dict[str, Any]:
    return {"passed": result.passed, "champion_version": champion, "checks": [asdict(one) for one in result.checks]}


def _write(path: Path, content: dict[str, Any]) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content))
    partial.replace(path)


def _evaluations(work: Work, champion: Path) -> "tuple[Evaluation, Evaluation]":
    """Evaluate champion and candidate as they would serve: precision, closer looks, the gallery that names now."""
    from training.evaluation import Looking, Naming, assess

    settings, snapshot, names = work.context.settings, work.snapshot, Names(work.context)
    knowledge, validation = knowledge_of(work.context, snapshot), snapshot.split.validation
    files = (champion, work.candidate_artefact)
    detectors = [_detector(settings, file) for file in files]
    milliseconds = _milliseconds(detectors, validation)

    def evaluation(detector: Detector, file: Path, latency: float) -> "Evaluation":
        metadata = detector.metadata
        naming = Naming(metadata, names.recogniser, names.assortment_of, settings.planogram.confidence)
        looking = Looking(
            predict=_as_served(detector, settings.vision.most_tiles),
            classes=metadata.classes,
            confidence=settings.vision.confidence or metadata.confidence,
            naming=naming if naming.known else None,
        )
        found = assess(looking, validation, snapshot.class_mode, snapshot.content_hash, knowledge)
        seen = {"latency_ms": latency, "megabytes": file.stat().st_size / 1e6}
        return replace(found, report=found.report.model_copy(update=seen))

    old, new = map(evaluation, detectors, files, milliseconds)
    return old, new


def _as_served(detector: Detector, most_tiles: int) -> Callable[[Image], Detections]:
    return lambda image: look_closer(detector, detector.detect(image), lambda long_side: image, most_tiles)


def _detector(settings: Settings, artefact: Path) -> Detector:
    vision, metadata = settings.vision, read_metadata(artefact)
    precision = served_precision(vision.precision, metadata.precision, vision.runtime)
    runtime = load_runtime(vision.runtime, artefact, threads=vision.threads, precision=precision)
    least = metadata.calibrated(_LEAST_CONFIDENCE)  # or a calibration would decide how long the tail is that AP sees
    return Detector(runtime, metadata, confidence=least, max_detections=_MOST_DETECTIONS)


def _milliseconds(detectors: Sequence[Detector], captures: Sequence[LabelledCapture]) -> list[float]:
    """Return each detector's time a photo: fastest of several turns, taken in alternation."""
    photos = [decode(capture.image.read_bytes()).image for capture in captures[:_TIMED_PHOTOS]]
    turns = [[_seconds(detector, photos) for detector in detectors] for _ in range(_TIMES)]
    return [1000 * min(each) / len(photos) for each in zip(*turns, strict=True)]


def _seconds(detector: Detector, photos: list[Image]) -> float:
    begin = perf_counter()
    for photo in photos:
        detector.detect(photo)
    return perf_counter() - begin
