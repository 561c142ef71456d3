"""Draws detections and shelves on a photo: what was found where, and how sure the detector is."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from retail.boxes import DetectionKind
from retail.compliance import Verdict
from vision.detections import Floats
from vision.letterbox import Image

# Teal through sand to orange: told apart with every common colour blindness, because lightness and blue change too.
_RAMP = np.array([[0, 128, 128], [222, 203, 164], [230, 97, 1]], np.float32)
_WIDTHS = {DetectionKind.FACING: 1.0, DetectionKind.SHELF: 1.6, DetectionKind.TAG: 0.5, DetectionKind.GAP: 1.0}
# After Okabe and Ito (2008), who chose colours that are told apart with every common colour blindness.
VERDICT_COLOURS = {
    Verdict.CORRECT: (0, 158, 115),
    Verdict.WRONG_POSITION: (240, 228, 66),
    Verdict.WRONG_SHELF: (0, 114, 178),
    Verdict.OUT_OF_STOCK: (213, 94, 0),
    Verdict.UNEXPECTED: (204, 121, 167),
    Verdict.UNDECIDED: (150, 150, 150),
}
# Nor need anybody tell colours: what is not as planned has a letter.
_LETTERS = {
    Verdict.CORRECT: "",
    Verdict.WRONG_POSITION: "P",
    Verdict.WRONG_SHELF: "S",
    Verdict.OUT_OF_STOCK: "O",
    Verdict.UNEXPECTED: "X",
    Verdict.UNDECIDED: "?",
}
_INK, _PAPER = (20, 20, 20), (255, 255, 255)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_NAMES = {
    DetectionKind.FACING: "facings",
    DetectionKind.SHELF: "shelf edges (thick)",
    DetectionKind.TAG: "tags (thin)",
    DetectionKind.GAP: "gaps (crossed)",
}

Line = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """One detection to draw.

    Attributes:
        box: x1, y1, x2, y2 in pixels.
        unsure: its uncertainty in 0..1, which colours it where it has no verdict.
        label: what to write beside it.
    """

    box: Line
    kind: DetectionKind
    unsure: float
    label: str = ""
    verdict: Verdict | None = None

    @property
    def text(self) -> str:
        """The label after the verdict's letter."""
        letter = "" if self.verdict is None else _LETTERS[self.verdict]
        return f"{letter} {self.label}".strip()


def draw(image: Image, marks: Sequence[Mark], shelves: Sequence[tuple[int, Line]]) -> Image:
    """Return a copy of an RGB photo with boxes, shelves and a legend.

    Colour is the verdict, if there is one, in thicker lines where it is not as planned; else uncertainty, from teal
    (sure) to orange (unsure). Shelf edges are thick, tags thin, gaps crossed out; shelves are white lines, x1, y1, x2,
    y2, with their numbers. Lines and letters grow with the photo.
    """
    canvas = image.copy()
    unit = max(1.0, max(image.shape[:2]) / 640)
    colours = uncertainty_colours(np.array([mark.unsure for mark in marks], np.float32)).tolist()
    for mark, colour in zip(marks, colours, strict=True):
        width, of_verdict = _WIDTHS[mark.kind] * unit, colour
        if mark.verdict is not None:
            of_verdict = list(VERDICT_COLOURS[mark.verdict])
            width *= 1 if mark.verdict is Verdict.CORRECT else 2
        _draw_box(canvas, mark.box, mark.kind, of_verdict, max(1, round(width)))
    for number, line in shelves:
        _draw_shelf(canvas, number, line, unit)
    for mark in marks:
        if mark.text:
            _write(canvas, mark.text, (round(mark.box[0]), round(mark.box[1])), unit)
    if any(mark.verdict for mark in marks):
        _draw_verdicts(canvas, marks, unit)
    else:
        _draw_legend(canvas, marks, unit)
    return canvas


