"""The knobs of a fit as Ultralytics' arguments."""

from typing import Any

import torch

from training.augmentation import camera_faults, for_ultralytics, lighting_aware
from training.fit_order import FitOrder
from vision.artefact import PRODUCT, is_product_class

MOST_DETECTIONS = 600


def trainer_arguments(order: FitOrder, backbone_layers: int) -> dict[str, Any]:
    """Translate an order; `backbone_layers` are kept as they are where the backbone is to be frozen."""
    config = order.config
    cuda = config.device != "cpu"
    return {
        "task": "detect",
        "data": str(order.data_yaml),
        "save_dir": str(order.run_folder / "ultralytics"),
        "exist_ok": True,
        "plots": False,
        "verbose": False,
        "device": ",".join(config.devices),
        # bfloat16 by name, because plain `True` downloads a model to check half precision with.
        "amp": "bf16" if cuda and torch.cuda.is_bf16_supported() else False,
        "workers": config.workers,
        "seed": config.seed,
        "deterministic": False,  # slower kernels, and a resumed fit could not repeat the interrupted one anyway
        "freeze": backbone_layers if config.freeze_backbone else None,
        **_schedule(order),
        **_augmentation(order),
    }


def _schedule(order: FitOrder) -> dict[str, Any]:
    config = order.config
    processes = len(config.devices)
    batch = -(-config.batch // processes) * processes  # every device gets as many photos
    return {
        "epochs": config.epochs,
        "imgsz": config.image_size,
        "batch": batch,
        "nbs": batch,  # one step a batch: the default gathers 64 photos, more than a small snapshot has
        "optimizer": "AdamW",
        "lr0": config.learning_rate,
        "lrf": 0.05,
        "momentum": 0.9,
        "warmup_epochs": min(1.0, config.epochs / 10),
        "warmup_bias_lr": 0.0,  # the default of 0.1 is for SGD and would throw AdamW's biases far off
        "val": bool(config.patience),
        "patience": config.patience,
        "max_det": MOST_DETECTIONS,
    }


def _augmentation(order: FitOrder) -> dict[str, Any]:
    config = order.config
    transforms = [lighting_aware(config.lighting, config.lighting_share)] if config.lighting else []
    if config.camera_share:
        transforms.append(camera_faults(config.camera_share))
    names_products = any(is_product_class(name) and name != PRODUCT for name in order.classes)
    return {
        "mosaic": config.mosaic,
        "close_mosaic": config.epochs // 4,
        "hsv_h": 0.01,  # a larger change of hue turns one flavour's label into another's
        "hsv_s": 0.4,
        "hsv_v": 0.3,
        "translate": 0.1,
        "scale": 0.3,
        "fliplr": 0.0 if names_products else 0.5,  # no pack is printed in mirror writing
        "augmentations": for_ultralytics(transforms),
    }
