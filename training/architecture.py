"""The detector's network: built from a model YAML, stored as a state dict, given other classes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from ultralytics import settings
from ultralytics.nn import tasks
from ultralytics.nn.modules import Detect
from ultralytics.nn.tasks import DetectionModel

from training.efficientnet import EfficientNetLite0, NoPretrainedBackbone
from vision.artefact import PRODUCT, is_product_class

# Ultralytics' parser finds a YAML's modules among its own names.
tasks.EfficientNetLite0 = EfficientNetLite0

# Changed for this process only: updating the settings object itself would rewrite the user's file.
_TRACKERS = ("sync", "clearml", "comet", "dvc", "mlflow", "raytune", "tensorboard", "wandb")
dict.update(settings, dict.fromkeys(_TRACKERS, False))

DEFAULT_ARCHITECTURE = "yolo11n.yaml"
PRETRAINED_ARCHITECTURE = "efficientnet-lite0-detail.yaml"
_METADATA_KEY = "shelfloop"
_ROW_NOISE = 1e-3
STORED, IMAGENET = "stored", "imagenet"


class BadCheckpoint(ValueError):
    """A file that is not a checkpoint of a detector; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class CheckpointInfo:
    """What a checkpoint says about itself: model YAML, class names by id, id of the training run, and its backbone.

    The backbone is ``stored`` in the file, or ``imagenet``: left out, because it is the published one, which a Python
    package carries.
    """

    architecture: str
    classes: tuple[str, ...]
    training_run: str = ""
    backbone: str = STORED


def build_model(classes: Sequence[str], architecture: str = DEFAULT_ARCHITECTURE) -> DetectionModel:
    """Build a freshly initialised detector.

    Args:
        classes: class names by id.
        architecture: name of a model YAML shipped with Ultralytics, for example ``yolo11n.yaml``, or of one that lies
            beside this module.

    Raises:
        ValueError: if there is no class, the name is a path, or the model has no plain head with a DFL branch.
    """
    if not classes:
        raise ValueError("a detector needs at least one class")
    if Path(architecture).name != architecture or not architecture.endswith(".yaml"):
        raise ValueError(
            f"architecture {architecture!r} is not the name of a model YAML such as {DEFAULT_ARCHITECTURE}"
        )
    own = Path(__file__).with_name(architecture)
    model = DetectionModel(str(own) if own.exists() else architecture, nc=len(classes), verbose=False)
    model.yaml["yaml_file"] = architecture
    head = head_of(model)
    if type(head) is not Detect or head.reg_max < 2 or hasattr(head, "one2one_cv2"):
        raise ValueError(f"{architecture} has no plain detection head with box distributions; use yolo11 or yolov8")
    model.names = dict(enumerate(classes))
    return model


def head_of(model: DetectionModel) -> Detect:
    """Return the detection head, the last layer."""
    return model.model[-1]


def classes_of(model: DetectionModel) -> tuple[str, ...]:
    """Return the class names by id."""
    return tuple(model.names[i] for i in range(len(model.names)))


def save_checkpoint(model: DetectionModel, path: Path, *, training_run: str = "") -> None:
    """Write an unfused model as safetensors: weights as float16, everything else as it is.

    Vectors (biases, batch norm statistics) stay float32: they are few, and a variance may leave float16's range.
    A backbone that was never trained further is left out: it is more than half of the file.
    """
    tensors = {name: _stored(tensor) for name, tensor in model.state_dict().items()}
    published = _published_backbone(model)
    frozen = bool(published) and all(torch.equal(tensors[name], published[name]) for name in published)
    if frozen:
        tensors = {name: tensor for name, tensor in tensors.items() if name not in published}
    info = {
        "architecture": model.yaml["yaml_file"],
        "classes": classes_of(model),
        "training_run": training_run,
        "backbone": IMAGENET if frozen else STORED,
    }
    save_file(tensors, path, metadata={_METADATA_KEY: json.dumps(info)})


def _stored(tensor: Tensor) -> Tensor:
    halved = tensor.half() if tensor.is_floating_point() and tensor.ndim > 1 else tensor
    return halved.detach().cpu().contiguous()


