import math
from pathlib import Path

import pytest
from pydantic import ValidationError

from retail.boxes import DetectionKind
from vision.artefact import ArtefactMetadata, BadArtefact, read_metadata

COLA = "04006381333931"


def metadata(**changes) -> ArtefactMetadata:
    return ArtefactMetadata(**{"classes": ("product", COLA, "shelf", "gap"), "architecture": "yolo11n.yaml"} | changes)


def test_classes_have_kinds_and_products():
    assert [metadata().kind_of(i) for i in range(4)] == [
        DetectionKind.FACING,
        DetectionKind.FACING,
        DetectionKind.SHELF,
        DetectionKind.GAP,
    ]
    assert [metadata().gtin_of(i) for i in range(4)] == [None, COLA, None, None]


def test_json_gives_the_same_metadata_back():
    before = metadata(
        temperature=1.3, bias=-0.5, calibrated_on=(12, 340), confidence=0.31, precision="bf16", catalogue_version=4
    )
    assert ArtefactMetadata.model_validate_json(before.model_dump_json()) == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": ("shelf", "shelf")}, "holds a name twice"),
        ({"classes": ("bottle",)}, "'bottle' is neither product"),
        ({"classes": ("04006381333932",)}, "expected 1"),
        ({"classes": ("4006381333931",)}, "must be written as GTIN-14"),
        ({"input_size": 650}, "not a multiple"),
        ({"temperature": 0}, "greater than 0"),
        ({"format_version": 2}, "Input should be 1"),
    ],
)
def test_wrong_metadata_is_refused(changes: dict[str, object], message: str):
    with pytest.raises(ValidationError, match=message):
        metadata(**changes)


def test_a_probability_is_calibrated_as_the_graph_does_it():
    assert metadata().calibrated(0.3) == pytest.approx(0.3)
    assert metadata(temperature=2.0).calibrated(0.9) == pytest.approx(0.75)  # odds of 9 become 3
    assert metadata(bias=math.log(4)).calibrated(0.5) == pytest.approx(0.8)


def test_metadata_is_read_from_the_file(artefact: Path):
    assert read_metadata(artefact).classes == ("product", "shelf", "tag", "gap")


def test_missing_file_is_named(tmp_path: Path):
    with pytest.raises(BadArtefact, match="does not exist"):
        read_metadata(tmp_path / "none.onnx")


def test_file_of_another_type_is_named(tmp_path: Path):
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(BadArtefact, match=r"text\.onnx is not an ONNX model"):
        read_metadata(tmp_path / "text.onnx")


def test_foreign_or_wrong_metadata_is_named(artefact: Path, tmp_path: Path):
    onnx = pytest.importorskip("onnx")
    model = onnx.load(artefact)
    model.metadata_props[0].value = '{"classes": []}'
    onnx.save(model, tmp_path / "wrong.onnx")
    with pytest.raises(BadArtefact, match="has wrong metadata"):
        read_metadata(tmp_path / "wrong.onnx")
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "foreign.onnx")
    with pytest.raises(BadArtefact, match="without the metadata entry"):
        read_metadata(tmp_path / "foreign.onnx")
