"""Ten labelled photos of an unknown fridge make the starter model better on five others of it."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from retail.gtin import Gtin, check_digit
from training.architecture import classes_of, load_checkpoint
from training.captures import LabelledCapture
from training.evaluation import Looking, assess
from training.export import export_onnx
from training.fit import fit
from training.fit_config import load_fit_config
from training.gate import Tolerance, judge
from training.snapshots import freeze
from training.yolo_folder import materialise
from vision.artefact import ArtefactMetadata
from vision.detector import Detector
from vision.runtime import OpenVinoRuntime

ROOT = Path(__file__).parents[2]
STARTER = ROOT / "vision" / "starter" / "checkpoint.safetensors"
PRESET = ROOT / "configs" / "training" / "few-photos.yaml"
NAMES = ("eggBox", "joghurt", "ketchup", "mushroom", "mustard", "orange", "squash", "water")


def gtin(name: str) -> Gtin:
    digits = f"200000000000{NAMES.index(name)}"
    return Gtin(digits + check_digit(digits))


def capture(photo: Path) -> LabelledCapture:
    places = (tuple(map(float, line.split())) for line in photo.with_suffix(".bboxes.tsv").read_text().splitlines())
    names = photo.with_suffix(".bboxes.labels.tsv").read_text().splitlines()
    return LabelledCapture(
        capture_id=f"{int(photo.stem):03d}",
        image=photo,
        sha256=hashlib.sha256(photo.read_bytes()).hexdigest(),
        width=1000,
        height=1333,
        store_id="fridge",
        bay_id="fridge",
        taken_at=datetime(2026, 1, 1, tzinfo=UTC),
        stratum="neutral/frontal/convenience",
        arm="value",
        boxes=tuple(
            AnnotatedBox(DetectionKind.FACING, *place, gtin=gtin(name))
            for place, name in zip(places, names, strict=True)
        ),
    )


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_ten_photos_improve_the_score_on_five_others(shop_data, tmp_path):
    photos = sorted((shop_data / "fridge-azure" / "images").glob("*.jpg"), key=lambda path: int(path.stem))
    captures = [capture(photo) for photo in photos]
    snapshot = freeze(captures[:10], "products")
    config = load_fit_config(PRESET)
    data = materialise(snapshot, tmp_path / "data")
    candidate = fit(STARTER, snapshot.classes, data, tmp_path / "run", config, lambda _: None, threads=2)

    def report(checkpoint: Path):
        model = load_checkpoint(checkpoint)
        names, artefact = classes_of(model), tmp_path / f"{checkpoint.stem}.onnx"
        wanted = ArtefactMetadata(classes=names, architecture=model.yaml["yaml_file"], input_size=config.image_size)
        metadata = export_onnx(model, artefact, wanted)
        detector = Detector(OpenVinoRuntime(artefact), metadata, confidence=0.01)
        return assess(Looking(detector.detect, names), captures[10:], "products", snapshot.content_hash)

    before, after = report(STARTER), report(candidate)
    assert after.report.overall.ap > before.report.overall.ap + 0.1
    assert after.report.kinds["facing"].ap > before.report.kinds["facing"].ap
    assert judge(before, after, Tolerance(calibration=1.0)).passed
