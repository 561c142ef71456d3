"""The photos as a frozen backbone sees them: ImageNet's EfficientNet-Lite0, which learned nothing from any of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import track

from benchmarks.recognition.folds import read_klasson
from retail.boxes import Boxes
from retail.conditions import Lighting
from sampling.simulation.labelled_set import Ints, Vectors
from training.embedder.features import FeatureExtractor
from training.embedder.projection import balanced
from vision.conditions import estimate_lighting, light_statistics
from vision.crops import cut_crops
from vision.decoding import decode

CROP = 128  # pixels
WIDTH = 512  # of the vectors that heads are fitted to
_LIGHTS = list(Lighting)


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """One labelled photo.

    Attributes:
        path: of the picture.
        boxes: (b, 4) x1 y1 x2 y2 as shares of width and height.
        labels: (b,) class of each.
    """

    path: Path
    boxes: Boxes
    labels: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """n photos with b labelled boxes, looked at.

    Attributes:
        photos: the photos.
        features: (b, f) of the boxes, photo by photo.
        owners: (b,) photo of each box.
        labels: (b,) class of each box.
        lights: (n,) estimated light, an index into `Lighting`.
    """

    photos: Sequence[Photo]
    features: Vectors
    owners: Ints
    labels: Ints
    lights: Ints


def klasson_photos(data: Path) -> list[Photo]:
    """Read all 2,936 photos, each of one product that fills it."""
    klasson = read_klasson(data)
    whole = np.array([[0, 0, 1, 1]], np.float32)
    return [Photo(path, whole, np.array([p])) for path, p in zip(klasson.paths, klasson.products, strict=True)]


def freiburg_photos(data: Path) -> list[Photo]:
    """Read all 3,203 photos in the order of their names: of one class in shooting order."""
    folder = data / "groceries-freiburg"
    return list(_yolo_photos(sorted((folder / "images").iterdir()), folder / "labels"))


def _yolo_photos(paths: Sequence[Path], labels: Path) -> Iterator[Photo]:
    for path in paths:
        lines = (labels / f"{path.stem}.txt").read_text().splitlines()
        rows = np.array([line.split()[:5] for line in lines if line.strip()], np.float32).reshape(-1, 5)
        centres, sides = rows[:, 1:3], rows[:, 3:5]
        if len(rows):
            corners = np.hstack([centres - sides / 2, centres + sides / 2]).clip(0, 1)
            yield Photo(path, corners, rows[:, 0].astype(np.int64))


def look_at(photos: Sequence[Photo], threads: int = 2) -> Seen:
    """Run the backbone over every box: a minute for each set on two cores."""
    extractor = FeatureExtractor(CROP, threads)
    features, lights = [], []
    for photo in track(photos, "photos", transient=True):
        image = decode(photo.path.read_bytes()).image
        sides = np.array([image.shape[1], image.shape[0]] * 2, np.float32)
        features.append(extractor.extract(cut_crops(image, photo.boxes * sides, CROP)))
        lights.append(_LIGHTS.index(estimate_lighting(light_statistics(image))))
    counts = [len(photo.labels) for photo in photos]
    return Seen(
        photos=photos,
        features=np.concatenate(features),
        owners=np.repeat(np.arange(len(photos)), counts),
        labels=np.concatenate([photo.labels for photo in photos]),
        lights=np.array(lights),
    )


def unit_vectors(features: Vectors) -> Vectors:
    """Return balanced features (b, f) of unit length: two that are alike show the same."""
    return _unit(balanced(features, features.mean(0)).astype(np.float32))


def narrowed(vectors: Vectors, width: int = WIDTH) -> Vectors:
    """Return unit vectors (b, width) along the directions in which vectors (b, f) vary most; no label is looked at."""
    centred = vectors - vectors.mean(0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    return _unit(centred @ directions[:, ::-1][:, :width])


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)).astype(np.float32)
    return unit
