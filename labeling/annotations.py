"""Boxes and labels by a person, checked when they are made."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from retail.boxes import Boxes, DetectionKind, iou
from retail.gtin import Gtin, InvalidGtin, parse_gtin

MOST_BOXES = 2000
SMALLEST_SIDE = 1.0
OVERSHOOT = 2.0
DUPLICATE_IOU = 0.95
FLAGS = ("ignore", "occluded", "truncated")
EDGES = ("x1", "y1", "x2", "y2")
_KINDS = frozenset(DetectionKind)
_Edges = tuple[float, float, float, float]


class InvalidAnnotation(ValueError):
    """An annotation that cannot be taken, with the field at fault and what to do about it."""

    def __init__(self, field: str, detail: str, remedy: str) -> None:
        """Name the field (``boxes[3].x2``), what is wrong with it, and how to put it right."""
        super().__init__(f"{field}: {detail}; {remedy}")
        self.field = field
        self.detail = detail
        self.remedy = remedy

    def inside(self, parent: str) -> "InvalidAnnotation":
        """Return the same complaint about a field of ``parent``."""
        return InvalidAnnotation(f"{parent}.{self.field}", self.detail, self.remedy)


class DrawnBox(Protocol):
    """A box as it comes in, unchecked: anything with these attributes."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def x1(self) -> float: ...  # noqa: D102
    @property
    def y1(self) -> float: ...  # noqa: D102
    @property
    def x2(self) -> float: ...  # noqa: D102
    @property
    def y2(self) -> float: ...  # noqa: D102
    @property
    def gtin(self) -> str | None: ...  # noqa: D102
    @property
    def ignore(self) -> bool: ...  # noqa: D102
    @property
    def occluded(self) -> bool: ...  # noqa: D102
    @property
    def truncated(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class AnnotatedBox:
    """One box by a person, in pixels of the upright photo.

    Attributes:
        kind: what the box outlines.
        x1, y1, x2, y2: left, top, right and bottom edge; finite, each side at least 1 px.
        gtin: the product of a facing, padded to GTIN-14; None where it is unknown, and for all other kinds.
        ignore: neither right nor wrong to find: too unclear, or cut by a tile's border. It never trains.
        occluded: something stands before it.
        truncated: the photo's edge cuts it.

    Raises:
        InvalidAnnotation: naming the first field that breaks one of these rules.
    """

    kind: DetectionKind
    x1: float
    y1: float
    x2: float
    y2: float
    gtin: Gtin | None = None
    ignore: bool = False
    occluded: bool = False
    truncated: bool = False

    def __post_init__(self) -> None:
        if not _are_finite(edges := (self.x1, self.y1, self.x2, self.y2)):
            edge = next(edge for edge, value in zip(EDGES, edges, strict=True) if not math.isfinite(value))
            raise InvalidAnnotation(edge, "is not a finite number", "give pixels of the upright photo")
        for high, low, side in (("x2", "x1", self.x2 - self.x1), ("y2", "y1", self.y2 - self.y1)):
            if side < SMALLEST_SIDE:
                detail = f"is {side:g} px from {low}, expected at least {SMALLEST_SIDE:g}"
                raise InvalidAnnotation(high, detail, "draw from the top left to the bottom right corner")
        if self.gtin is not None:
            object.__setattr__(self, "gtin", _facing_gtin(self.kind, self.gtin))


def _facing_gtin(kind: DetectionKind, gtin: str) -> Gtin:
    if kind is not DetectionKind.FACING:
        raise InvalidAnnotation("gtin", f"is given for a {kind}", "leave it out: only a facing shows a product")
    try:
        return parse_gtin(gtin)
    except InvalidGtin as error:
        raise InvalidAnnotation("gtin", str(error), "read it again from the pack or the catalogue") from error


@dataclass(frozen=True, slots=True)
class AnnotatedCapture:
    """All boxes by a person on one capture, whose photo is ``width`` × ``height`` pixels."""

    capture_id: str
    width: int
    height: int
    boxes: tuple[AnnotatedBox, ...]


def as_array(boxes: Sequence[AnnotatedBox]) -> Boxes:
    """Return the edges of boxes as float32 (n, 4) x1 y1 x2 y2."""
    return np.array([(box.x1, box.y1, box.x2, box.y2) for box in boxes], np.float32).reshape(-1, 4)


def check_annotation(boxes: Sequence[DrawnBox], photo_size: tuple[int, int]) -> tuple[AnnotatedBox, ...]:
    """Check the boxes of one capture, and clip edges that overshoot the photo by up to 2 px.

    Args:
        boxes: as they were drawn, in pixels of the upright photo.
        photo_size: its width and height.

    Raises:
        InvalidAnnotation: for the first box that is no ``AnnotatedBox``, leaves the photo, or repeats an earlier
            one of its kind (IoU above 0.95); and for more than 2000 boxes.
    """
    if len(boxes) > MOST_BOXES:
        detail = f"are {len(boxes)}, expected at most {MOST_BOXES}"
        raise InvalidAnnotation("boxes", detail, "label a tile of the photo instead")
    checked = tuple(_check_box(place, box, photo_size) for place, box in enumerate(boxes))
    _refuse_duplicates(checked)
    return checked


def _check_box(place: int, box: DrawnBox, photo_size: tuple[int, int]) -> AnnotatedBox:
    if box.kind not in _KINDS:
        kinds = ", ".join(DetectionKind)
        raise InvalidAnnotation(f"boxes[{place}].kind", f"{box.kind!r} is unknown", f"choose one of {kinds}")
    kind, gtin = DetectionKind(box.kind), None if box.gtin is None else Gtin(box.gtin)
    try:
        x1, y1, x2, y2 = _clipped((box.x1, box.y1, box.x2, box.y2), photo_size)
        return AnnotatedBox(kind, x1, y1, x2, y2, gtin, box.ignore, box.occluded, box.truncated)
    except InvalidAnnotation as error:
        raise error.inside(f"boxes[{place}]") from error


def _clipped(edges: _Edges, photo_size: tuple[int, int]) -> _Edges:
    if not _are_finite(edges):
        return edges  # refused by the box
    for edge, value, limit in zip(EDGES, edges, photo_size * 2, strict=True):
        if not -OVERSHOOT <= value <= limit + OVERSHOOT:
            raise InvalidAnnotation(edge, f"is {value:g}, outside the photo's 0..{limit}", "move it inside the photo")
    (x1, y1, x2, y2), (width, height) = edges, map(float, photo_size)
    return min(max(x1, 0.0), width), min(max(y1, 0.0), height), min(max(x2, 0.0), width), min(max(y2, 0.0), height)


def _are_finite(edges: _Edges) -> bool:
    return all(map(math.isfinite, edges))


def _refuse_duplicates(boxes: Sequence[AnnotatedBox]) -> None:
    for pair in _close_pairs(boxes):
        one, other = (boxes[place] for place in pair)
        if one.kind is other.kind and iou(as_array([one]), as_array([other]))[0, 0] > DUPLICATE_IOU:
            raise InvalidAnnotation(f"boxes[{max(pair)}]", f"repeats boxes[{min(pair)}]", "delete one of the two")


def _close_pairs(boxes: Sequence[AnnotatedBox]) -> Iterator[tuple[int, int]]:
    """Find pairs close enough for an IoU above the limit: it is at most the shared part of a width, or of a height."""
    order = sorted(range(len(boxes)), key=lambda place: boxes[place].x1)
    for nth, left in enumerate(order):
        one = boxes[left]
        reach, slack = ((1 - DUPLICATE_IOU) * side for side in (one.x2 - one.x1, one.y2 - one.y1))
        for place in range(nth + 1, len(order)):
            right = order[place]
            if boxes[right].x1 > one.x1 + reach:
                break
            if abs(boxes[right].y2 - one.y2) <= slack / DUPLICATE_IOU:
                yield left, right
