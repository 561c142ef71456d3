"""A real fridge, planned as its first photo shows it: verdicts on fourteen others against those given by eye.

The truth and the rules by which it was written are in tests/vision/fridge_verdicts.csv and .md.
"""

import csv
import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.photo_sets import fridge
from benchmarks.planogram.figures import answered_row, f1_row
from benchmarks.planogram.scoring import Asked, ScoredBay, ScoredPosition
from benchmarks.report import Target
from labeling.annotations import AnnotatedBox, as_array
from retail.boxes import DetectionKind
from retail.compliance import Compliance, Verdict
from retail.gtin import Gtin
from retail.planograms import PlannedShelf, Planogram, Position
from training.architecture import load_checkpoint
from training.calibration import Calibration
from training.captures import LabelledCapture
from training.export import export_onnx
from training.fit import fit
from training.fit_config import load_fit_config
from training.snapshots import freeze
from training.yolo_folder import materialise
from vision.artefact import ArtefactMetadata, read_metadata
from vision.bays.chances import bay_photo
from vision.bays.judging import judge
from vision.bays.photo import BayPhoto
from vision.crops import cut_crops
from vision.decoding import decode
from vision.detector import Detector
from vision.embedder import load_embedder
from vision.gallery import Gallery, Reference
from vision.naming_calibration import NamingCalibration
from vision.recognition import Recogniser
from vision.runtime import load_runtime
from vision.starter import ARTEFACT, CHECKPOINT

Row = dict[str, Any]
TARGETS = {"fridge_macro_f1_perfect": Target(at_least=0.97)}
ADAPTED_ON = 10  # first photos by file number; the others judge the adapted model
_TRUE_ONES = (Verdict.CORRECT, Verdict.WRONG_POSITION, Verdict.WRONG_SHELF)  # that something in the fridge deserves
_PERFECT, _ADAPTED = "nobody errs", f"starter adapted on {ADAPTED_ON} photos"
_ROOT = Path(__file__).parents[2]
_PLANOGRAM, _VERDICTS, _SHELVES = (
    _ROOT / "tests" / "vision" / f"fridge_{name}" for name in ("planogram.json", "verdicts.csv", "shelves.csv")
)
_PRESET = _ROOT / "configs" / "training" / "few-photos.yaml"


@dataclass(frozen=True)
class FridgeTruth:
    """What is to be seen.

    Attributes:
        gtins: by the name that the photos' labels have.
        verdicts: on every position, by the photo's file number.
        alone: positions with nobody on their shelf to be out of order with, likewise.
    """

    planogram: Planogram
    gtins: Mapping[str, Gtin]
    verdicts: Mapping[str, Mapping[Position, Verdict]]
    alone: Mapping[str, frozenset[Position]]


def read_truth() -> FridgeTruth:
    """Read planogram and verdicts."""
    stated = json.loads(_PLANOGRAM.read_text())
    names = {Gtin(one["gtin"]): one["name"] for one in stated["positions"]}
    positions = [Position(one["shelf"], one["slot"], Gtin(one["gtin"])) for one in stated["positions"]]
    at = {(str(one.shelf), str(one.slot), names[one.gtin]): one for one in positions}
    place = itemgetter("shelf", "slot", "product")
    with _VERDICTS.open(newline="") as file:
        photos = {photo: list(rows) for photo, rows in groupby(csv.DictReader(file), itemgetter("photo"))}
    return FridgeTruth(
        Planogram(
            id=stated["id"],
            version=stated["version"],
            positions=tuple(positions),
            shelves=tuple(PlannedShelf(**one) for one in stated["shelves"]),
            width=stated["width"],
        ),
        {name: gtin for gtin, name in names.items()},
        {photo: {at[place(row)]: Verdict(row["verdict"]) for row in rows} for photo, rows in photos.items()},
        {photo: frozenset(at[place(row)] for row in rows if row["alone"]) for photo, rows in photos.items()},
    )


def named_fridge(data: Path, gtins: Mapping[str, Gtin]) -> Iterator[LabelledCapture]:
    """Read all fifteen photos by file number, with the product of each facing and the shelf edges."""
    edges = _shelf_edges()
    for capture in fridge(data):
        names = capture.image.with_suffix(".bboxes.labels.tsv").read_text().split()
        facings = (replace(box, gtin=gtins[name]) for box, name in zip(capture.boxes, names, strict=True))
        yield replace(capture, boxes=(*facings, *edges[capture.image.stem]))


