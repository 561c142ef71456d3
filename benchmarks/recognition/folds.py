"""Klasson's photos in five folds that share no scene: near-duplicates stay together.

File numbers are no shooting order, consecutive ones are no more alike than any; so scenes are told by looks."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.embedder.scenes import FOLDS, NEAR_DUPLICATE, Ints, assign_folds

__all__ = ["FOLDS", "NEAR_DUPLICATE", "Ints", "Klasson", "assign_folds", "read_klasson"]

_FOLDER = "grocery-store-klasson"


@dataclass(frozen=True, slots=True, eq=False)
class Klasson:
    """The photos of both lists, `train` then `val`, each of one product, and one pack-shot of every product.

    Attributes:
        paths: n photos.
        products: (n,) product of each, 0 to 80.
        packs: pack-shots by product.
        groups: (81,) coarse group of each product.
        names: of the groups.
    """

    paths: list[Path]
    products: Ints
    packs: list[Path]
    groups: Ints
    names: list[str]


def read_klasson(data: Path) -> Klasson:
    """Read the lists below the folder of photos."""
    folder = data / _FOLDER
    lines = [line for name in ("train", "val") for line in (folder / f"{name}.txt").read_text().splitlines()]
    photos = [line.split(", ") for line in lines if line.strip()]
    with (folder / "classes.csv").open(newline="") as file:
        classes = sorted(csv.DictReader(file), key=lambda row: int(row["Class ID (int)"]))
    named = {int(row["Coarse Class ID (int)"]): row["Coarse Class Name (str)"] for row in classes}
    return Klasson(
        paths=[folder / path for path, *_ in photos],
        products=np.array([int(product) for _, product, _ in photos]),
        packs=[folder / row["Iconic Image Path (str)"].lstrip("/") for row in classes],
        groups=np.array([int(row["Coarse Class ID (int)"]) for row in classes]),
        names=[named[group] for group in sorted(named)],
    )
