"""Shelves of plain colours: what they are called, how they are painted, and a detector that finds them."""

from collections.abc import Sequence

import cv2
import numpy as np

from service.models.serving import ServingModel
from vision.artefact import ArtefactMetadata
from vision.detector import Detector
from vision.runtime import RawOutputs

COLOURS = {
    "r": (255, 0, 0),
    "g": (0, 255, 0),
    "b": (0, 0, 255),
    "y": (255, 255, 0),
    "m": (255, 0, 255),
    "c": (0, 255, 255),
    "w": (255, 255, 255),
    "k": (0, 0, 0),
}
GTINS = {colour: f"0000000000{n:03d}" for n, colour in enumerate(COLOURS, 1)}
PLANNED = ("rgbyr", "cmwcb")  # two shelves, each facing a position; some products have two positions
GREY, EDGE = 127, (70, 90, 110)
FACING = (60, 120)  # width, height in pixels
PITCH, LEFT, FEET = 90, 70, (190, 390)


def gtin(colour: str) -> str:
    """Return the GTIN-14 of a colour, its check digit last."""
    digits = GTINS[colour]
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def paint(*shelves: str, first: int = 0, brightness: int = GREY) -> bytes:
    """Return a picture of shelves of facings, one letter each, a blank for none: `paint("rgb y", "cmwcb")`."""
    image = np.full((480, 640, 3), brightness, np.uint8)
    for foot, colours in zip(FEET, shelves, strict=False):
        image[foot : foot + 6] = EDGE
        for place, colour in enumerate(colours):
            left = LEFT + PITCH * (place + first)
            if colour != " ":
                image[foot - FACING[1] : foot, left : left + FACING[0]] = COLOURS[colour]
    return bytes(cv2.imencode(".png", image[..., ::-1])[1])


class Painted:
    """Finds what stands out of the grey: boards are shelves, everything else facings, of a product if it knows some."""

    def __init__(self, known: str = "") -> None:
        self.known = known
        self.classes = (*(gtin(colour) for colour in known), *(() if known else ("product",)), "shelf", "tag", "gap")

    def infer(self, framed: np.ndarray) -> RawOutputs:
        stands_out = (np.abs(framed[0].astype(int) - GREY).max(-1) > 10).astype(np.uint8)
        boxes, probabilities = [], []
        for colour in np.unique(framed[0][stands_out > 0].reshape(-1, 3), axis=0):
            same = (framed[0] == colour).all(-1).astype(np.uint8)
            _, _, stats, _ = cv2.connectedComponentsWithStats(same)
            for left, top, width, height, area in stats[1:].tolist():
                if area > 500 and height < 300:
                    boxes.append((left, top, left + width, top + height))
                    found = "shelf" if width > 300 else self._product(colour)
                    probabilities.append([0.95 * (name == found) for name in self.classes])
        coarse = cv2.resize(np.float32(framed[0] / 255), (16, 12), interpolation=cv2.INTER_AREA)
        n = len(boxes)
        return RawOutputs(
            boxes=np.array(boxes, np.float32).reshape(-1, 4),
            probabilities=np.array(probabilities, np.float32).reshape(-1, len(self.classes)),
            edge_variances=np.ones((n, 4), np.float32),
            vectors=np.ones((n, 4), np.float32),
            image_vector=(coarse - coarse.mean()).ravel().astype(np.float32) + 1e-3,
        )

    def _product(self, colour: np.ndarray) -> str:
        known = (gtin(name) for name in self.known if COLOURS[name] == tuple(colour.tolist()))
        return next(known) if self.known else "product"


class PaintedServing:
    """A model that never changes and finds painted facings."""

    error = None
    loaded_version = 1

    def __init__(self, known: str = "") -> None:
        painted = Painted(known)
        metadata = ArtefactMetadata(classes=painted.classes, architecture="painted")
        self._model = ServingModel(1, Detector(painted, metadata), metadata, most_tiles=1)

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def refresh(self) -> None: ...

    def current(self) -> ServingModel:
        return self._model


def verdicts(compliance: dict, *, other_than: str = "correct") -> dict[tuple[int, int], str]:
    """Return the verdicts by shelf and slot, but for those that are as they should be."""
    positions: Sequence[dict] = compliance["positions"]
    return {(one["shelf"], one["slot"]): one["verdict"] for one in positions if one["verdict"] != other_than}
