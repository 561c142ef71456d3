"""Train the starter model: draw the photos, fit in stages, calibrate, export, put both files beside the model card.

    SHELFLOOP_DATA=… python -m training.starter

Killed and started again it goes on after the last whole epoch. Seeds, sizes and order are all here; the log is kept
beside the weights.
"""

import argparse
import os
import shutil
from functools import partial
from pathlib import Path

import torch
from rich.console import Console

from retail.conditions import Lighting
from training.architecture import PRETRAINED_ARCHITECTURE, build_model, load_checkpoint, save_checkpoint
from training.calibration import UNCALIBRATED, calibrate
from training.export import export_onnx
from training.fit import fit
from training.fit_config import FitConfig
from training.precision import choose_precision
from training.starter.calibration_photos import calibration_photos
from training.starter.photos import CLASSES, write_photos
from training.trainer import EpochReport
from vision.artefact import ArtefactMetadata
from vision.decoding import decode
from vision.starter import ARTEFACT, CHECKPOINT

RUN = "starter-3"
SEED = 20261122
# The backbone stays as ImageNet left it: it has seen real photographs, and drawings would teach it to forget them.
_SHARED = {"freeze_backbone": True, "workers": 1, "lighting": dict.fromkeys(Lighting, 1.0), "lighting_share": 0.5}
# Small photos first, where an epoch is cheap and teaches shapes; the serving size last, for small facings and edges.
# Then again and once more, because a restarted rate finds better weights than the descent before it had.
STAGES = (
    FitConfig(epochs=4, image_size=416, batch=16, learning_rate=3e-3, mosaic=0.3, seed=SEED, **_SHARED),
    FitConfig(epochs=4, image_size=640, batch=8, learning_rate=1.5e-3, mosaic=0.1, seed=SEED + 1, **_SHARED),
    FitConfig(epochs=2, image_size=416, batch=16, learning_rate=3e-3, mosaic=0.3, seed=SEED + 1, **_SHARED),
    FitConfig(epochs=3, image_size=640, batch=8, learning_rate=2e-3, mosaic=0.1, seed=SEED + 2, **_SHARED),
    FitConfig(epochs=3, image_size=640, batch=8, learning_rate=2e-3, mosaic=0.1, seed=SEED + 3, **_SHARED),
)


def main(data: Path, work: Path) -> None:
    """Run all steps; `data` is only read, `work` holds what is made on the way."""
    data_yaml = write_photos(data, work / "photos")
    checkpoint = first_weights(work)
    with (work / "log.txt").open("a") as log:
        console = Console(file=log)
        for number, config in enumerate(STAGES):
            console.print(f"stage {number + 1} of {len(STAGES)}: {config.epochs} epochs at {config.image_size} px")
            folder = work / f"stage{number + 1}"
            checkpoint = fit(checkpoint, CLASSES, data_yaml, folder, config, partial(report, console))
    publish(checkpoint, data, work)


def first_weights(work: Path) -> Path:
    """Write a model whose backbone has ImageNet's weights and whose rest is random, and return its file."""
    path = work / "first.safetensors"
    if not path.exists():
        torch.manual_seed(SEED)
        model = build_model(CLASSES, PRETRAINED_ARCHITECTURE)
        model.model[0].load_imagenet()
        save_checkpoint(model, path)
    return path


def report(console: Console, epoch: EpochReport) -> None:
    """Print one line an epoch."""
    losses = ", ".join(f"{name} {value:.3f}" for name, value in epoch.losses.items())
    console.print(f"  epoch {epoch.epoch}/{epoch.epochs}: {losses}, {epoch.seconds:.0f} s")


def publish(checkpoint: Path, data: Path, work: Path) -> None:
    """Calibrate, export, choose the precision, and put both files where serving finds them."""
    model = load_checkpoint(checkpoint)
    photos = calibration_photos(data / "grocery-store-klasson", work / "calibration")
    metadata = ArtefactMetadata(classes=CLASSES, architecture=PRETRAINED_ARCHITECTURE, training_run=RUN)
    calibration = calibrate(model, metadata, photos, "kinds") or UNCALIBRATED
    export_onnx(model, ARTEFACT, calibration.applied_to(metadata))
    choose_precision(ARTEFACT, [decode(photo.image.read_bytes()).image for photo in photos])
    shutil.copyfile(checkpoint, CHECKPOINT)
    for file in (ARTEFACT, CHECKPOINT):
        print(f"written: {file.name}, {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/starter-3"))
    folder = os.environ.get("SHELFLOOP_DATA")
    if not folder:
        parser.error("set SHELFLOOP_DATA to the folder of photos; docs/data.md says which ones")
    main(Path(folder), parser.parse_args().work)
