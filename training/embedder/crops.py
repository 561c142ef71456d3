"""Crops with the product that each shows: from the Grocery Store Dataset and from drawn shelves."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes
from retail.conditions import Lighting
from retail.gtin import Gtin
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.crops import cut_crops

_DRAWN_WIDTH = 1120  # a median facing's longer side is then about 110 pixels
_SMALLEST_DRAWN = 40  # pixels of the longer side: nobody could read what is smaller
_MOST_OF_ONE_PHOTO = 2  # crops of one look in one photo: neighbours on a shelf are all but the same picture


@dataclass(frozen=True, slots=True, eq=False)
class LabelledCrops:
    """n crops of k products.

    Attributes:
        pictures: (n, s, s, 3) RGB.
        labels: (n,) product of each, 0..k-1.
        categories: of each product.
        lights: of each crop; None where nobody knows.
    """

    pictures: NDArray[np.uint8]
    labels: NDArray[np.intp]
    categories: tuple[str, ...]
    lights: tuple[Lighting | None, ...]

    def __len__(self) -> int:
        return len(self.labels)


def of_products(crops: LabelledCrops, wanted: Iterable[int]) -> LabelledCrops:
    """Return the crops of some products, which are numbered anew in ascending order."""
    products = np.array(sorted(set(wanted)))
    rows = np.flatnonzero(np.isin(crops.labels, products))
    return LabelledCrops(
        crops.pictures[rows],
        np.searchsorted(products, crops.labels[rows]),
        tuple(crops.categories[product] for product in products),
        tuple(crops.lights[row] for row in rows),
    )


def store_crops(klasson: Path, size: int) -> LabelledCrops:
    """Read the Grocery Store Dataset's training split (Klasson et al., WACV 2019, MIT): a product fills each photo.

    Behind the photos comes the one picture of each product that its maker published.

    Args:
        klasson: the dataset's folder.
        size: sides of a crop in pixels.
    """
    lines = [line.split(", ") for line in (klasson / "train.txt").read_text().splitlines()]
    with (klasson / "classes.csv").open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["Class ID (int)"]))
    shots = [row["Iconic Image Path (str)"].lstrip("/") for row in rows]
    pictures = [framed(klasson / path, size) for path in (*(line[0] for line in lines), *shots)]
    labels = [int(line[1]) for line in lines] + list(range(len(shots)))
    return LabelledCrops(
        np.stack(pictures),
        np.array(labels),
        tuple(row["Iconic Image Path (str)"].split("/")[2] for row in rows),
        (None,) * len(labels),
    )


def framed(path: Path, size: int) -> NDArray[np.uint8]:
    """Read a picture that one product fills as a crop (size, size, 3) RGB."""
    image = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8)
    everything = np.array([[0, 0, image.shape[1], image.shape[0]]], np.float32)
    return cut_crops(image, everything, size)[0]


def drawn_crops(seed: int, photos: int, size: int, products: int = 200) -> LabelledCrops:
    """Cut facings out of photos of one shelf world, each bay in every light.

    Args:
        seed: of the world.
        photos: how many.
        size: sides of a crop in pixels.
        products: of the world.
    """
    world = ShelfWorld.build(WorldSpec(seed=seed, products=products))
    numbers = {article.product.gtin: number for number, article in enumerate(world.articles)}
    pictures, labels, lights = [], [], []
    for number in range(photos):
        # Every light of a bay before the next bay: a product that is met at all is met in several lights.
        turn, light = divmod(number, len(Lighting))
        bay = world.bays[turn % len(world.bays)].id
        capture = world.capture(bay, number, lighting=list(Lighting)[light], width=_DRAWN_WIDTH)
        rows = list(_worth_cutting(capture.boxes, capture.gtins))
        pictures.append(cut_crops(capture.image, capture.boxes[rows], size))
        labels += [numbers[gtin] for row in rows if (gtin := capture.gtins[row])]
        lights += [capture.condition.lighting] * len(rows)
    listed = [article.product for article in world.articles]
    everything = LabelledCrops(
        np.concatenate(pictures),
        np.array(labels, np.intp),
        tuple("/".join(("drawn", *product.category)) for product in listed),
        tuple(lights),
    )
    return of_products(everything, labels)


def _worth_cutting(boxes: Boxes, gtins: Sequence[Gtin | None]) -> Iterator[int]:
    """Yield rows of facings that are large enough, at most a few of each product."""
    seen: Counter[Gtin] = Counter()
    for row, gtin in enumerate(gtins):
        if gtin and (boxes[row, 2:] - boxes[row, :2]).max() >= _SMALLEST_DRAWN and seen[gtin] < _MOST_OF_ONE_PHOTO:
            seen[gtin] += 1
            yield row
