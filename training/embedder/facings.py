"""Facings of labelled captures as crops, with the product and the capture of each."""

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.annotations import AnnotatedBox, as_array
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from training.captures import LabelledCapture
from vision.crops import cut_crops
from vision.decoding import decode

_SMALLEST = 20.0  # pixels of the longer side: nobody can read what is smaller
_MOST_OF_ONE_PHOTO = 4  # of a product: neighbours on a shelf are all but the same picture


@dataclass(frozen=True, slots=True, eq=False)
class Facings:
    """n crops of named products.

    Attributes:
        pictures: (n, s, s, 3) RGB.
        gtins: product of each.
        captures: id of the capture that each was cut from; empty for a picture of its own.
    """

    pictures: NDArray[np.uint8]
    gtins: tuple[Gtin, ...]
    captures: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.gtins)


def none_of(size: int) -> Facings:
    """Return no facings of crops of so many pixels."""
    return Facings(np.empty((0, size, size, 3), np.uint8), (), ())


def facings_of(
    captures: Sequence[LabelledCapture], size: int, most: int, in_all: int, only: Container[Gtin] | None = None
) -> Facings:
    """Cut facings with a product out of photos, the newest photos first, a few of each product of a photo.

    Args:
        captures: to read.
        size: sides of a crop in pixels.
        most: of one product over all photos.
        in_all: of all products; the last photo may bring some more.
        only: products that are wanted; None for all.
    """
    parts, counts = [none_of(size)], Counter[Gtin]()
    for capture in sorted(captures, key=lambda one: (one.taken_at, one.capture_id), reverse=True):
        if counts.total() >= in_all:
            break
        wanted = [(box, gtin) for box, gtin in _worth_cutting(capture) if only is None or gtin in only]
        chosen = [(box, gtin) for box, gtin in wanted if counts[gtin] < most]
        if not chosen:
            continue
        photo, boxes = decode(capture.image.read_bytes()).image, as_array([box for box, _ in chosen])
        gtins = tuple(gtin for _, gtin in chosen)
        counts.update(gtins)
        parts.append(Facings(cut_crops(photo, boxes, size), gtins, (capture.capture_id,) * len(gtins)))
    return joined(parts)


def joined(parts: Sequence[Facings]) -> Facings:
    """Put facings one behind the other."""
    return Facings(
        np.concatenate([part.pictures for part in parts]),
        tuple(gtin for part in parts for gtin in part.gtins),
        tuple(capture for part in parts for capture in part.captures),
    )


def _worth_cutting(capture: LabelledCapture) -> list[tuple[AnnotatedBox, Gtin]]:
    """Return the largest facings of each product, at most a few."""
    named = [
        (box, box.gtin)
        for box in capture.boxes
        if box.kind is DetectionKind.FACING and box.gtin and max(box.x2 - box.x1, box.y2 - box.y1) >= _SMALLEST
    ]
    named.sort(key=lambda one: (one[0].x2 - one[0].x1) * (one[0].y2 - one[0].y1), reverse=True)
    seen, kept = Counter[Gtin](), []
    for box, gtin in named:
        seen[gtin] += 1
        if seen[gtin] <= _MOST_OF_ONE_PHOTO:
            kept.append((box, gtin))
    return kept
