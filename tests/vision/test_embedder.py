"""Embedder files in both runtimes: a tiny one whose answers can be worked out by hand, and the shipped one."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from vision.artefact import BadArtefact
from vision.embedder import (
    DEFAULT_EMBEDDER,
    EMBEDDER_KEY,
    INPUT,
    OUTPUT,
    EmbedderMetadata,
    OnnxEmbedder,
    load_embedder,
    read_embedder,
)
from vision.runtime import has_bf16
from vision.starter import ARTEFACT

SIZE = 32


def write_tiny(path: Path, **changes: object) -> Path:
    """An embedder whose vector is the crop's mean colour and its red again, brought to length 1."""
    weight = np.array([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]], np.float32)
    nodes = [
        helper.make_node("ReduceMean", [INPUT], ["colour"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["colour", "weight"], ["mapped"]),
        helper.make_node("LpNormalization", ["mapped"], [OUTPUT], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", 4])],
        [numpy_helper.from_array(weight, "weight")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    metadata = EmbedderMetadata(**{"name": "tiny", "crop_size": SIZE, "width": 4, "trained_on": "nothing", **changes})
    helper.set_model_props(model, {EMBEDDER_KEY: metadata.model_dump_json()})
    onnx.save(model, path)
    return path


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return write_tiny(tmp_path / "tiny.onnx")


def coloured(*colours: tuple[int, int, int]) -> np.ndarray:
    return np.ascontiguousarray(np.broadcast_to(np.array(colours, np.uint8)[:, None, None], (len(colours), 32, 32, 3)))


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
class TestEveryRuntime:
    def test_crops_become_unit_vectors_in_their_order(self, tiny, runtime):
        vectors = OnnxEmbedder(tiny, threads=1, runtime=runtime).embed(coloured((255, 0, 0), (0, 255, 0), (0, 0, 9)))
        assert vectors.dtype == np.float32
        half = 0.5**0.5
        assert vectors == pytest.approx(np.array([[half, 0, 0, half], [0, 1, 0, 0], [0, 0, 1, 0]]), abs=1e-3)

    @pytest.mark.parametrize("count", [0, 1, 8, 9, 20])
    def test_any_number_of_crops(self, tiny, runtime, count):
        reds = [(10 * number, 255 - 10 * number, 0) for number in range(count)]
        vectors = OnnxEmbedder(tiny, threads=2, streams=2, runtime=runtime).embed(
            coloured(*reds) if reds else np.empty((0, 32, 32, 3), np.uint8)
        )
        assert vectors.shape == (count, 4)
        expected = np.array([[red, green, 0, red] for red, green, _ in reds], float).reshape(-1, 4)
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        assert vectors == pytest.approx(expected, abs=1e-3)

    def test_threads_do_not_get_each_others_vectors(self, tiny, runtime):
        embedder = OnnxEmbedder(tiny, threads=2, streams=2, runtime=runtime)
        channels = [number % 3 for number in range(60)]
        pictures = [coloured(*[tuple(255 * (c == channel) for c in range(3))] * 9) for channel in channels]
        with ThreadPoolExecutor(4) as pool:
            found = [vectors[:, :3].argmax(1).tolist() for vectors in pool.map(embedder.embed, pictures)]
        assert found == [[channel] * 9 for channel in channels]

    def test_crops_of_another_shape_or_type_are_refused(self, tiny, runtime):
        embedder = OnnxEmbedder(tiny, threads=1, runtime=runtime)
        with pytest.raises(ValueError, match=r"uint8 \(n, 32, 32, 3\), got uint8 \(2, 16, 32, 3\)"):
            embedder.embed(np.zeros((2, 16, 32, 3), np.uint8))
        with pytest.raises(ValueError, match="got float32"):
            embedder.embed(np.zeros((2, 32, 32, 3), np.float32))  # type: ignore[arg-type]

    def test_a_detector_is_no_embedder(self, runtime):
        with pytest.raises(BadArtefact, match=r"detector\.onnx is an ONNX model without .*shelfloop\.embedder"):
            OnnxEmbedder(ARTEFACT, runtime=runtime)


def test_an_id_belongs_to_exactly_one_file(tmp_path):
    one, same, other = (
        load_embedder(write_tiny(tmp_path / f"{number}.onnx", trained_on=what), threads=1).id
        for number, what in enumerate(("apples", "apples", "pears"))
    )
    assert one == same != other
    assert one.startswith("tiny-")
    assert len(one) == len("tiny-") + 8


def test_wrong_files_are_refused_with_a_reason(tmp_path):
    with pytest.raises(BadArtefact, match="does not exist"):
        read_embedder(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(BadArtefact, match=r"text\.onnx is not an ONNX model"):
        load_embedder(tmp_path / "text.onnx")
    graph = onnx.load(write_tiny(tmp_path / "odd.onnx"))
    helper.set_model_props(graph, {EMBEDDER_KEY: '{"name": "odd", "crop_size": 4}'})
    onnx.save(graph, tmp_path / "odd.onnx")
    with pytest.raises(BadArtefact, match=r"odd\.onnx has wrong metadata"):
        load_embedder(tmp_path / "odd.onnx")


def test_precision_is_the_recorded_one_where_it_can_run(tmp_path):
    path = write_tiny(tmp_path / "tiny.onnx", precision="bf16")
    assert load_embedder(path).precision == ("bf16" if has_bf16() else "f32")
    assert load_embedder(path, precision="f32").precision == "f32"
    assert load_embedder(path, runtime="onnxruntime").precision == "f32"
    with pytest.raises(ValueError, match="onnxruntime computes in f32"):
        load_embedder(path, runtime="onnxruntime", precision="bf16")


def test_the_shipped_embedder_tells_pictures_apart_alike_in_both_runtimes():
    metadata = read_embedder(DEFAULT_EMBEDDER)
    assert 96 <= metadata.crop_size <= 128
    size = metadata.crop_size
    crops = np.full((3, size, size, 3), 240, np.uint8)
    crops[0, :, size // 4 : size // 2] = (200, 20, 30)
    crops[1, size // 3 :: 8] = (20, 90, 40)
    crops[2] = np.arange(size)[:, None, None]
    own, other = (
        load_embedder(runtime=runtime, precision="f32").embed(crops) for runtime in ("openvino", "onnxruntime")
    )
    assert own.shape == (3, metadata.width)
    assert np.linalg.norm(own, axis=1) == pytest.approx(1, abs=1e-3)
    assert own == pytest.approx(other, abs=2e-3)
    assert (own @ own.T)[np.triu_indices(3, 1)].max() < 0.9
    if has_bf16():
        quick = load_embedder(precision="bf16").embed(crops)
        assert (own * quick).sum(1).min() > 0.95


def test_the_shipped_binaries_stay_small():
    assert sum(file.stat().st_size for file in DEFAULT_EMBEDDER.parent.iterdir() if file.suffix != ".md") < 12e6