def uncertainty_colours(values: Floats) -> Image:
    """Map uncertainties (n,) in 0..1 to RGB colours (n, 3)."""
    stops = np.linspace(0, 1, len(_RAMP))
    channels = [np.interp(values, stops, _RAMP[:, channel]) for channel in range(3)]
    return np.stack(channels, 1).round().astype(np.uint8)


def _draw_box(canvas: Image, box: Line, kind: DetectionKind, colour: list[int], width: int) -> None:
    left, top, right, bottom = (round(side) for side in box)
    cv2.rectangle(canvas, (left, top), (right, bottom), colour, width, cv2.LINE_AA)
    if kind is DetectionKind.GAP:
        cv2.line(canvas, (left, top), (right, bottom), colour, width, cv2.LINE_AA)
        cv2.line(canvas, (left, bottom), (right, top), colour, width, cv2.LINE_AA)


def _draw_shelf(canvas: Image, number: int, line: Line, unit: float) -> None:
    x1, y1, x2, y2 = (round(side) for side in line)
    for colour, width in ((_INK, 2.4), (_PAPER, 1.2)):  # visible on light packs and on dark ones
        cv2.line(canvas, (x1, y1), (x2, y2), colour, max(1, round(width * unit)), cv2.LINE_AA)
    _write(canvas, str(number), (x1, y1 - round(8 * unit)), unit)


def _write(canvas: Image, text: str, corner: tuple[int, int], unit: float) -> None:
    """Write on a light ground whose upper left corner is given, moved inside the photo where it would leave it."""
    scale, weight, gap = 0.35 * unit, max(1, round(0.7 * unit)), max(2, round(2 * unit))
    (width, height), _ = cv2.getTextSize(text, _FONT, scale, weight)
    left = max(0, min(corner[0], canvas.shape[1] - width - 2 * gap))
    top = max(0, min(corner[1], canvas.shape[0] - height - 2 * gap))
    cv2.rectangle(canvas, (left, top), (left + width + 2 * gap, top + height + 2 * gap), _PAPER, cv2.FILLED)
    cv2.putText(canvas, text, (left + gap, top + gap + height), _FONT, scale, _INK, weight, cv2.LINE_AA)


def _draw_legend(canvas: Image, marks: Sequence[Mark], unit: float) -> None:
    """Draw the colour ramp with its two ends named and what was counted, in the lower left corner."""
    height, width = canvas.shape[:2]
    bar_width, bar_height = round(min(120 * unit, width / 2)), round(min(8 * unit, height / 8))
    if bar_width < 2 or bar_height < 1:
        return
    top = height - bar_height
    ramp = uncertainty_colours(np.linspace(0, 1, bar_width, dtype=np.float32))
    canvas[top:, :bar_width] = ramp[None]
    line = round(18 * unit)
    if height > 8 * line:
        _write(canvas, "sure", (0, top - line), unit)
        _write(canvas, "unsure", (bar_width - round(36 * unit), top - line), unit)
        counts = Counter(mark.kind for mark in marks)
        texts = [f"{counts[kind]} {name}" for kind, name in _NAMES.items() if counts[kind]]
        _write(canvas, ", ".join(texts) or "nothing found", (bar_width + round(8 * unit), height - line), unit)


def _draw_verdicts(canvas: Image, marks: Sequence[Mark], unit: float) -> None:
    """Draw a line for every verdict there is, with its colour, letter and number, in the lower left corner."""
    counts = Counter(mark.verdict for mark in marks)
    line, bottom = round(16 * unit), canvas.shape[0]
    for verdict, colour in reversed(VERDICT_COLOURS.items()):
        if not counts[verdict] or bottom < line:
            continue
        text = f"{_LETTERS[verdict]} {counts[verdict]} {verdict.replace('_', ' ')}".strip()
        cv2.rectangle(canvas, (0, bottom - line), (line, bottom), colour, cv2.FILLED)
        _write(canvas, text, (line, bottom - line), unit)
        bottom -= line
