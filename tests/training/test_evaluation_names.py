"""A detector that finds what is labelled, and a gallery that knows products by their colour."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from retail.gtin import Gtin
from retail.planograms import Planogram, Position
from training.evaluation import EvaluationReport, Knowledge, Looking, Naming, assess
from training.gate import judge
from training.tolerance import Tolerance
from vision.artefact import ArtefactMetadata
from vision.detections import Detections
from vision.gallery import Gallery, Reference
from vision.naming_calibration import NamingCalibration
from vision.recognition import Recogniser

COLOURS = {
    Gtin("00012345678905"): (250, 20, 20),
    Gtin("04006381333931"): (20, 250, 20),
    Gtin("05000112637922"): (20, 20, 250),
    Gtin("00000000000017"): (250, 250, 20),
}
COLA, WATER, JUICE, STRANGE = COLOURS
PLANOGRAM = Planogram("p", 1, tuple(Position(1, slot, gtin) for slot, gtin in enumerate((COLA, WATER, JUICE), 1)))
METADATA = ArtefactMetadata(classes=("product", "shelf", "tag", "gap"), architecture="literal")


class ColourEmbedder:
    """Sees the mean colour of a crop."""

    id, crop_size, width = "colour-1", 16, 3

    def embed(self, crops):
        means = crops[:, 4:12, 4:12].reshape(len(crops), 64, 3).mean(1) - 100.0
        return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def recogniser():
    embedder, gallery = ColourEmbedder(), Gallery("colour-1", 3)
    for gtin in (COLA, WATER, JUICE):
        crop = np.full((1, 16, 16, 3), COLOURS[gtin], np.uint8)
        gallery.change([Reference(f"{gtin}-0", f"{gtin}-look", gtin, embedder.embed(crop)[0])])
    calibration = NamingCalibration.assumed().model_copy(update={"matches": (0.5, 1.2)})
    return Recogniser(embedder, gallery, calibration, {COLA: "family", WATER: "family"}.get)


@pytest.fixture
def captures(make_capture, make_box):
    """Twelve bays of a shelf with four products twice; the fourth is in no gallery, half of them are dim."""
    made = []
    for number in range(12):
        boxes = [
            make_box(gtin=gtin, box=(10 + 40 * n, 20, 40 + 40 * n, 90)) for n, gtin in enumerate([*COLOURS, *COLOURS])
        ]
        stratum = f"{'dim' if number % 2 else 'warm'}/frontal/convenience"
        capture = make_capture(
            f"c{number:02d}", boxes=(*boxes, make_box("shelf", (0, 92, 340, 98))), stratum=stratum, size=340
        )
        pixels = np.full((340, 340, 3), 100, np.uint8)
        for box in boxes:
            pixels[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)] = COLOURS[box.gtin]
        Image.fromarray(pixels).save(capture.image)
        made.append(capture)
    return made


def finding(captures, found):
    """A detector that finds some of the labelled boxes: `found(box, number of the photo)`."""
    photos = iter(enumerate(captures))

    def predict(image):
        number, capture = next(photos)
        boxes = [box for box in capture.boxes if found(box, number)]
        probabilities = np.zeros((len(boxes), 4), np.float32)
        for row, box in enumerate(boxes):
            probabilities[row, 0 if box.kind == "facing" else 1] = 0.9
        return Detections(
            boxes=np.array([(b.x1, b.y1, b.x2, b.y2) for b in boxes], np.float32).reshape(-1, 4),
            class_ids=probabilities.argmax(1),
            probabilities=probabilities,
            edge_deviations=np.ones((len(boxes), 4), np.float32),
            vectors=np.eye(len(boxes), 16, dtype=np.float32),
            image_vector=np.eye(1, 16, dtype=np.float32)[0],
            size=(340, 340),
        )

    return predict


def assessed(captures, recogniser, found=lambda box, number: True, taught=()):
    naming = Naming(METADATA, recogniser, lambda store: None)
    knowledge = Knowledge(
        trained=Counter({COLA: 150, WATER: 20}),
        categories={COLA: "drinks", WATER: "drinks", JUICE: "juices", STRANGE: "snacks"},
        families={COLA: "family", WATER: "family"},
        planograms={capture.capture_id: PLANOGRAM for capture in captures},
        taught=frozenset(taught),
    )
    looking = Looking(finding(captures, found), METADATA.classes, 0.25, naming)
    return assess(looking, captures, "kinds", "a" * 64, knowledge)


def test_everything_is_told_by_product_category_and_condition(captures, recogniser):
    report = assessed(captures, recogniser).report
    assert {name: measure.overall.value for name, measure in report.measures.items()} == pytest.approx(
        {"calibration_error": 0.1, "sku_top1": 1.0, "unknown_auroc": 1.0, "verdict_f1": 1.0}
    )
    assert report.measures["sku_top1"].overall.count == 12 * 6, "the fourth product is in no gallery"
    assert report.measures["sku_top1"].cells["category"]["drinks"].count == 12 * 4
    assert set(report.measures["verdict_f1"].cells["lighting"]) == {"dim", "warm"}
    assert report.overall.ap == pytest.approx(1.0)
    assert {gtin: score.ap for gtin, score in report.products.items() if gtin != STRANGE} == pytest.approx(
        dict.fromkeys((COLA, WATER, JUICE), 1.0)
    )
    assert set(report.bands) == {"head", "middle", "tail"}
    assert report.cells["juices dim/frontal/convenience"].captures == 6
    assert report.worst == []
    assert EvaluationReport.model_validate_json(report.model_dump_json()) == report


def test_a_product_that_is_missed_costs_names_and_verdicts(captures, recogniser):
    report = assessed(captures, recogniser, lambda box, number: box.gtin != WATER).report
    assert report.products[WATER].ap == 0
    assert report.measures["sku_top1"].overall.value == pytest.approx(2 / 3)
    assert report.measures["verdict_f1"].overall.value < 0.9
    assert [(len(one.missed), len(one.invented)) for one in report.worst] == [(2, 0)] * 8


def test_a_detector_that_loses_the_dim_photos_is_refused_for_them(captures, recogniser):
    champion = assessed(captures, recogniser, lambda box, number: box.kind == "facing")
    candidate = assessed(captures, recogniser, lambda box, number: number % 2 == 0 or box.gtin != WATER)
    result = judge(champion, candidate, Tolerance())
    assert candidate.report.overall.ap > champion.report.overall.ap
    failed = {check.name: check for check in result.checks if not check.passed}
    assert "sku_top1 stratum dim/frontal/convenience" in failed
    assert failed["sku_top1 stratum dim/frontal/convenience"].high < 0
    assert not any("warm" in name for name in failed)


def test_a_gallery_that_holds_a_photo_is_not_asked_about_it(captures, recogniser):
    report = assessed(captures, recogniser, taught=[one.capture_id for one in captures[2:]]).report
    assert report.measures["sku_top1"].overall.captures == 2
    assert report.overall.captures == 12
    nothing = assessed(captures, recogniser, taught=[one.capture_id for one in captures]).report
    assert set(nothing.measures) == {"calibration_error"}
    assert nothing.products == {}
