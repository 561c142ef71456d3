"""Bays written as letters: each a pack of the product of that letter, 10 cm of a shelf; a dot is an empty place.

`plan("AAB", "C")` has three positions: A two wide and B on the first shelf, C on the second. Shelves are 30 cm apart.
Small letters are products that nobody plans. Verdicts read like the plan, one sign a position: `verdicts` says "= O".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from retail.boxes import DetectionKind
from retail.compliance import Compliance, Verdict
from retail.gtin import Gtin
from retail.planograms import PlannedShelf, Planogram, Position
from vision.bays.photo import BayPhoto

CELL, APART, TALL = 10.0, 30.0, 20.0  # cm
SIGNS = {
    Verdict.CORRECT: "=",
    Verdict.WRONG_POSITION: "P",
    Verdict.WRONG_SHELF: "S",
    Verdict.OUT_OF_STOCK: "O",
    Verdict.UNEXPECTED: "X",
    Verdict.UNDECIDED: "?",
}


@dataclass(frozen=True)
class Pack:
    """A facing as it stands in a bay, in cm: x of its left edge, `raised` from its shelf."""

    product: str
    shelf: int
    x: float
    width: float = 0.9 * CELL
    height: float = TALL
    raised: float = 0.0

    @property
    def corners(self) -> list[tuple[float, float]]:
        foot = self.shelf * APART - self.raised
        top = foot - self.height
        return [(self.x, top), (self.x + self.width, top), (self.x, foot), (self.x + self.width, foot)]


@dataclass(frozen=True)
class Edge:
    """The front of a shelf, from x 0 to `width` cm."""

    shelf: int
    width: float

    @property
    def corners(self) -> list[tuple[float, float]]:
        base = self.shelf * APART
        return [(x, y) for x in (0, self.width) for y in (base, base + 2)]


@dataclass(frozen=True)
class Camera:
    """Takes a photo of `size` pixels around `middle` cm, turned by `roll` and standing aside by `yaw`, in radians."""

    size: tuple[int, int]
    middle: tuple[float, float]
    scale: float = 10.0
    roll: float = 0.0
    yaw: float = 0.0
    distance: float = 200.0

    def project(self, points: Sequence[tuple[float, float]]) -> np.ndarray:
        x, y = (np.array(points, float) - self.middle).T
        nearer = self.distance / (self.distance + x * np.sin(self.yaw))
        u, v = x * np.cos(self.yaw) * nearer, y * nearer
        cosine, sine = np.cos(self.roll), np.sin(self.roll)
        turned = np.column_stack([u * cosine - v * sine, u * sine + v * cosine])
        return turned * self.scale + np.array(self.size) / 2


def gtin(letter: str) -> Gtin:
    return Gtin(f"{ord(letter):014d}")


def letter(product: Gtin | None) -> str:
    return "-" if product is None else chr(int(product))


def plan(*shelves: str, measured: bool = True) -> Planogram:
    positions = [
        position for number, cells in enumerate(shelves, 1) for position in _positions(number, cells, measured)
    ]
    return Planogram("bay", 1, tuple(positions), planned_shelves(len(shelves)) if measured else ())


def planned_shelves(count: int) -> tuple[PlannedShelf, ...]:
    return tuple(PlannedShelf(number, APART * number, APART - 2) for number in range(1, count + 1))


def _positions(number: int, cells: str, measured: bool) -> list[Position]:
    found: list[Position] = []
    for slot, (product, of_product) in enumerate(groupby(enumerate(cells), key=lambda cell: cell[1]), 1):
        columns = [column for column, _ in of_product]
        measures = (CELL * columns[0], CELL * len(columns)) if measured else (None, None)
        found.append(Position(number, slot, gtin(product), len(columns), 1, *measures))
    return found


def packs(*shelves: str) -> list[Pack]:
    return [
        Pack(product, number, CELL * (column + 0.05))
        for number, cells in enumerate(shelves, 1)
        for column, product in enumerate(cells)
        if product not in ". "
    ]


def whole(*shelves: str) -> Camera:
    """A camera that sees a bay of these shelves, and 10 cm around it."""
    width, height = CELL * max(map(len, shelves)), APART * len(shelves)
    return Camera((round(10 * (width + 20)), round(10 * (height + 20))), (width / 2, height / 2))


def photographed(seen: Iterable[Pack], camera: Camera, edges: Iterable[Edge] = ()) -> BayPhoto:
    """What a perfect detector sees: the packs that are wholly in the photo, in the order given, then edges."""
    boxes, chances = [], []
    for pack in seen:
        points = camera.project(pack.corners)
        if (points >= 0).all() and (points <= camera.size).all():
            boxes.append((*points.min(0), *points.max(0)))
            chances.append({gtin(pack.product): 1.0})
    strips = [camera.project(edge.corners).clip(0, camera.size) for edge in edges]
    boxes += [(*points.min(0), *points.max(0)) for points in strips]
    kinds = [DetectionKind.FACING] * len(chances) + [DetectionKind.SHELF] * len(strips)
    return bay_photo(camera.size, boxes, kinds, [*chances, *({} for _ in strips)])


def bay_photo(size, boxes, kinds, chances) -> BayPhoto:
    return BayPhoto(
        size=size,
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        kinds=tuple(kinds),
        confidences=np.ones(len(boxes), np.float32),
        chances=tuple(chances),
    )


def photo(*shelves: str) -> BayPhoto:
    return photographed(packs(*shelves), whole(*shelves))


def verdicts(compliance: Compliance) -> str:
    """One sign a position, shelves apart: "==O P="."""
    by_place = {(one.position.shelf, one.position.slot): SIGNS[one.verdict] for one in compliance.positions}
    shelves = groupby(sorted(by_place), key=lambda place: place[0])
    return " ".join("".join(by_place[place] for place in places) for _, places in shelves)


def facings(compliance: Compliance) -> str:
    """One sign a facing, in the order of `Compliance.facings`."""
    return "".join(SIGNS[one.verdict] for one in compliance.facings)
