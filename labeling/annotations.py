"""Boxes and labels by a person, checked when they are made."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from retail.boxes import Boxes, DetectionKind, iou
from retail.gtin import Gtin, InvalidGtin, parse_gtin

MOST_BOXES = 2000
SMALLEST_SIDE = 1.0
OVERSHOOT = 2.0
DUPLICATE_IOU = 0.95
FLAGS = ("ignore", "occluded", "truncated")


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
        for edge in ("x1", "y1", "x2", "y2"):
            if not math.isfinite(getattr(self, edge)):
                raise InvalidAnnotation(edge, "is not a finite number", "give pixels of the upright photo")
        for high, low in (("x2", "x1"), ("y2", "y1")):
            side = getattr(self, high) - getattr(self, low)
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
    if box.kind not in list(DetectionKind):
        kinds = ", ".join(DetectionKind)
        raise InvalidAnnotation(f"boxes[{place}].kind", f"{box.kind!r} is unknown", f"choose one of {kinds}")
    try:
        gtin = None if box.gtin is None else Gtin(box.gtin)
        edges = (box.x1, box.y1, box.x2, box.y2)
        flags = {flag: getattr(box, flag) for flag in FLAGS}
        return _clipped(AnnotatedBox(DetectionKind(box.kind), *edges, gtin, **flags), photo_size)
    except InvalidAnnotation as error:
        raise error.inside(f"boxes[{place}]") from error


def _clipped(box: AnnotatedBox, photo_size: tuple[int, int]) -> AnnotatedBox:
    edges: dict[str, float] = {}
    for edge, limit in zip(("x1", "y1", "x2", "y2"), photo_size * 2, strict=True):
        value = getattr(box, edge)
        if not -OVERSHOOT <= value <= limit + OVERSHOOT:
            raise InvalidAnnotation(edge, f"is {value:g}, outside the photo's 0..{limit}", "move it inside the photo")
        edges[edge] = min(max(value, 0.0), float(limit))
    return replace(box, **edges)  # type: ignore[arg-type]


def _refuse_duplicates(boxes: Sequence[AnnotatedBox]) -> None:
    kinds = np.array([box.kind.value for box in boxes])
    for kind in DetectionKind:
        places = np.flatnonzero(kinds == kind.value)
        edges = as_array([box for box in boxes if box.kind is kind])
        repeats = np.argwhere(np.triu(iou(edges, edges) > DUPLICATE_IOU, k=1))
        if len(repeats):
            first, second = places[repeats[0]]
            raise InvalidAnnotation(f"boxes[{second}]", f"repeats boxes[{first}]", "delete one of the two")
