"""Champion and candidate on the same validation photos, and the gate between them."""

import json
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from service.models.files import artefact_of
from service.models.queries import champion_version, get_model
from service.retrainings.progress import enter_stage
from service.retrainings.work import Work
from service.settings import Settings
from training.captures import LabelledCapture
from vision.artefact import read_metadata
from vision.decoding import decode
from vision.detector import Detector
from vision.runtime import load_runtime, served_precision

REPORT, GATE = "evaluation.json", "gate.json"
_LEAST_CONFIDENCE, _MOST_DETECTIONS = 0.01, 600
_TIMED_PHOTOS, _TIMES = 4, 5


def measure(work: Work) -> bool:
    """Evaluate both models, judge the candidate, write both results as JSON, and say whether it passed.

    Raises:
        Stopped: if the retraining was cancelled.
    """
    from training.evaluation import EvaluationReport, evaluate
    from training.gate import Check, GateResult, Tolerance, judge

    enter_stage(work, "evaluate")
    with work.context.database.read() as session:
        champion = get_model(session, champion_version(session))
    snapshot = work.snapshot
    validation = snapshot.split.validation
    reports: dict[str, EvaluationReport] = {}
    if any(capture.boxes for capture in validation):
        old = _detector(work.context.settings, artefact_of(work.context.settings, champion))
        new = _detector(work.context.settings, work.candidate_artefact)
        for name, detector in (("champion", old), ("candidate", new)):
            reports[name] = evaluate(
                detector.detect, detector.metadata.classes, validation, snapshot.class_mode, snapshot.content_hash
            )
        result = judge(reports["champion"], reports["candidate"], Tolerance(), _latency_ratio(old, new, validation))
    else:
        why = f"nothing to measure on ({snapshot.split.rule}): label more captures"
        result = GateResult(False, (Check("validation", None, None, None, False, why),))
    gate = {"passed": result.passed, "champion_version": champion.version, "checks": [asdict(c) for c in result.checks]}
    (work.folder / GATE).write_text(json.dumps(gate))
    (work.folder / REPORT).write_text(json.dumps({name: report.model_dump() for name, report in reports.items()}))
    return result.passed


def read_results(work: Work) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the reports by ``champion`` and ``candidate`` (empty if nothing could be measured) and the gate."""
    reports, gate = (json.loads((work.folder / name).read_text()) for name in (REPORT, GATE))
    return reports, gate


def _detector(settings: Settings, artefact: Path) -> Detector:
    vision, metadata = settings.vision, read_metadata(artefact)
    precision = served_precision(vision.precision, metadata.precision, vision.runtime)
    runtime = load_runtime(vision.runtime, artefact, threads=vision.threads, precision=precision)
    least = metadata.calibrated(_LEAST_CONFIDENCE)  # or a calibration would decide how long the tail is that AP sees
    return Detector(runtime, metadata, confidence=least, max_detections=_MOST_DETECTIONS)


def _latency_ratio(old: Detector, new: Detector, captures: tuple[LabelledCapture, ...]) -> float:
    """Return the candidate's time a photo over the champion's: fastest of several turns, taken in alternation."""
    photos = [decode(capture.image.read_bytes()).image for capture in captures[:_TIMED_PHOTOS]]
    turns = [(_seconds(old, photos), _seconds(new, photos)) for _ in range(_TIMES)]
    return min(turn[1] for turn in turns) / min(turn[0] for turn in turns)


def _seconds(detector: Detector, photos: list[NDArray[np.uint8]]) -> float:
    begin = perf_counter()
    for photo in photos:
        detector.detect(photo)
    return perf_counter() - begin
