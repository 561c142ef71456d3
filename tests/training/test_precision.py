from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from training import precision
from training.precision import choose_precision
from vision.artefact import METADATA_KEY, ArtefactMetadata, read_metadata
from vision.parity import Parity
from vision.runtime import has_bf16, served_precision

GOOD = Parity(photos=9, boxes=900, unmatched=0.01, iou=0.97, probability=0.01, uncertainty=0.02)
BAD = GOOD.model_copy(update={"unmatched": 0.2})


@pytest.fixture
def artefact(tmp_path: Path) -> Path:
    """A file with an artefact's metadata around no detector at all."""
    value, out = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "none", [value], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    metadata = ArtefactMetadata(classes=("product",), architecture="none", training_run="r1", precision="bf16")
    helper.set_model_props(model, {METADATA_KEY: metadata.model_dump_json()})
    onnx.save(model, tmp_path / "a.onnx")
    return tmp_path / "a.onnx"


@pytest.mark.parametrize(("measured", "chosen"), [(GOOD, "bf16"), (BAD, "f32")])
def test_what_was_measured_decides_and_is_recorded(artefact, monkeypatch, measured: Parity, chosen: str):
    monkeypatch.setattr(precision, "has_bf16", lambda: True)
    monkeypatch.setattr(precision, "_parity", lambda *_: measured)
    written = choose_precision(artefact, [np.zeros((8, 8, 3), np.uint8)])
    assert (written.precision, written.parity, written.training_run) == (chosen, measured, "r1")
    assert read_metadata(artefact) == written


def test_where_nothing_can_be_measured_f32_is_recorded(artefact, monkeypatch):
    monkeypatch.setattr(precision, "has_bf16", lambda: False)
    written = choose_precision(artefact, [])
    assert (written.precision, written.parity) == ("f32", None)


def test_the_record_serves_unless_a_setting_or_the_machine_says_otherwise():
    here = "bf16" if has_bf16() else "f32"
    assert served_precision("recorded", "bf16", "openvino") == here
    assert served_precision("recorded", "bf16", "onnxruntime") == "f32"
    assert served_precision("recorded", "f32", "openvino") == "f32"
    assert served_precision("f32", "bf16", "openvino") == "f32"
    assert served_precision("bf16", "f32", "openvino") == "bf16"
