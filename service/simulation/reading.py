"""A user's own labels: vectors in a NumPy archive, or photos with COCO annotations."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labeling.costs import DRAW_SECONDS, LOOK_SECONDS
from retail.boxes import Boxes, DetectionKind
from sampling.simulation.folds import FOLDS, scene_folds
from sampling.simulation.labelled_set import Ints, LabelledSet, Vectors
from vision.crops import cut_crops
from vision.decoding import BadPhoto, decode
from vision.embedder import Embedder

ANNOTATIONS = "annotations.json"
_NO_PRODUCTS = {kind.value for kind in DetectionKind} | {"product"}


class BadLabels(ValueError):
    """Labels that cannot be simulated; says what is wrong, and what to do about it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Instances:
    """Vectors of b labelled boxes, the class and the capture of each, and the captures' groups, None for none."""

    vectors: Vectors
    labels: list[str]
    captures: list[str]
    groups: list[str] | None = None


def read_labels(path: Path, embedder: Callable[[], Embedder]) -> LabelledSet:
    """Read labels as a simulation takes them.

    Args:
        path: an ``.npz`` file with ``vectors`` (b, w), ``labels`` (b,) and, if there are any, ``captures`` (b,) that
            the boxes belong to and ``groups`` (b,) that must not be split, such as a store on one day; or a folder of
            photos with COCO's ``annotations.json``.
        embedder: loads what turns crops of a folder's photos into vectors.

    Raises:
        BadLabels: naming what is missing or malformed.
    """
    found = _from_folder(path, embedder()) if path.is_dir() else _from_archive(path)
    classes, labels = np.unique(found.labels, return_inverse=True)
    if len(classes) < 2:
        raise BadLabels(f"{path}: labels name {len(classes)} product; a simulation tells at least two apart")
    owners = np.unique(found.captures, return_inverse=True)[1]
    order = np.argsort(owners, kind="stable")
    groups = None if found.groups is None else np.unique(found.groups, return_inverse=True)[1][order]
    return _known(path.stem, found.vectors[order], labels[order], owners[order], len(classes), groups)


def _known(name: str, vectors: Vectors, labels: Ints, owners: Ints, classes: int, groups: Ints | None) -> LabelledSet:
    boxes = np.bincount(owners)
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    none = np.zeros(len(boxes), np.int64)
    seconds = LOOK_SECONDS + DRAW_SECONDS * boxes.astype(np.float64)
    known = LabelledSet(name, unit.astype(np.float32), labels, owners, classes, boxes, seconds, none, none)
    first = np.searchsorted(owners, np.arange(len(boxes)))
    folds = scene_folds(known.images, None if groups is None else groups[first])
    if len(np.unique(folds)) < FOLDS:
        raise BadLabels(f"{name}: its captures are of fewer than {FOLDS} scenes that do not look alike; add others")
    return known.split_into(folds)


def _from_archive(path: Path) -> _Instances:
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except (OSError, ValueError) as error:
        raise BadLabels(f"{path}: is no folder and no .npz archive ({error})") from error
    if missing := {"vectors", "labels"} - arrays.keys():
        raise BadLabels(f"{path}: has no array named {min(missing)!r}; it needs vectors (b, w) and labels (b,)")
    vectors = arrays["vectors"]
    for name in ("labels", "captures", "groups"):
        if name in arrays and arrays[name].shape != vectors.shape[:1]:
            raise BadLabels(f"{path}: {name} has shape {arrays[name].shape}, expected {vectors.shape[:1]}")
    captures = arrays.get("captures", np.arange(len(vectors)))
    groups = [str(group) for group in arrays["groups"].tolist()] if "groups" in arrays else None
    return _Instances(
        vectors.astype(np.float32), [str(x) for x in arrays["labels"]], [str(x) for x in captures], groups
    )


def _from_folder(folder: Path, embedder: Embedder) -> _Instances:
    vectors, labels, captures = [], [], []
    for name, boxes, classes in _photos(folder):
        try:
            image = decode((folder / name).read_bytes()).image
        except (OSError, BadPhoto) as error:
            raise BadLabels(f"{folder / name}: cannot be read ({error})") from error
        vectors.append(embedder.embed(cut_crops(image, boxes, embedder.crop_size)))
        labels += classes
        captures += [name] * len(classes)
    if not labels:
        raise BadLabels(f"{folder / ANNOTATIONS}: holds no box of a product")
    return _Instances(np.concatenate(vectors), labels, captures)


def _photos(folder: Path) -> Iterator[tuple[str, Boxes, list[str]]]:
    """Yield the photos that have labelled products, with boxes in pixels and classes; other kinds are left out."""
    try:
        document: dict[str, Any] = json.loads((folder / ANNOTATIONS).read_text())
        names = {row["id"]: str(row["name"]) for row in document["categories"]}
        of: dict[Any, list[tuple[list[float], str]]] = {row["id"]: [] for row in document["images"]}
        for row in document["annotations"]:
            if names[row["category_id"]] not in _NO_PRODUCTS:
                x, y, width, height = row["bbox"]
                of[row["image_id"]].append(([x, y, x + width, y + height], names[row["category_id"]]))
        photos = [(str(row["file_name"]), of[row["id"]]) for row in document["images"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = "put COCO's images, annotations and categories there"
        raise BadLabels(f"{folder / ANNOTATIONS}: is no COCO detection JSON ({error}); {remedy}") from error
    for name, labelled in photos:
        if labelled:
            yield name, np.array([box for box, _ in labelled], np.float32), [label for _, label in labelled]
