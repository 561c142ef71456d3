"""What the formats have in common: sets of captures, classes, exact edges, complaints that name their place."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from labeling.annotations import FLAGS, AnnotatedBox, AnnotatedCapture, InvalidAnnotation, check_annotation
from retail.boxes import DetectionKind
from retail.gtin import Gtin, InvalidGtin, parse_gtin

CLASSES = ("product", "shelf", "tag", "gap")
PRODUCT = CLASSES[0]
# Pixels. Formats that keep shares or sides of a box give its edges back with less error than this.
SAME = 0.005

Edges = tuple[float, float, float, float]
SizeOf = Callable[[str], tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class AnnotatedSet:
    """Captures with their boxes, and what the products on them are called, as far as is known."""

    captures: tuple[AnnotatedCapture, ...]
    names: Mapping[Gtin, str] = field(default_factory=dict)


def size_unknown(capture_id: str) -> tuple[int, int] | None:
    """Know the size of no photo: for files that say it themselves."""
    return None


def class_of(box: AnnotatedBox) -> str:
    """Return ``product``, ``shelf``, ``tag`` or ``gap``."""
    return PRODUCT if box.kind is DetectionKind.FACING else box.kind.value


def meaning(name: str) -> tuple[DetectionKind, Gtin | None]:
    """Return the kind and the GTIN that a class stands for; other tools' classes may be GTINs.

    Raises:
        InvalidAnnotation: if it stands for nothing.
    """
    if name in (PRODUCT, DetectionKind.FACING):
        return DetectionKind.FACING, None
    if name in list(DetectionKind):
        return DetectionKind(name), None
    try:
        return DetectionKind.FACING, parse_gtin(name)
    except InvalidGtin as error:
        remedy = "name classes product, shelf, tag, gap or by a GTIN"
        raise InvalidAnnotation("class", f"{name!r} is unknown", remedy) from error


def box_of(name: str, edges: Edges, extras: Mapping[str, Any]) -> AnnotatedBox:
    """Return the box of a class.

    Args:
        name: of the class.
        edges: x1, y1, x2, y2 in pixels, as the format has them.
        extras: ``gtin`` (of a facing), the flags, and ``edges``: where those are the same as the format's up to a
            rounding error, they are exact; where they are not, somebody moved the box.

    Raises:
        InvalidAnnotation: for a box that cannot be.
    """
    kind, gtin = meaning(name)
    named = extras.get("gtin")
    flags = {flag: bool(extras.get(flag)) for flag in FLAGS}
    return AnnotatedBox(kind, *_exact(edges, extras.get("edges")), Gtin(str(named)) if named else gtin, **flags)


def extras_of(box: AnnotatedBox, edges: Edges) -> dict[str, Any]:
    """Return what `box_of` needs beside the class and the edges that the format gives back."""
    exact = edges_of(box)
    return {
        **({"gtin": box.gtin} if box.gtin is not None else {}),
        **{flag: True for flag in FLAGS if getattr(box, flag)},
        **({"edges": list(exact)} if edges != exact else {}),
    }


def edges_of(box: AnnotatedBox) -> Edges:
    """Return x1, y1, x2, y2."""
    return box.x1, box.y1, box.x2, box.y2


def _exact(edges: Edges, kept: object) -> Edges:
    if not isinstance(kept, Sequence) or len(kept) != 4 or not all(isinstance(edge, int | float) for edge in kept):
        return edges
    x1, y1, x2, y2 = (float(edge) for edge in kept)
    same = all(math.isclose(a, b, rel_tol=0, abs_tol=SAME) for a, b in zip(edges, (x1, y1, x2, y2), strict=True))
    return (x1, y1, x2, y2) if same else edges


def capture_of(capture_id: str, size: tuple[int, int], boxes: Iterable[AnnotatedBox]) -> AnnotatedCapture:
    """Return a capture with boxes that `check_annotation` takes.

    Raises:
        InvalidAnnotation: for those that it does not.
    """
    if min(size) < 1:
        raise InvalidAnnotation("size", f"is {size[0]} × {size[1]}", "give the photo's width and height in pixels")
    return AnnotatedCapture(capture_id, *size, check_annotation(tuple(boxes), size))


def names_of(rows: Iterable[Mapping[str, Any]]) -> dict[Gtin, str]:
    """Read products' names from rows of ``gtin`` and ``name``.

    Raises:
        InvalidAnnotation: for a GTIN that is none.
    """
    try:
        return {parse_gtin(str(row["gtin"])): str(row["name"]) for row in rows}
    except InvalidGtin as error:
        raise InvalidAnnotation("products", str(error), "correct the GTIN or leave the product out") from error


def name_rows(names: Mapping[Gtin, str]) -> list[dict[str, str]]:
    """Return products' names as `names_of` reads them."""
    return [{"gtin": gtin, "name": name} for gtin, name in names.items()]


def as_json(document: object) -> bytes:
    """Return JSON in UTF-8, names readable."""
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def parsed_json(data: bytes) -> Any:
    """Read JSON.

    Raises:
        InvalidAnnotation: if it is none.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidAnnotation("file", f"is not JSON ({error})", "give the file as the other tool wrote it") from error


@contextmanager
def complaining_about(place: str) -> Iterator[None]:
    """Let complaints, and what a malformed part raises, name the place they are about.

    Raises:
        InvalidAnnotation: instead of what went wrong.
    """
    try:
        yield
    except InvalidAnnotation as error:
        raise error.inside(place) from error
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, OverflowError) as error:
        detail = f"is malformed ({type(error).__name__}: {error})"
        raise InvalidAnnotation(place, detail, "compare it with docs/formats.md") from error