def _published_backbone(model: DetectionModel) -> dict[str, Tensor]:
    """Return ImageNet's backbone as a checkpoint of this model would store it, empty if the model has another one."""
    if not isinstance(model.model[0], EfficientNetLite0):
        return {}
    backbone = EfficientNetLite0()
    try:
        backbone.load_imagenet()
    except NoPretrainedBackbone:
        return {}
    return {f"model.0.{name}": _stored(tensor) for name, tensor in backbone.state_dict().items()}


def load_checkpoint(path: Path) -> DetectionModel:
    """Rebuild a model from `save_checkpoint`'s file, in float32 on the CPU; nothing is unpickled.

    Raises:
        BadCheckpoint: if the file is not such a checkpoint.
        NoPretrainedBackbone: if it leaves out its backbone, and the package that carries it is not installed.
    """
    info, tensors = _read(path)
    try:
        model = build_model(info.classes, info.architecture)
        if info.backbone == IMAGENET:
            model.model[0].load_imagenet()
            # Rounded as if it had been in the file: this is the backbone that the rest was trained behind.
            tensors |= {f"model.0.{name}": _stored(tensor) for name, tensor in model.model[0].state_dict().items()}
        model.load_state_dict(tensors)
    except NoPretrainedBackbone:
        raise
    except (AttributeError, ValueError, RuntimeError, FileNotFoundError) as error:
        raise BadCheckpoint(f"{path.name} does not fit its architecture {info.architecture}: {error}") from error
    return model


def read_checkpoint_info(path: Path) -> CheckpointInfo:
    """Read only what a checkpoint says about itself.

    Raises:
        BadCheckpoint: if the file is not a checkpoint.
    """
    try:
        with safe_open(path, framework="pt") as file:
            info = json.loads((file.metadata() or {})[_METADATA_KEY])
        return CheckpointInfo(
            info["architecture"], tuple(info["classes"]), info["training_run"], info.get("backbone", STORED)
        )
    except (SafetensorError, OSError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise BadCheckpoint(f"{path.name} is not a detector checkpoint: {error}") from error


def _read(path: Path) -> tuple[CheckpointInfo, dict[str, Tensor]]:
    info = read_checkpoint_info(path)
    with safe_open(path, framework="pt") as file:
        return info, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a dict


def adapt_classes(model: DetectionModel, classes: Sequence[str]) -> DetectionModel:
    """Return a new model for other classes that already knows what the old one knew.

    Every layer is copied. In the last layer of the classification branch, rows of classes with the same name are
    copied too. A new product starts from the old ``product`` row, or from the mean of the old products where they
    were classes themselves, plus a little noise that lets equal rows part; a new part of the fixture starts fresh.

    Ultralytics widens the classification branch with the number of classes (over 64 for a nano model). Then what
    fits is copied, and old channels get zero weight from added ones, so known classes keep their outputs exactly
    when the branch grows; they lose some channels when it shrinks.
    """
    adapted = build_model(classes, model.yaml["yaml_file"])
    old, new = model.state_dict(), adapted.state_dict()
    rows = {
        f"model.{len(model.model) - 1}.cv3.{i}.2.{part}"
        for i in range(head_of(model).nl)
        for part in ("weight", "bias")
    }
    with torch.no_grad():
        for name, target in new.items():
            source = old[name].float() if old[name].is_floating_point() else old[name]
            if name in rows:
                _copy_rows(source, target, classes_of(model), classes)
            else:
                _transplant(source, target)
    return adapted


def _transplant(source: Tensor, target: Tensor) -> None:
    """Copy the overlapping block; copied outputs ignore inputs the source never had."""
    overlap = tuple(slice(min(a, b)) for a, b in zip(source.shape, target.shape, strict=True))
    if len(overlap) > 1:
        target[overlap[0]] = 0
    target[overlap] = source[overlap]


def _copy_rows(source: Tensor, target: Tensor, known: Sequence[str], wanted: Sequence[str]) -> None:
    products = [i for i, name in enumerate(known) if is_product_class(name)]
    template = source[known.index(PRODUCT)] if PRODUCT in known else source[products].mean(0) if products else None
    for row, name in enumerate(wanted):
        if name in known:
            _transplant(source[[known.index(name)]], target[row : row + 1])
        elif is_product_class(name) and template is not None:
            _transplant(template[None], target[row : row + 1])
            target[row] += _ROW_NOISE * torch.randn_like(target[row])
