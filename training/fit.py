"""Fitting: from a checkpoint and a folder of labelled photos to the next checkpoint."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from ultralytics.nn.tasks import DetectionModel

from training.architecture import adapt_classes, classes_of, load_checkpoint, save_checkpoint
from training.augmentation import for_ultralytics, lighting_aware
from training.fit_config import FitConfig
from training.fit_state import StateFile, seed_everything
from training.trainer import EpochReport, ShelfTrainer
from vision.artefact import PRODUCT, is_product_class

MOST_DETECTIONS = 600


class Cancelled(Exception):
    """Raise this from `on_epoch` to stop a fit; it leaves `fit` as it is, and a later call resumes."""


def fit(
    initial_checkpoint: Path,
    classes: Sequence[str],
    data_yaml: Path,
    run_folder: Path,
    config: FitConfig,
    on_epoch: Callable[[EpochReport], None],
    threads: int | None = None,
) -> Path:
    """Fit a detector and return the checkpoint of its averaged (EMA) weights.

    The run folder is the fit's own scratch, one for each retraining: called again after it was killed, the fit goes on
    after the last whole epoch, and after it was done it returns at once.

    Args:
        initial_checkpoint: safetensors file to start from, the champion's as a rule.
        classes: class names by id, as in `data_yaml`.
        data_yaml: what `materialise` returned.
        run_folder: where states and the new checkpoint go.
        config: the knobs.
        on_epoch: called after each epoch once its state is on disk.
        threads: CPU threads torch may use, None for all.

    Raises:
        BadCheckpoint: if the initial checkpoint cannot be read.
        FitDiverged: if the loss is no longer a number.
        Cancelled: if `on_epoch` raises it.
    """
    finished = run_folder / "candidate.safetensors"
    if finished.exists():
        return finished
    run_folder.mkdir(parents=True, exist_ok=True)
    state = StateFile(run_folder, _fingerprint(initial_checkpoint, classes, config))
    model = _start(initial_checkpoint, classes, config.seed)
    best = run_folder / "best.safetensors"
    averaged = _averaged_of_finished(state, model, config)
    if averaged is None:
        overrides = _overrides(config, classes, data_yaml, run_folder)
        overrides["freeze"] = len(model.yaml["backbone"]) if config.freeze_backbone else None
        trainer = ShelfTrainer(model, overrides, state, best, on_epoch, threads or os.cpu_count() or 1)
        trainer.train()
        averaged = trainer.ema.ema
    return _publish(averaged, best if config.patience else None, finished)


def _start(checkpoint: Path, classes: Sequence[str], seed: int) -> DetectionModel:
    seed_everything(seed)
    model = load_checkpoint(checkpoint)
    return model if classes_of(model) == tuple(classes) else adapt_classes(model, classes)


def _averaged_of_finished(state: StateFile, model: DetectionModel, config: FitConfig) -> DetectionModel | None:
    """Return the averaged weights of a fit that was killed after its last epoch, before it published them."""
    found = state.read()
    if found is None or found["epoch"] + 1 < config.epochs:
        return None
    model.load_state_dict(found["ema"])
    return model


def _publish(averaged: DetectionModel, best: Path | None, finished: Path) -> Path:
    if best is not None and best.exists():
        return best.replace(finished)
    partial = finished.with_suffix(".partial")
    save_checkpoint(averaged, partial)
    return partial.replace(finished)


def _fingerprint(checkpoint: Path, classes: Sequence[str], config: FitConfig) -> str:
    """Name what a state belongs to: resuming with other weights, classes or knobs would mix two fits."""
    weights = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    return hashlib.sha256("\n".join([weights, *classes, config.model_dump_json()]).encode()).hexdigest()


def _overrides(config: FitConfig, classes: Sequence[str], data_yaml: Path, run_folder: Path) -> dict[str, Any]:
    """Translate the knobs into Ultralytics' arguments."""
    lighting = lighting_aware(config.lighting, config.lighting_share) if config.lighting else None
    names_products = any(is_product_class(name) and name != PRODUCT for name in classes)
    cuda = config.device == "cuda"
    return {
        "task": "detect",
        "data": str(data_yaml),
        "save_dir": str(run_folder / "ultralytics"),
        "exist_ok": True,
        "plots": False,
        "verbose": False,
        "device": "0" if cuda else "cpu",
        # bfloat16 by name, because plain `True` downloads a model to check half precision with.
        "amp": "bf16" if cuda and torch.cuda.is_bf16_supported() else False,
        "workers": config.workers,
        "seed": config.seed,
        "deterministic": False,  # slower kernels, and a resumed fit could not repeat the interrupted one anyway
        "epochs": config.epochs,
        "imgsz": config.image_size,
        "batch": config.batch,
        "nbs": config.batch,  # one step a batch: the default gathers 64 photos, more than a small snapshot has
        "optimizer": "AdamW",
        "lr0": config.learning_rate,
        "lrf": 0.05,
        "momentum": 0.9,
        "warmup_epochs": min(1.0, config.epochs / 10),
        "warmup_bias_lr": 0.0,  # the default of 0.1 is for SGD and would throw AdamW's biases far off
        "val": bool(config.patience),
        "patience": config.patience,
        "max_det": MOST_DETECTIONS,
        "mosaic": config.mosaic,
        "close_mosaic": config.epochs // 4,
        "hsv_h": 0.01,  # a larger change of hue turns one flavour's label into another's
        "hsv_s": 0.4,
        "hsv_v": 0.3,
        "translate": 0.1,
        "scale": 0.3,
        "fliplr": 0.0 if names_products else 0.5,  # no pack is printed in mirror writing
        "augmentations": for_ultralytics([lighting] if lighting else []),
    }
