from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from ultralytics.utils.ops import xywh2xyxy

from training.architecture import build_model
from training.export import KEPT_ANCHORS, ExportRefused, export_onnx
from training.rounding import to_bfloat16
from vision.artefact import ArtefactMetadata, read_metadata

CLASSES = ("product", "shelf", "tag")


def lively_model():
    """A random model whose outputs differ between anchors; fresh weights alone answer the same everywhere."""
    torch.manual_seed(0)
    model = build_model(CLASSES)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 1.0, 2.0)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
        if isinstance(module, torch.nn.Conv2d):
            module.weight.data = module.weight.data.half().float()
    for branch in model.model[-1].cv3:
        torch.nn.init.normal_(branch[2].weight, std=8.0)
        torch.nn.init.zeros_(branch[2].bias)
    return model.eval()


@pytest.fixture(scope="module")
def model():
    return lively_model()


@pytest.fixture(scope="module")
def exported(model, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("artefact") / "model.onnx"
    export(model, path)
    return path


@pytest.fixture(scope="module")
def full(model, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("artefact") / "full.onnx"
    export(model, path, weights_half=False)
    return path


def export(model, path: Path, **changes) -> ArtefactMetadata:
    half = changes.pop("weights_half", True)
    metadata = ArtefactMetadata(classes=CLASSES, architecture="yolo11n.yaml", input_size=96, **changes)
    return export_onnx(model, path, metadata, weights_half=half)


def run(path: Path, image: torch.Tensor) -> dict[str, np.ndarray]:
    names = ["boxes", "probabilities", "edge_variances", "vectors", "image_vector"]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return dict(zip(names, session.run(names, {"image": image.numpy()}), strict=True))


def torch_reference(model, image: torch.Tensor) -> np.ndarray:
    """Boxes and probabilities by Ultralytics' own decode, edge deviations by hand, one column an anchor."""
    with torch.no_grad():
        decoded, raw = model(image)
    shares = raw["boxes"][0].view(4, 16, -1).softmax(1)
    bins = torch.arange(16.0).view(1, 16, 1)
    variance = (shares * (bins - (shares * bins).sum(1, keepdim=True)) ** 2).sum(1)
    boxes = xywh2xyxy(decoded[0, :4].T).T
    return torch.cat((boxes, decoded[0, 4:], variance.sqrt() * model.model[-1].strides)).numpy()


@pytest.mark.parametrize("size", [(96, 96), (64, 128), (160, 32)])
def test_artefact_answers_as_ultralytics_does_at_any_size(model, full: Path, size: tuple[int, int]):
    torch.manual_seed(2)
    image = torch.rand(1, 3, *size)
    answer = run(full, image)
    ours = np.concatenate((answer["boxes"][0], answer["probabilities"][0], np.sqrt(answer["edge_variances"][0])))
    theirs = torch_reference(model, image)
    assert np.ptp(answer["probabilities"]) > 0.5
    assert ours.shape == theirs.shape
    differences = np.abs(ours[:, :, None] - theirs[:, None, :]).max(0)  # anchors come in another order
    assert differences.min(0).max() < 1e-3
    assert differences.min(1).max() < 1e-3


def test_vectors_are_the_classification_branch_before_its_last_layer(model, full: Path):
    image = torch.rand(1, 3, 64, 64)
    answer = run(full, image)
    rebuilt = [
        (branch[2](torch.from_numpy(answer["vectors"])[..., None]).sigmoid()).detach().numpy()[0, :, :, 0]
        for branch in model.model[-1].cv3
    ]
    differences = [np.abs(level - answer["probabilities"][0]).max(0) for level in rebuilt]
    assert answer["vectors"].shape == (1, 64, 84)
    assert np.min(differences, axis=0).max() < 1e-3  # each anchor belongs to one of the levels


def test_image_vector_is_the_mean_of_the_three_levels(model, full: Path):
    image = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        levels = model(image)[1]["feats"]
    expected = torch.cat([level.mean((2, 3)) for level in levels], 1).numpy()
    np.testing.assert_allclose(run(full, image)["image_vector"], expected, atol=1e-3)
    assert read_metadata(full).image_vector_width == expected.shape[1] == 448


def test_most_probable_anchors_leave_the_graph_in_order(exported: Path):
    peaks = run(exported, torch.rand(1, 3, 320, 352))["probabilities"][0].max(0)
    assert len(peaks) == KEPT_ANCHORS
    assert (np.diff(peaks) < 1e-6).all()


def test_halved_file_is_half_as_large_and_answers_the_same(exported: Path, full: Path):
    image = torch.rand(1, 3, 64, 96)
    assert exported.stat().st_size < 0.55 * full.stat().st_size
    halved, exact = (np.sort(run(path, image)["probabilities"]) for path in (exported, full))
    np.testing.assert_allclose(halved, exact, atol=0.05)


def test_stored_weights_are_the_fused_ones_rounded_once(exported: Path, full: Path):
    stored, exact = (
        {t.name.removesuffix(".half"): onnx.numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}
        for path in (exported, full)
    )
    assert stored.keys() == exact.keys()
    halved = [name for name in stored if stored[name].dtype == np.float16]
    assert len(halved) > 80
    for name in halved:
        kernel = exact[name].ndim == 4
        wanted = to_bfloat16(exact[name]) if kernel else exact[name]
        assert np.array_equal(stored[name], wanted.astype(np.float16))


@pytest.mark.parametrize("bias", [0.0, 1.5])
def test_calibration_is_applied_inside_the_graph(model, exported: Path, tmp_path: Path, bias: float):
    image = torch.rand(1, 3, 64, 64)
    export(model, tmp_path / "calibrated.onnx", temperature=2.0, bias=bias)
    plain, calibrated = (run(path, image)["probabilities"] for path in (exported, tmp_path / "calibrated.onnx"))
    plain = np.clip(plain.astype(np.float64), 1e-7, 1 - 1e-7)
    odds = np.sqrt(plain / (1 - plain)) * np.exp(bias)
    np.testing.assert_allclose(calibrated, odds / (1 + odds), atol=1e-3)


def test_metadata_travels_inside_the_file(model, tmp_path: Path):
    written = export(model, tmp_path / "model.onnx", training_run="run-7", catalogue_version=3)
    read = read_metadata(tmp_path / "model.onnx")
    assert read == written
    assert (read.strides, read.vector_width, read.training_run) == ((8, 16, 32), 64, "run-7")


def test_export_leaves_the_model_as_it_was(model, exported: Path):
    assert exported.is_file()
    assert not model.is_fused()


def test_metadata_of_other_classes_is_refused(model, tmp_path: Path):
    metadata = ArtefactMetadata(classes=("shelf",), architecture="yolo11n.yaml")
    with pytest.raises(ExportRefused, match="metadata names classes"):
        export_onnx(model, tmp_path / "model.onnx", metadata)


def test_weights_beyond_float16_are_refused(tmp_path: Path):
    model = lively_model()
    with torch.no_grad():
        model.model[-1].cv2[0][2].weight.fill_(1e6)
    with pytest.raises(ExportRefused, match="leaves float16's range"):
        export(model, tmp_path / "model.onnx")
