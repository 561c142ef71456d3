"""The labelled photos that models are judged by: real ones that trained nothing, and a drawn world kept apart."""

import csv
import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import cv2
import numpy as np

from labeling.annotations import AnnotatedBox
from retail.boxes import Boxes, DetectionKind
from training.captures import LabelledCapture
from training.synthetic.spec import PhotoPlan
from training.synthetic.truth import SyntheticCapture
from training.synthetic.world import ShelfWorld
from vision.decoding import encode_jpeg

UNSEEN_WORLD = Path(__file__).parents[1] / "configs" / "worlds" / "unseen.yaml"
K4R_LABELS = Path(__file__).parent / "labels" / "shelf_k4r.csv"
FREIBURG_EVERY = 16  # neighbours in the numbering are alike
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_UNKNOWN = "neutral/frontal/supermarket"  # for sets without a known condition; strata of theirs mean nothing


def photographed(plan: PhotoPlan) -> Iterator[SyntheticCapture]:
    """Draw the photos of a plan, in its order."""
    world = ShelfWorld.build(plan.world)
    for bay, day in plan.shots():
        yield world.capture(bay, day, width=plan.longer_side)


def drawn(captures: Iterable[SyntheticCapture], folder: Path) -> Iterator[LabelledCapture]:
    """Write drawn photos below `folder` as JPEGs, and yield them with every box that is true."""
    for number, capture in enumerate(captures):
        path = folder / f"{number:04d}.jpg"
        path.write_bytes(encode_jpeg(capture.image))
        boxes = [
            AnnotatedBox(kind, *corners) for kind, corners in zip(capture.kinds, capture.boxes.tolist(), strict=True)
        ]
        yield _labelled(path, boxes, capture.condition.stratum)


def fridge(data: Path) -> Iterator[LabelledCapture]:
    """Read the 15 photos of `fridge-azure`; every product is boxed, nothing else is."""
    for path in sorted((data / "fridge-azure" / "images").glob("*.jpg"), key=lambda p: int(p.stem)):
        lines = path.with_suffix(".bboxes.tsv").read_text().split("\n")
        yield _labelled(path, [_facing(*map(float, line.split("\t"))) for line in lines if line.strip()])


def freiburg(data: Path) -> Iterator[LabelledCapture]:
    """Read every 16th Freiburg photo; crowded ones are only partly labelled, so precision reads too low."""
    paths = sorted((data / "groceries-freiburg" / "images").iterdir())[::FREIBURG_EVERY]
    yield from (capture for capture in map(freiburg_capture, paths) if capture.boxes)


def freiburg_capture(path: Path) -> LabelledCapture:
    """Read one photo of `groceries-freiburg`."""
    height, width = _size(path)
    lines = (path.parents[1] / "labels" / f"{path.stem}.txt").read_text().splitlines()
    return _labelled(path, [_from_yolo([float(part) for part in line.split()[1:5]], width, height) for line in lines])


def k4r(data: Path) -> Iterator[tuple[LabelledCapture, Boxes]]:
    """Read the two drugstore shelves, each with areas (n, 4) where a facing counts neither as right nor as wrong."""
    with K4R_LABELS.open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=itemgetter("photo"))
    for photo, group in groupby(rows, itemgetter("photo")):
        boxes, ignored = [], []
        for row in group:
            x1, y1, x2, y2 = (float(row[side]) for side in ("x1", "y1", "x2", "y2"))
            if row["ignore"] == "1":
                ignored.append((x1, y1, x2, y2))
            else:
                boxes.append(AnnotatedBox(DetectionKind(row["kind"]), x1, y1, x2, y2))
        yield _labelled(data / "shelf-k4r" / photo, boxes), np.array(ignored, np.float32).reshape(-1, 4)


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
    return LabelledCapture(
        capture_id=path.stem,
        image=path,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        width=width,
        height=height,
        store_id="store",
        bay_id="bay",
        taken_at=_ANY_TIME,
        stratum=stratum,
        arm="random",
        boxes=tuple(boxes),
    )
