"""A shop whose truth is known, and people who label it with known error rates, to try measures of quality on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from labeling.annotations import AnnotatedBox, as_array
from labeling.quality.boundaries import Categories
from retail.boxes import Boxes, DetectionKind, iou
from retail.gtin import Gtin, check_digit

Choice = TypeVar("Choice")

WIDTH, HEIGHT = 2400, 1800
_SHELVES = 5
_ELSEWHERE_IOU = 0.3
_BAD_IOU = (0.52, 0.72)
_SIBLING_SHARE = 0.8  # of wrong products: the others are of another category


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """How often somebody errs, each 0..1.

    Attributes:
        missing: of the things there, those not drawn.
        spurious: boxes around nothing, for each thing there.
        wrong_product: of the facings drawn; mostly a product of the same category.
        wrong_kind: of the things drawn.
        bad_edges: of the things drawn, those whose IoU with the truth is 0.52 to 0.72.
        jitter: deviation of every edge, as a share of the box's side.
    """

    missing: float = 0.0
    spurious: float = 0.0
    wrong_product: float = 0.0
    wrong_kind: float = 0.0
    bad_edges: float = 0.0
    jitter: float = 0.01


def draw_catalogue(categories: int, products_each: int) -> dict[Gtin, tuple[str, ...]]:
    """Return made-up GTINs and their categories: ``("aisle 0", "category 0")`` and so on, two categories an aisle."""
    filed: dict[Gtin, tuple[str, ...]] = {}
    for number in range(categories * products_each):
        digits = f"{4_000_000_000 + number:013d}"
        category = number // products_each
        filed[Gtin(digits + check_digit(digits))] = (f"aisle {category // 2}", f"category {category}")
    return filed


def draw_photo(rng: Generator, categories: Categories) -> tuple[AnnotatedBox, ...]:
    """Draw the truth of one photo of 2400x1800 px: five shelves of 6 to 14 facings, their tags, and the shelf edges."""
    gtins = list(categories)
    height = HEIGHT / _SHELVES
    boxes: list[AnnotatedBox] = []
    for shelf in range(_SHELVES):
        board = (shelf + 0.85) * height
        boxes.append(AnnotatedBox(DetectionKind.SHELF, 0, board, WIDTH, board + 0.14 * height))
        facings = int(rng.integers(6, 15))
        edges = np.linspace(20, WIDTH - 20, facings + 1)
        for left, right in pairwise(edges.tolist()):
            gtin = gtins[int(rng.integers(len(gtins)))]
            top = board - height * rng.uniform(0.5, 0.8)
            boxes.append(AnnotatedBox(DetectionKind.FACING, left + 4, top, right - 4, board - 2, gtin))
            if rng.random() < 0.4:
                boxes.append(AnnotatedBox(DetectionKind.TAG, left + 20, board + 4, left + 70, board + 0.12 * height))
    return tuple(boxes)


def annotate(
    rng: Generator, truth: Sequence[AnnotatedBox], rates: ErrorRates, categories: Categories
) -> tuple[AnnotatedBox, ...]:
    """Label a photo as somebody with these error rates would; errors are independent of each other."""
    drawn = [_erring(rng, box, rates, categories) for box in truth if rng.random() >= rates.missing]
    taken = as_array([*truth, *drawn])
    for _ in range(int((rng.random(len(truth)) < rates.spurious).sum())):
        x1, y1, x2, y2 = elsewhere(rng, taken)
        drawn.append(AnnotatedBox(DetectionKind.FACING, x1, y1, x2, y2, _any(rng, list(categories))))
        taken = np.concatenate([taken, as_array(drawn[-1:])])
    return tuple(drawn)


def displaced(rng: Generator, box: AnnotatedBox, size: tuple[int, int] = (WIDTH, HEIGHT)) -> AnnotatedBox:
    """Return a box whose IoU with the given one is 0.52 to 0.72: some edges, or the whole, moved inside the photo."""
    before = as_array([box])
    while True:
        moved = rng.random(4) < 0.4
        shifts = np.where(moved, rng.normal(0, 0.3, 4), 0)
        if rng.random() < 0.3:
            shifts = np.tile(rng.normal(0, 0.2, 2), 2)
        after = _shifted(box, shifts, size)
        if after is not None and _BAD_IOU[0] <= float(iou(before, as_array([after]))[0, 0]) <= _BAD_IOU[1]:
            return after


def another_product(rng: Generator, gtin: Gtin, categories: Categories) -> Gtin:
    """Return a product that this one may be taken for: mostly of the same category."""
    others = [other for other in categories if other != gtin]
    siblings = [other for other in others if categories[other] == categories[gtin]]
    return _any(rng, siblings if siblings and rng.random() < _SIBLING_SHARE else others)


def _erring(rng: Generator, box: AnnotatedBox, rates: ErrorRates, categories: Categories) -> AnnotatedBox:
    if rng.random() < rates.bad_edges:
        box = displaced(rng, box)
    box = _shifted(box, rng.normal(0, rates.jitter, 4)) or box
    if rng.random() < rates.wrong_kind:
        kind = _any(rng, [kind for kind in DetectionKind if kind is not box.kind])
        return replace(box, kind=kind, gtin=None)
    if box.gtin is not None and rng.random() < rates.wrong_product:
        return replace(box, gtin=another_product(rng, box.gtin, categories))
    return box


def _shifted(
    box: AnnotatedBox, shares: NDArray[np.float64], size: tuple[int, int] = (WIDTH, HEIGHT)
) -> AnnotatedBox | None:
    """Move the edges by shares of the box's sides, inside the photo; None if next to nothing would be left."""
    width, height = box.x2 - box.x1, box.y2 - box.y1
    moved = np.array([box.x1, box.y1, box.x2, box.y2]) + shares * np.array([width, height, width, height])
    x1, y1, x2, y2 = np.clip(moved, 0, [*size, *size]).tolist()
    if x2 - x1 < width / 5 or y2 - y1 < height / 5:
        return None
    return replace(box, x1=x1, y1=y1, x2=x2, y2=y2)


def elsewhere(rng: Generator, taken: Boxes) -> tuple[float, float, float, float]:
    """Return a box of a facing's size that overlaps no other by an IoU above 0.3."""
    while True:
        left, top = rng.uniform(0, WIDTH - 200), rng.uniform(0, HEIGHT - 240)
        box = (left, top, left + float(rng.uniform(60, 190)), top + float(rng.uniform(80, 230)))
        if float(iou(np.array([box], np.float32), taken).max(initial=0)) <= _ELSEWHERE_IOU:
            return box


def _any(rng: Generator, choices: Sequence[Choice]) -> Choice:
    return choices[int(rng.integers(len(choices)))]