def _shelf_edges() -> Mapping[str, Sequence[AnnotatedBox]]:
    edges: dict[str, list[AnnotatedBox]] = defaultdict(list)
    with _SHELVES.open(newline="") as file:
        for row in csv.DictReader(file):
            x1, y1, x2, y2 = (float(row[side]) for side in ("x1", "y1", "x2", "y2"))
            edges[row["photo"]].append(AnnotatedBox(DetectionKind.SHELF, x1, y1, x2, y2))
    return edges


def negatives(data: Path) -> list[Path]:
    """Return the photos that show no fridge."""
    return sorted((data / "fridge-azure" / "negative").glob("*.jpg"))


def seen_perfectly(capture: LabelledCapture) -> BayPhoto:
    """Return a photo as somebody sees it who misses nothing and knows every product."""
    return BayPhoto(
        size=(capture.width, capture.height),
        boxes=as_array(capture.boxes),
        kinds=tuple(box.kind for box in capture.boxes),
        confidences=np.ones(len(capture.boxes), np.float32),
        chances=tuple({} if box.gtin is None else {box.gtin: 1.0} for box in capture.boxes),
    )


@dataclass(frozen=True, slots=True)
class Adapted:
    """Models that know the fridge: a detector whose classes are its products, maybe a gallery that names them."""

    detector: Detector
    recogniser: Recogniser | None

    def look(self, image: Path, planogram: Planogram) -> BayPhoto:
        """Return a photo as these see it."""
        photo, metadata = decode(image.read_bytes()).image, self.detector.metadata
        found = self.detector.detect(photo)
        kinds = [metadata.kind_of(id) for id in found.class_ids.tolist()]
        rows = [row for row, kind in enumerate(kinds) if kind is DetectionKind.FACING]
        vectors = {}
        if self.recogniser is not None and rows:
            embedder = self.recogniser.embedder
            crops = cut_crops(photo, found.boxes[rows], embedder.crop_size)
            vectors = dict(zip(rows, embedder.embed(crops), strict=True))
        return bay_photo(found, metadata, vectors, self.recogniser, planogram.gtins)


def scored(compliance: Compliance, verdicts: Mapping[Position, Verdict]) -> ScoredBay:
    """Hold a compliance against the true verdicts on some positions; no facing of the fridge is unexpected."""
    return ScoredBay(
        positions=tuple(
            ScoredPosition(
                position=one.position,
                asked=Asked.JUDGED,
                truth=verdicts[one.position],
                answer=one.verdict,
                likeliest=max(one.chances, key=one.chances.__getitem__),
                probability=one.probability,
            )
            for one in compliance.positions
            if one.position in verdicts
        ),
        found=(),
        invented=tuple(
            facing.sightings[0].row for facing in compliance.facings if facing.verdict is Verdict.UNEXPECTED
        ),
        missed=(),
    )


def adapted_detector(captures: Sequence[LabelledCapture], folder: Path) -> Detector:
    """Fit the starter to labelled photos the way a retraining does; needs about a minute and a half on two cores."""
    snapshot, config = freeze(captures, "products"), load_fit_config(_PRESET)
    data = materialise(snapshot, folder / "data")
    checkpoint = fit(CHECKPOINT, snapshot.classes, data, folder / "fit", config, lambda _: None, threads=2)
    model, artefact = load_checkpoint(checkpoint), folder / "fridge.onnx"
    metadata = ArtefactMetadata(
        classes=snapshot.classes, architecture=model.yaml["yaml_file"], input_size=config.image_size
    )
    # Two photos validate, which are too few to calibrate by: a retraining keeps the base model's calibration then, too.
    export_onnx(model, artefact, Calibration.of(read_metadata(ARTEFACT)).applied_to(metadata))
    return Detector(load_runtime("openvino", artefact, threads=2), read_metadata(artefact))


def filled_gallery(captures: Sequence[LabelledCapture]) -> Recogniser:
    """Make every labelled facing a reference of its product."""
    embedder = load_embedder(threads=2)
    gallery = Gallery(embedder.id, embedder.width)
    for capture in captures:
        named = [(box, box.gtin) for box in capture.boxes if box.gtin is not None]
        photo = decode(capture.image.read_bytes()).image
        vectors = embedder.embed(cut_crops(photo, as_array([box for box, _ in named]), embedder.crop_size))
        gallery.change(
            Reference(f"{capture.image.stem}-{number}", f"{gtin}-0", gtin, vector)
            for number, ((_, gtin), vector) in enumerate(zip(named, vectors, strict=True))
        )
    calibration = embedder.metadata.calibration or NamingCalibration.assumed()
    return Recogniser(embedder, gallery, calibration, lambda gtin: None)


