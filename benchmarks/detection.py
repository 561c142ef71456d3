"""How well the starter sees: real shelves that trained nothing, and a drawn world kept apart. `make bench-detection`

Everything runs on the exported artefact, with a closer look at dense photos wherever the service would take one.
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.photo_sets import UNSEEN_WORLD, drawn, freiburg, fridge, k4r, photographed
from benchmarks.report import Report, Target, machine
from benchmarks.starter import load_starter
from labeling.annotations import as_array
from retail.boxes import Boxes, DetectionKind, areas, intersections, iou
from service.settings import VisionSettings
from training.captures import LabelledCapture
from training.evaluation import EvaluationReport, evaluate
from training.matching import RIGHT_AT_IOU, Comparison, right
from training.synthetic.spec import load_photo_plan
from training.synthetic.truth import SyntheticCapture
from vision.artefact import ArtefactMetadata
from vision.decoding import decode
from vision.detections import Detections
from vision.detector import Detector
from vision.letterbox import Image
from vision.shelves import find_shelves
from vision.tiling import look_closer

Row = dict[str, Any]
LOWEST_CONFIDENCE = 0.01  # AP looks at every box, however doubtful


def main() -> None:
    """Measure every set, publish."""
    data = Path(_arguments().data)
    runtime, metadata = load_starter()
    doubtful = Detector(runtime, metadata, metadata.calibrated(LOWEST_CONFIDENCE))
    served = Detector(runtime, metadata)
    started, plan = machine(), load_photo_plan(UNSEEN_WORLD)
    with tempfile.TemporaryDirectory(prefix="shelfloop-bench-") as scratch:
        captures = list(photographed(plan))
        sets = {
            "unseen world": list(drawn(captures, Path(scratch))),
            "fridge": list(fridge(data)),
            "Freiburg": list(freiburg(data)),
        }
        reports = {
            name: evaluate(_looking(doubtful), metadata.classes, labelled, "kinds", name)
            for name, labelled in sets.items()
        }
    shelves = [_on_right_shelf(_looking(served)(capture.image), metadata, capture) for capture in captures]
    dense = [_counts(_looking(served)(decode(c.image.read_bytes()).image), metadata, c, off) for c, off in k4r(data)]
    hits, found, wanted = np.sum(dense, axis=0)
    Report(
        name="detection",
        headline={
            "unseen_product_ap50": reports["unseen world"].kinds[DetectionKind.FACING].ap50,
            "unseen_shelf_rows_right": float(np.concatenate(shelves).mean()),
            "fridge_product_ap50": reports["fridge"].kinds[DetectionKind.FACING].ap50,
            "k4r_recall": hits / wanted,
            "k4r_precision": hits / found,
        },
        targets={
            "unseen_product_ap50": Target(at_least=0.95),
            "unseen_shelf_rows_right": Target(at_least=0.97),
            "fridge_product_ap50": Target(at_least=0.80),
            "k4r_recall": Target(at_least=0.80),
            "k4r_precision": Target(at_least=0.80),
        },
        rows=[row for name, report in reports.items() for row in _rows(name, report)],
        seeds={"unseen world": plan.seed},
        machine=started,
    ).publish()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SHELFLOOP_DATA"), help="folder of photos, see docs/data.md")
    arguments = parser.parse_args()
    if not arguments.data:
        parser.error("set SHELFLOOP_DATA to the folder of photos; docs/data.md says which ones")
    return arguments


def _looking(detector: Detector) -> Callable[[Image], Detections]:
    """Return what the service does: one pass, then tiles where facings are small."""
    most_tiles = VisionSettings().most_tiles
    return lambda image: look_closer(detector, detector.detect(image), lambda long_side: image, most_tiles)


def _rows(name: str, report: EvaluationReport) -> Iterator[Row]:
    cells = {**report.kinds}
    if name == "unseen world":
        cells |= {f"{axis} {cell}": score for axis, values in report.axes.items() for cell, score in values.items()}
    for cell, score in cells.items():
        yield {
            "photos of": name,
            "what": str(cell),
            "photos": score.captures,
            "boxes": score.boxes,
            "AP": score.ap,
            "AP50": score.ap50,
            "from": score.ap50_low,
            "to": score.ap50_high,
            "evidence": score.evidence,
        }


def _facings(detections: Detections, metadata: ArtefactMetadata) -> NDArray[np.bool_]:
    kinds = [metadata.kind_of(class_id) for class_id in detections.class_ids.tolist()]
    return np.array([kind is DetectionKind.FACING for kind in kinds], bool)


def _counts(
    detections: Detections, metadata: ArtefactMetadata, capture: LabelledCapture, ignored: Boxes
) -> tuple[int, int, int]:
    """Count facings found rightly, found at all, and wanted; a wrong one mostly inside an ignored area is no one's."""
    facings = detections.keep(_facings(detections, metadata))
    boxes, truth = facings.boxes, as_array([box for box in capture.boxes if box.kind is DetectionKind.FACING])
    one_label = [np.zeros(len(of), np.int64) for of in (truth, boxes)]
    hit = right(Comparison(truth, one_label[0], boxes, one_label[1], facings.confidences.astype(np.float64)))
    inside = intersections(boxes, ignored) / np.maximum(areas(boxes), 1)[:, None]
    excused = ~hit & (inside.max(1, initial=0) > 0.5)
    return int(hit.sum()), int((~excused).sum()), len(truth)


def _on_right_shelf(detections: Detections, metadata: ArtefactMetadata, capture: SyntheticCapture) -> NDArray[np.bool_]:
    """Tell for each facing found of the photographed bay whether its shelf is right.

    Shelves are counted from the topmost in view, the truth from the bay's top: they may differ by one number all over
    the photo.
    """
    kinds = [metadata.kind_of(class_id) for class_id in detections.class_ids.tolist()]
    numbers = find_shelves(detections.boxes, kinds, detections.size).numbers
    facings = np.flatnonzero(_facings(detections, metadata))
    own = [
        i
        for i, (row, bay) in enumerate(zip(capture.rows, capture.bay_ids, strict=True))
        if row is not None and bay == capture.bay_id
    ]
    overlaps = iou(capture.boxes[own], detections.boxes[facings])
    matched = overlaps.max(1, initial=0) >= RIGHT_AT_IOU
    if not matched.any():
        return np.zeros(0, bool)
    rows = np.array([capture.rows[i] for i in own])[matched]
    shifts = numbers[facings[overlaps.argmax(1)[matched]]] - rows
    values, counts = np.unique(shifts, return_counts=True)
    usual: NDArray[np.bool_] = shifts == values[counts.argmax()]
    return usual


if __name__ == "__main__":
    main()
