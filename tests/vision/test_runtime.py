import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from vision.artefact import BadArtefact
from vision.runtime import OnnxRuntime, OpenVinoRuntime, RuntimeName, load_runtime

FIELDS = ("boxes", "probabilities", "edge_variances", "vectors", "image_vector")


def pixels(seed: int, height: int = 64, width: int = 96) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (1, height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", ["openvino", "onnxruntime"])
class TestContract:
    def test_shapes_follow_the_input(self, artefact: Path, name: RuntimeName):
        runtime = load_runtime(name, artefact, threads=1)
        for height, width, anchors in ((64, 96, 126), (32, 32, 21)):
            raw = runtime.infer(pixels(0, height, width))
            shapes = [getattr(raw, field).shape for field in FIELDS]
            assert shapes == [(anchors, 4), (anchors, 4), (anchors, 4), (anchors, 64), (448,)]
            assert all(getattr(raw, field).dtype == np.float32 for field in FIELDS)

    def test_values_are_what_they_say(self, artefact: Path, name: RuntimeName):
        raw = load_runtime(name, artefact, threads=1).infer(pixels(0))
        assert raw.probabilities.min() >= 0
        assert raw.probabilities.max() <= 1
        assert np.ptp(raw.probabilities) > 0.1
        assert raw.edge_variances.min() >= 0
        assert (np.diff(raw.probabilities.max(1)) < 1e-6).all()
        assert (raw.boxes[:, 2:] >= raw.boxes[:, :2] - 1e-3).all()

    def test_threads_get_the_answers_to_their_own_questions(self, artefact: Path, name: RuntimeName):
        runtime = load_runtime(name, artefact, threads=2, streams=2)
        photos = [pixels(seed) for seed in range(8)]
        alone = [runtime.infer(photo).image_vector for photo in photos]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(runtime.infer, photos))
        for single, raw in zip(alone, together, strict=True):
            np.testing.assert_allclose(raw.image_vector, single, atol=1e-5)

    def test_answers_outlive_the_next_pass(self, artefact: Path, name: RuntimeName):
        runtime = load_runtime(name, artefact, threads=1)
        first = runtime.infer(pixels(0))
        kept = first.vectors.copy()
        runtime.infer(pixels(1))
        assert np.array_equal(first.vectors, kept)

    def test_other_files_are_refused(self, artefact: Path, tmp_path: Path, name: RuntimeName):
        (tmp_path / "text.onnx").write_text("no model")
        with pytest.raises(BadArtefact, match=r"text\.onnx"):
            load_runtime(name, tmp_path / "text.onnx")

    def test_other_models_are_refused(self, tmp_path: Path, name: RuntimeName):
        helper = pytest.importorskip("onnx.helper")
        value = helper.make_tensor_value_info("x", 1, [1])
        out = helper.make_tensor_value_info("y", 1, [1])
        graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "other", [value], [out])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        (tmp_path / "other.onnx").write_bytes(model.SerializeToString())
        with pytest.raises(BadArtefact, match="has no outputs"):
            load_runtime(name, tmp_path / "other.onnx")


def test_runtimes_agree(artefact: Path):
    question = pixels(5)
    left = OpenVinoRuntime(artefact, threads=1, precision="f32").infer(question)
    right = OnnxRuntime(artefact, threads=1).infer(question)
    for field in FIELDS:
        np.testing.assert_allclose(getattr(left, field), getattr(right, field), rtol=1e-3, atol=1e-3, err_msg=field)


def test_onnxruntime_does_not_pretend_to_another_precision(artefact: Path):
    with pytest.raises(ValueError, match="not in bf16"):
        load_runtime("onnxruntime", artefact, precision="bf16")


def test_loading_and_running_open_no_connection(artefact: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise AssertionError("something phones home")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    load_runtime("openvino", artefact, threads=1).infer(pixels(0))
