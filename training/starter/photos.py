"""The photos that the starter learns from, as a YOLO folder."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from retail.boxes import Boxes, DetectionKind
from training.starter.cutouts import load_cutouts
from training.starter.interiors import draw_interior
from training.starter.shop_photos import read_shop_photos
from training.starter.textures import carton_textures
from training.synthetic.seeds import stream
from training.synthetic.world import ShelfWorld, WorldSpec

CLASSES = ("product", "shelf", "tag", "gap")
_CLASS_OF = {
    DetectionKind.FACING: 0,
    DetectionKind.SHELF: 1,
    DetectionKind.TAG: 2,
    DetectionKind.GAP: 3,
}
WORLD_SEEDS = range(1012, 1036)  # the demo and every test use seeds below 1000
PHOTOS_PER_WORLD = 120
INTERIORS = 1600
INTERIOR_SEED = 3000
SHOP_PHOTO_REPEATS = 3  # real shelves are few and say most
_VALIDATED = 16
_FRESH = get_context("spawn")  # a forked process may wait for ever for threads of OpenCV that it does not have
_WIDTH = 960  # of a drawn photo; training never asks for more


def write_photos(data: Path, folder: Path) -> Path:
    """Write all photos below `folder` and return Ultralytics' data file; what is already there is kept.

    Args:
        data: the folder of photo sets; only those are read that may train the shipped model.
        folder: gets `images`, `labels`, the list of what is trained on and `data.yaml`.
    """
    if not (folder / "written").exists():
        klasson = data / "grocery-store-klasson"
        write_shelves(folder, WORLD_SEEDS, PHOTOS_PER_WORLD, carton_textures(klasson))
        write_interiors(folder, INTERIORS, INTERIOR_SEED, klasson)
        write_beverages(folder, data / "beverage3")
        write_shop_photos(folder, klasson)
        (folder / "written").touch()
    return _write_lists(folder)


def _write_lists(folder: Path) -> Path:
    images = sorted((folder / "images").iterdir())
    repeated = [path for path in images for _ in range(SHOP_PHOTO_REPEATS if path.name.startswith("shop-") else 1)]
    # Ultralytics validates after the last epoch whether asked or not: a handful will do, the card's figures come later.
    lists = {"train": repeated, "few": images[:_VALIDATED]}
    for name, paths in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(str(path.absolute()) for path in paths))
    data_yaml = folder / "data.yaml"
    names = dict(enumerate(CLASSES))
    data_yaml.write_text(
        yaml.safe_dump({"path": str(folder.absolute()), "train": "train.txt", "val": "few.txt", "names": names})
    )
    return data_yaml


def write_shelves(
    folder: Path, world_seeds: Sequence[int], per_world: int, textures: Sequence[NDArray[np.uint8]]
) -> None:
    """Draw `per_world` photos of each shelf world into `folder`, two worlds at a time."""
    with ProcessPoolExecutor(2, mp_context=_FRESH) as pool:
        jobs = [pool.submit(_write_world, folder, seed, per_world, textures) for seed in world_seeds]
        for job in jobs:
            job.result()


def _write_world(folder: Path, seed: int, count: int, textures: Sequence[NDArray[np.uint8]]) -> None:
    cv2.setNumThreads(1)
    world = ShelfWorld.build(WorldSpec(seed=seed), textures)
    bays = [bay.id for bay in world.bays]
    for number in range(count):
        name = f"world{seed}-{number:04d}"
        if (folder / "labels" / f"{name}.txt").exists():
            continue
        capture = world.capture(bays[number % len(bays)], day=number // len(bays), width=_WIDTH)
        write_photo(folder, name, capture.image, box_lines(capture.image, capture.boxes, capture.kinds))


def write_interiors(folder: Path, count: int, seed: int, klasson: Path) -> None:
    """Draw `count` photos of fridges, cupboards, tables and thin shelves into `folder`, in two processes."""
    # A fork of a process that has used OpenCV's threads waits for them for ever.
    with ProcessPoolExecutor(2, mp_context=_FRESH) as pool:
        jobs = [pool.submit(_write_every_other, folder, range(first, count, 2), seed, klasson) for first in range(2)]
        for job in jobs:
            job.result()


def _write_every_other(folder: Path, numbers: Iterable[int], seed: int, klasson: Path) -> None:
    cv2.setNumThreads(1)
    cutouts = load_cutouts(klasson)
    for number in numbers:
        name = f"interior{seed}-{number:05d}"
        if not (folder / "labels" / f"{name}.txt").exists():
            drawn = draw_interior(stream(seed, "interior", number), cutouts, _WIDTH)
            write_photo(folder, name, drawn.image, box_lines(drawn.image, drawn.boxes, drawn.kinds))


def write_beverages(folder: Path, beverages: Path) -> None:
    """Copy hand-held drinks (Beverage3, CC BY 4.0): bottles and cans are products, and nothing else is in view."""
    for split in ("train", "valid", "test"):
        for photo in sorted((beverages / split / "images").glob("*.jpg")):
            lines = (beverages / split / "labels" / f"{photo.stem}.txt").read_text().splitlines()
            image = np.asarray(cv2.imread(str(photo), cv2.IMREAD_COLOR_RGB), np.uint8)
            name = f"beverage-{split}-{photo.stem[:40]}"
            write_photo(folder, name, image, [_product_line(line) for line in lines if line.strip()])


def write_shop_photos(folder: Path, klasson: Path) -> None:
    """Write the shop photos that were boxed by hand, without those held out for calibration."""
    for photo in read_shop_photos(klasson):
        if not photo.held_out:
            lines = box_lines(photo.image, photo.boxes, photo.kinds)
            write_photo(folder, f"shop-{photo.name}", photo.image, lines)


def _product_line(line: str) -> str:
    """Turn a label of any class, a box or the outline of a polygon, into a product's box."""
    numbers = np.array(line.split()[1:], float)
    if len(numbers) > 4:
        corners = numbers.reshape(-1, 2)
        low, high = corners.min(0), corners.max(0)
        numbers = np.concatenate(((low + high) / 2, high - low))
    return " ".join(["0", *(f"{value:.6f}" for value in numbers)])


def box_lines(image: NDArray[np.uint8], boxes: Boxes, kinds: Sequence[DetectionKind]) -> Iterator[str]:
    """Yield ``class cx cy w h`` per box (x1, y1, x2, y2 in pixels), as shares of the photo's width and height."""
    height, width = image.shape[:2]
    for kind, (x1, y1, x2, y2) in zip(kinds, boxes, strict=True):
        place = (x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height
        yield " ".join([str(_CLASS_OF[kind]), *(f"{value:.6f}" for value in place)])


def write_photo(folder: Path, name: str, image: NDArray[np.uint8], lines: Iterator[str] | list[str]) -> None:
    """Write one RGB photo and its label lines; the labels last, so that a photo with labels is whole."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / "images" / f"{name}.jpg"), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    (folder / "labels" / f"{name}.txt").write_text("\n".join(lines))
