"""The photos that the starter learns from, as a YOLO folder."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from retail.boxes import DetectionKind
from training.synthetic.truth import SyntheticCapture
from training.synthetic.world import ShelfWorld, WorldSpec

CLASSES = ("product", "shelf", "tag", "gap")
_CLASS_OF = {
    DetectionKind.FACING: 0,
    DetectionKind.SHELF: 1,
    DetectionKind.TAG: 2,
    DetectionKind.GAP: 3,
}
_WIDTH = 960  # of a generated photo; training never asks for more


def write_shelves(
    folder: Path, world_seeds: Sequence[int], per_world: int, textures: Sequence[NDArray[np.uint8]]
) -> None:
    """Draw `per_world` photos of each shelf world into `folder`, two worlds at a time."""
    with ProcessPoolExecutor(2) as pool:
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
        _write(folder, name, capture.image, _shelf_lines(capture))


def _shelf_lines(capture: SyntheticCapture) -> Iterator[str]:
    height, width = capture.image.shape[:2]
    for kind, (x1, y1, x2, y2) in zip(capture.kinds, capture.boxes, strict=True):
        centre = (x1 + x2) / 2 / width, (y1 + y2) / 2 / height
        size = (x2 - x1) / width, (y2 - y1) / height
        yield " ".join([str(_CLASS_OF[kind]), *(f"{value:.6f}" for value in (*centre, *size))])


def write_beverages(folder: Path, beverages: Path) -> None:
    """Copy hand-held drinks (Beverage3, CC BY 4.0): bottles and cans are products, and nothing else is in view."""
    for split in ("train", "valid", "test"):
        for photo in sorted((beverages / split / "images").glob("*.jpg")):
            lines = (beverages / split / "labels" / f"{photo.stem}.txt").read_text().splitlines()
            image = np.asarray(cv2.imread(str(photo), cv2.IMREAD_COLOR_RGB), np.uint8)
            name = f"beverage-{split}-{photo.stem[:40]}"
            _write(folder, name, image, [_product_line(line) for line in lines if line.strip()])


def _product_line(line: str) -> str:
    """Turn a label of any class, a box or the outline of a polygon, into a product's box."""
    numbers = np.array(line.split()[1:], float)
    if len(numbers) > 4:
        corners = numbers.reshape(-1, 2)
        low, high = corners.min(0), corners.max(0)
        numbers = np.concatenate(((low + high) / 2, high - low))
    return " ".join(["0", *(f"{value:.6f}" for value in numbers)])


def _write(folder: Path, name: str, image: NDArray[np.uint8], lines: Iterator[str] | list[str]) -> None:
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / "images" / f"{name}.jpg"), image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
    (folder / "labels" / f"{name}.txt").write_text("\n".join(lines))
