"""Draws detections on a photo: what was found, and how sure the detector is."""

import cv2
import numpy as np

from retail.boxes import DetectionKind
from vision.artefact import ArtefactMetadata
from vision.detections import Detections, Floats
from vision.letterbox import Image
from vision.uncertainty import Uncertainty

# Teal through sand to orange: told apart with every common colour blindness, because lightness and blue change too.
_RAMP = np.array([[0, 128, 128], [222, 203, 164], [230, 97, 1]], np.float32)
_WIDTHS = {DetectionKind.FACING: 1.0, DetectionKind.SHELF: 2.0, DetectionKind.TAG: 0.5, DetectionKind.GAP: 1.0}
_INK, _PAPER = (20, 20, 20), (255, 255, 255)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw(image: Image, detections: Detections, metadata: ArtefactMetadata, uncertainty: Uncertainty) -> Image:
    """Return a copy of an RGB photo with boxes and a legend.

    Colour is uncertainty, from teal (sure) to orange (unsure). Shelves are thick, tags thin, gaps crossed out;
    facings carry their GTIN where the model names products. Lines and letters grow with the photo.
    """
    canvas = image.copy()
    unit = max(1.0, max(image.shape[:2]) / 640)
    for box, class_id, colour in zip(
        detections.boxes.round().astype(int).tolist(),
        detections.class_ids.tolist(),
        uncertainty_colours(uncertainty.value).tolist(),
        strict=True,
    ):
        kind = metadata.kind_of(class_id)
        _draw_box(canvas, box, kind, colour, max(1, round(_WIDTHS[kind] * unit)))
        if gtin := metadata.gtin_of(class_id):
            _write(canvas, gtin, (box[0], box[1]), unit)
    _draw_legend(canvas, unit)
    return canvas


def uncertainty_colours(values: Floats) -> Image:
    """Map uncertainties (n,) in 0..1 to RGB colours (n, 3)."""
    stops = np.linspace(0, 1, len(_RAMP))
    channels = [np.interp(values, stops, _RAMP[:, channel]) for channel in range(3)]
    return np.stack(channels, 1).round().astype(np.uint8)


def _draw_box(canvas: Image, box: list[int], kind: DetectionKind, colour: list[int], width: int) -> None:
    start, end = (box[0], box[1]), (box[2], box[3])
    cv2.rectangle(canvas, start, end, colour, width, cv2.LINE_AA)
    if kind is DetectionKind.GAP:
        cv2.line(canvas, start, end, colour, width, cv2.LINE_AA)
        cv2.line(canvas, (box[0], box[3]), (box[2], box[1]), colour, width, cv2.LINE_AA)


def _write(canvas: Image, text: str, corner: tuple[int, int], unit: float) -> None:
    """Write on a light ground whose upper left corner is given, moved inside the photo where it would leave it."""
    scale, weight, gap = 0.35 * unit, max(1, round(0.7 * unit)), max(2, round(2 * unit))
    (width, height), _ = cv2.getTextSize(text, _FONT, scale, weight)
    left = max(0, min(corner[0], canvas.shape[1] - width - 2 * gap))
    top = max(0, min(corner[1], canvas.shape[0] - height - 2 * gap))
    cv2.rectangle(canvas, (left, top), (left + width + 2 * gap, top + height + 2 * gap), _PAPER, cv2.FILLED)
    cv2.putText(canvas, text, (left + gap, top + gap + height), _FONT, scale, _INK, weight, cv2.LINE_AA)


def _draw_legend(canvas: Image, unit: float) -> None:
    """Draw the colour ramp with its two ends named, in the lower left corner."""
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
