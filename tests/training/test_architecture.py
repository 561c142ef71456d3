import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from ultralytics import settings
from ultralytics.utils import AUTOINSTALL, ONLINE

from training.architecture import (
    BadCheckpoint,
    adapt_classes,
    build_model,
    classes_of,
    load_checkpoint,
    read_checkpoint_info,
    save_checkpoint,
)

COLA, JUICE = "04006381333931", "05449000000996"
FOUR = ("product", "shelf", "tag", "gap")


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    return build_model(FOUR)


def probabilities(model, image):
    with torch.no_grad():
        return model.eval()(image)[0][0, 4:]


def test_ultralytics_stays_offline():
    assert not ONLINE
    assert not AUTOINSTALL
    assert not settings["sync"]
    assert not settings["mlflow"]


def test_checkpoint_gives_the_model_back_with_halved_weights(model, tmp_path: Path):
    save_checkpoint(model, tmp_path / "model.safetensors", training_run="run-7")
    info = read_checkpoint_info(tmp_path / "model.safetensors")
    loaded = load_checkpoint(tmp_path / "model.safetensors")
    assert (info.architecture, info.classes, info.training_run) == ("yolo11n.yaml", FOUR, "run-7")
    assert classes_of(loaded) == FOUR
    assert (tmp_path / "model.safetensors").stat().st_size < 5_500_000
    for name, tensor in model.state_dict().items():
        expected = tensor.half().float() if tensor.ndim > 1 else tensor
        assert torch.equal(loaded.state_dict()[name], expected), name


def test_checkpoint_keeps_batch_norm_variances_beyond_float16(tmp_path: Path):
    model = build_model(["product"])
    model.model[0].bn.running_var.fill_(1e6)
    save_checkpoint(model, tmp_path / "model.safetensors")
    assert load_checkpoint(tmp_path / "model.safetensors").model[0].bn.running_var[0] == 1e6


def test_pickle_is_refused(tmp_path: Path):
    (tmp_path / "model.pt").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(BadCheckpoint, match=r"model\.pt is not a detector checkpoint"):
        load_checkpoint(tmp_path / "model.pt")


def test_checkpoint_of_another_architecture_is_refused(model, tmp_path: Path):
    save_checkpoint(model, tmp_path / "model.safetensors")
    info = {"architecture": "yolov8n.yaml", "classes": FOUR, "training_run": ""}
    tensors = load_file(tmp_path / "model.safetensors")
    save_file(tensors, tmp_path / "other.safetensors", metadata={"shelfloop": json.dumps(info)})
    with pytest.raises(BadCheckpoint, match=r"does not fit its architecture yolov8n\.yaml"):
        load_checkpoint(tmp_path / "other.safetensors")


@pytest.mark.parametrize("name", ["../yolo11n.yaml", "yolo11n", "/etc/yolo11n.yaml"])
def test_architecture_must_be_a_plain_yaml_name(name: str):
    with pytest.raises(ValueError, match="not the name of a model YAML"):
        build_model(["product"], name)


def test_architecture_without_box_distributions_is_refused():
    with pytest.raises(ValueError, match="no plain detection head"):
        build_model(["product"], "yolo26n.yaml")


def test_known_classes_keep_their_outputs_and_new_products_start_as_product(model):
    image = torch.rand(1, 3, 64, 64)
    before = probabilities(model, image)
    after = probabilities(adapt_classes(model, ["gap", COLA, "shelf", JUICE]), image)
    assert torch.equal(after[0], before[3])
    assert torch.equal(after[2], before[1])
    assert torch.allclose(after[1], before[0], rtol=0.05)
    assert not torch.equal(after[1], after[3])


def test_new_products_start_as_the_mean_of_old_ones():
    old = build_model([COLA, JUICE, "shelf"])
    head = old.model[-1].cv3[0][2]
    with torch.no_grad():
        head.bias.copy_(torch.tensor([1.0, 3.0, 9.0]))
    new = adapt_classes(old, [COLA, "00012345678905"])
    assert new.model[-1].cv3[0][2].bias[0] == 1
    assert abs(new.model[-1].cv3[0][2].bias[1] - 2) < 0.01


def test_known_classes_keep_their_outputs_when_the_branch_grows(model):
    many = [f"{i:014d}" for i in range(80)]
    image = torch.rand(1, 3, 64, 64)
    before = probabilities(model, image)
    adapted = adapt_classes(model, [*many, "shelf"])
    assert adapted.model[-1].cv3[0][2].in_channels == 81
    assert torch.allclose(probabilities(adapted, image)[80], before[1], atol=1e-6)


def test_adapting_leaves_the_old_model_alone(model):
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    adapt_classes(model, ["gap"])
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
