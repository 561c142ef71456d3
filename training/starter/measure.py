"""Measure the starter for its model card: `SHELFLOOP_DATA=… python -m training.starter.measure`.

Drawn shelves of worlds it never saw, and two sets of real photos it was not trained on. Prints Markdown.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from training.captures import LabelledCapture
from training.evaluation import EvaluationReport, Score, evaluate
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.artefact import read_metadata
from vision.decoding import encode_jpeg
from vision.detector import Detector
from vision.runtime import load_runtime
from vision.starter import ARTEFACT

WORLD_SEEDS = range(2000, 2004)
PHOTOS_PER_WORLD = 30
FREIBURG_EVERY = 16  # neighbours in the numbering are alike
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_UNKNOWN = "neutral/frontal/supermarket"  # for sets without a known condition; strata of theirs mean nothing


def drawn_shelves(folder: Path) -> Iterator[LabelledCapture]:
    """Draw photos of worlds whose seeds the training never used."""
    for seed in WORLD_SEEDS:
        world = ShelfWorld.build(WorldSpec(seed=seed))
        for number in range(PHOTOS_PER_WORLD):
            capture = world.capture(world.bays[number % len(world.bays)].id, number, width=1280)
            path = folder / f"{seed}-{number}.jpg"
            path.write_bytes(encode_jpeg(capture.image))
            boxes = [
                AnnotatedBox(kind, x1, y1, x2, y2)
                for kind, (x1, y1, x2, y2) in zip(capture.kinds, capture.boxes.tolist(), strict=True)
            ]
            yield _labelled(path, boxes, capture.condition.stratum)


def fridge(folder: Path) -> Iterator[LabelledCapture]:
    """Read the 15 fridge photos; every product is boxed, nothing else is."""
    for path in sorted((folder / "images").glob("*.jpg"), key=lambda p: int(p.stem)):
        lines = path.with_suffix(".bboxes.tsv").read_text().split("\n")
        yield _labelled(path, [_facing(*map(float, line.split("\t"))) for line in lines if line.strip()])


def freiburg(folder: Path) -> Iterator[LabelledCapture]:
    """Read every 16th Freiburg photo; crowded ones are only partly labelled, so precision reads too low."""
    for path in sorted((folder / "images").iterdir())[::FREIBURG_EVERY]:
        height, width = _size(path)
        labels = (folder / "labels" / f"{path.stem}.txt").read_text().splitlines()
        boxes = [_from_yolo([float(part) for part in line.split()[1:5]], width, height) for line in labels]
        if boxes:
            yield _labelled(path, boxes)


def _from_yolo(box: list[float], width: int, height: int) -> AnnotatedBox:
    x, y, w, h = box
    left, top = (x - w / 2) * width, (y - h / 2) * height
    return _facing(left, top, left + w * width, top + h * height)


def _facing(x1: float, y1: float, x2: float, y2: float) -> AnnotatedBox:
    return AnnotatedBox(DetectionKind.FACING, x1, y1, x2, y2)


def _size(path: Path) -> tuple[int, int]:
    height, width = np.asarray(cv2.imread(str(path))).shape[:2]
    return height, width


def _labelled(path: Path, boxes: list[AnnotatedBox], stratum: str = _UNKNOWN) -> LabelledCapture:
    height, width = _size(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return LabelledCapture(
        capture_id=path.stem,
        image=path,
        sha256=digest,
        width=width,
        height=height,
        store_id="store",
        bay_id="bay",
        taken_at=_ANY_TIME,
        stratum=stratum,
        arm="random",
        boxes=tuple(boxes),
    )


def rows(name: str, report: EvaluationReport, *, axes: bool = False) -> Iterator[str]:
    """Lay a report out as Markdown table rows."""
    for kind, score in report.kinds.items():
        yield _row(name, kind, score)
    if axes:
        for axis, cells in report.axes.items():
            for cell, score in cells.items():
                yield _row(name, f"{axis} {cell}, mean of kinds", score)


def _row(name: str, what: str, score: Score) -> str:
    interval = f"{score.ap50_low:.2f}–{score.ap50_high:.2f}" if score.ap50 is not None else "–"
    thin = "" if score.supported else " (insufficient evidence)"
    return (
        f"| {name} | {what}{thin} | {score.captures} | {score.boxes} | {score.ap:.3f} | {score.ap50:.3f} | {interval} |"
    )


def main(data: Path) -> None:
    """Print the table of the model card."""
    metadata = read_metadata(ARTEFACT)
    runtime = load_runtime("openvino", ARTEFACT, threads=2, streams=1, precision="f32")
    detector = Detector(runtime, metadata, confidence=0.01)
    print("| photos | of | photos | boxes | AP | AP50 | 95 % interval |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        sets = {
            "drawn shelves": list(drawn_shelves(Path(folder))),
            "fridge": list(fridge(data / "fridge-azure")),
            "Freiburg": list(freiburg(data / "groceries-freiburg")),
        }
        for name, captures in sets.items():
            report = evaluate(detector.detect, metadata.classes, captures, "kinds", name)
            print("\n".join(rows(name, report, axes=name == "drawn shelves")), flush=True)


if __name__ == "__main__":
    main(Path(os.environ["SHELFLOOP_DATA"]))