def measure_fridge(data: Path) -> tuple[dict[str, float | None], list[Row]]:
    """Judge all photos as if nobody erred, and the last five and those without a fridge by an adapted model.

    Args:
        data: folder of real photos.

    Returns:
        Headline numbers by name, and the rows behind them.
    """
    truth = read_truth()
    first, *others = named_fridge(data, truth.gtins)
    learnt, last = [first, *others][:ADAPTED_ON], others[ADAPTED_ON - 1 :]
    with tempfile.TemporaryDirectory(prefix="shelfloop-bench-") as scratch:
        detector = adapted_detector(learnt, Path(scratch))
        perfect = list(_rows(_PERFECT, truth, _judged(truth, others, seen_perfectly)))
        models = list(_model_rows(_ADAPTED, truth, last, data, Adapted(detector, filled_gallery(learnt))))
        rows = [
            *perfect,
            *_rows(f"{_PERFECT}, without shelf edges", truth, _judged(truth, others, _without_edges)),
            *_rows(f"{_PERFECT}, the last {len(last)}", truth, _judged(truth, last, seen_perfectly)),
            *models,
            *_model_rows(f"{_ADAPTED}, without a gallery", truth, last, data, Adapted(detector, None)),
        ]
    headline = {"fridge_macro_f1_perfect": perfect[0]["macro_f1"], "fridge_macro_f1_models": models[0]["macro_f1"]}
    return headline, rows


def _model_rows(
    title: str, truth: FridgeTruth, captures: Sequence[LabelledCapture], data: Path, models: Adapted
) -> Iterator[Row]:
    """Yield what models make of the fridge, and of photos without one."""
    yield from _rows(title, truth, _judged(truth, captures, lambda one: models.look(one.image, truth.planogram)))
    strange = [judge(truth.planogram, [models.look(image, truth.planogram)]) for image in negatives(data)]
    verdicts = [one.verdict for compliance in strange for one in compliance.positions]
    yield {
        "seen_by": title,
        "photos_without_a_fridge": len(strange),
        "said_to_fit": sum(one.fits for one in strange),
        "left_undecided": verdicts.count(Verdict.UNDECIDED) / len(verdicts),
    }


def _judged(
    truth: FridgeTruth, captures: Sequence[LabelledCapture], seen: Callable[[LabelledCapture], BayPhoto]
) -> dict[str, Compliance]:
    return {one.image.stem: judge(truth.planogram, [seen(one)]) for one in captures}


def _without_edges(capture: LabelledCapture) -> BayPhoto:
    facings = tuple(box for box in capture.boxes if box.kind is DetectionKind.FACING)
    return seen_perfectly(replace(capture, boxes=facings))


def failures(truth: FridgeTruth, compliances: Mapping[str, Compliance]) -> Iterator[str]:
    """Say in a line each what went wrong."""
    names = {gtin: name for name, gtin in truth.gtins.items()}
    for photo, compliance in compliances.items():
        bay = scored(compliance, truth.verdicts[photo])
        for one in bay.judged:
            if one.answer is not one.truth:
                place = f"shelf {one.position.shelf} slot {one.position.slot} {names[one.position.gtin]}"
                alone = ", alone" if one.position in truth.alone[photo] else ""
                yield f"photo {photo}: {place} is {one.truth}{alone}, answer {one.answer} ({one.probability:.2f})"
        yield from (f"photo {photo}: detection {row} is called unexpected and is not" for row in bay.invented)


def _rows(seen_by: str, truth: FridgeTruth, compliances: Mapping[str, Compliance]) -> Iterator[Row]:
    """Yield F1 of all positions and of those that are not alone, and coverage with accuracy."""
    together: dict[str, list[ScoredBay]] = defaultdict(list)
    for photo, compliance in compliances.items():
        verdicts = truth.verdicts[photo]
        in_company = {position: one for position, one in verdicts.items() if position not in truth.alone[photo]}
        together["fridge"].append(scored(compliance, verdicts))
        together["fridge, without products alone on their shelf"].append(scored(compliance, in_company))
    for level, bays in together.items():
        row = f1_row({"seen_by": seen_by, "level": level}, bays)
        yield {**row, "macro_f1_of_true_ones": float(np.mean([row[verdict] for verdict in _TRUE_ONES]))}
    yield answered_row({"seen_by": seen_by, "level": "fridge"}, together["fridge"])
