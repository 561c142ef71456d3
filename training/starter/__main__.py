"""Train the starter model from scratch: draw the photos, fit in stages, export, put both files beside the model card.

    SHELFLOOP_DATA=… python -m training.starter

Killed and started again it goes on after the last whole epoch. Seeds, sizes and order are all here.
"""

import argparse
import os
import shutil
from pathlib import Path

import torch
import yaml
from rich import print

from training.architecture import build_model, load_checkpoint, save_checkpoint
from training.export import export_onnx
from training.fit import fit
from training.fit_config import FitConfig
from training.starter.photos import CLASSES, write_beverages, write_shelves
from training.starter.textures import carton_textures
from training.trainer import EpochReport
from vision.artefact import ArtefactMetadata
from vision.starter import ARTEFACT, CHECKPOINT

ARCHITECTURE = "yolo11n.yaml"
RUN = "starter-1"
SEED = 20261121
WORLD_SEEDS = range(1000, 1012)  # the demo and every test use seeds below 1000
PHOTOS_PER_WORLD = 240
_VALIDATED = 16

# Small photos first, where an epoch is cheap and teaches shapes; the serving size last, for small facings and edges.
STAGES = (
    FitConfig(epochs=5, image_size=320, batch=8, learning_rate=2e-3, mosaic=0.2, seed=SEED, workers=1),
    FitConfig(epochs=1, image_size=480, batch=8, learning_rate=1e-3, mosaic=0.1, seed=SEED + 1, workers=1),
    FitConfig(epochs=1, image_size=640, batch=8, learning_rate=5e-4, mosaic=0.0, seed=SEED + 2, workers=1),
)


def main(data: Path, work: Path) -> None:
    """Run all steps; `data` is only read, `work` holds what is made on the way."""
    data_yaml = write_photos(data, work / "photos")
    checkpoint = first_weights(work)
    for number, config in enumerate(STAGES):
        print(f"stage {number + 1} of {len(STAGES)}: {config.epochs} epochs at {config.image_size} px")
        checkpoint = fit(checkpoint, CLASSES, data_yaml, work / f"stage{number + 1}", config, report)
    publish(checkpoint)


def write_photos(data: Path, folder: Path) -> Path:
    """Write the YOLO folder and return its data file; what is already there is kept."""
    if not (folder / "written").exists():
        write_shelves(folder, WORLD_SEEDS, PHOTOS_PER_WORLD, carton_textures(data / "grocery-store-klasson"))
        write_beverages(folder, data / "beverage3")
        (folder / "written").touch()
    # Ultralytics validates after the last epoch whether asked or not: a handful will do, the card's figures come later.
    few = sorted((folder / "images").iterdir())[:_VALIDATED]
    (folder / "few.txt").write_text("\n".join(str(path.absolute()) for path in few))
    data_yaml = folder / "data.yaml"
    names = dict(enumerate(CLASSES))
    data_yaml.write_text(
        yaml.safe_dump({"path": str(folder.absolute()), "train": "images", "val": "few.txt", "names": names})
    )
    return data_yaml


def first_weights(work: Path) -> Path:
    """Write randomly initialised weights and return their file."""
    path = work / "first.safetensors"
    if not path.exists():
        torch.manual_seed(SEED)
        save_checkpoint(build_model(CLASSES, ARCHITECTURE), path)
    return path


def report(epoch: EpochReport) -> None:
    """Print one line an epoch."""
    losses = ", ".join(f"{name} {value:.3f}" for name, value in epoch.losses.items())
    print(f"  epoch {epoch.epoch}/{epoch.epochs}: {losses}, {epoch.seconds:.0f} s", flush=True)


def publish(checkpoint: Path) -> None:
    """Export the artefact and put both files where serving and fine-tuning find them."""
    model = load_checkpoint(checkpoint)
    metadata = ArtefactMetadata(classes=CLASSES, architecture=ARCHITECTURE, training_run=RUN)
    export_onnx(model, ARTEFACT, metadata)
    shutil.copyfile(checkpoint, CHECKPOINT)
    for file in (ARTEFACT, CHECKPOINT):
        print(f"written: {file.name}, {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/starter"))
    folder = os.environ.get("SHELFLOOP_DATA")
    if not folder:
        parser.error("set SHELFLOOP_DATA to the folder of photos; docs/data.md says which ones")
    main(Path(folder), parser.parse_args().work)
