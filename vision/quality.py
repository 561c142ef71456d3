"""Whether a photo should be taken again, and what to do differently then. Advice only: the photo is kept all the same.

Limits were set so that photos which people took in shops on purpose hardly ever draw advice; the tests hold them
against such photos as they are, and blurred, darkened and overexposed.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes, areas
from vision.conditions import LightStatistics
from vision.letterbox import Image, Letterbox

_WIDEST_EDGE = 1.75  # pixels
_LEAST_LUMINANCE = 0.03
_MOST_CLIPPED = 0.15
_LEAST_FOUND = 1
_LEAST_COVERED = 0.02
_SMALLEST_FACING = 16.0  # pixels
_MOST_CUT = 0.75
_STEEPEST = 45.0  # degrees

_LOOK_SIZE = 640  # long side in pixels: blur that does not show at this size does the detector no harm
_CONTRAST = 50  # grey levels across an edge that counts
_NEIGHBOURHOOD = np.ones((1, 15), np.uint8)  # pixels in which an edge is the steepest place
_FEWEST_EDGES = 50
_SHARPER = 20  # percentile: a sharp photo of soft things has soft edges, too, but a blurred one has no others
_FEWEST_TO_BE_CUT = 3  # facings: a close-up of one product is as wanted


@dataclass(frozen=True, slots=True)
class Advice:
    """One reason to take a photo again.

    Attributes:
        code: ``dark``, ``blurred``, ``glare``, ``no-shelf``, ``too-far``, ``cut-off`` or ``too-oblique``.
        message: what to do, for the person with the camera.
        measured: the figure that spoke for it.
        limit: what the figure has passed.
    """

    code: str
    message: str
    measured: float
    limit: float


def retake_advice(
    image: Image, light: LightStatistics, facings: Boxes, others: Boxes, size: tuple[int, int], yaw: float | None
) -> list[Advice]:
    """Say what is wrong with a photo; nothing, as a rule.

    Args:
        image: (h, w, 3) RGB, possibly at a reduced scale.
        light: its statistics.
        facings: (n, 4) boxes of facings in pixels of the photo.
        others: (m, 4) boxes of shelves, tags and gaps.
        size: width and height of the photo in pixels.
        yaw: estimated angle between camera and shelf in degrees, None where it cannot be told.
    """
    return [*_light_advice(image, light), *_view_advice(facings, others, size), *_angle_advice(yaw)]


def edge_width(image: Image) -> float | None:
    """Return how wide the sharper edges of an RGB photo are at 640 pixels, None with too few edges to tell.

    An edge that blur of standard deviation s has softened rises by its height / (s √(2π)) per pixel where it is
    steepest. So every place that is the steepest among its neighbours gives an s from its slope and the range of grey
    around it, and the 20th percentile of these is taken along each axis. The wider axis counts: shaking blurs along
    one direction.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = _LOOK_SIZE / max(grey.shape)
    if scale < 1:
        # Area averaging costs five times as much and is only needed where linear interpolation would skip pixels.
        how = cv2.INTER_LINEAR if scale >= 0.5 else cv2.INTER_AREA
        grey = cv2.resize(grey, Letterbox.fit((grey.shape[1], grey.shape[0]), _LOOK_SIZE).inner, interpolation=how)
    if min(grey.shape) < _NEIGHBOURHOOD.size:
        return None
    # Every other row says as much as all of them.
    widths = [
        _widths_along(np.asarray(along, np.uint8)) for along in (grey[::2].copy(), cv2.transpose(grey)[::2].copy())
    ]
    return max((float(np.percentile(w, _SHARPER)) for w in widths if len(w) >= _FEWEST_EDGES), default=None)


def _widths_along(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the widths of the edges that cross the rows of a grey picture (h, w)."""
    height = cv2.subtract(cv2.dilate(grey, _NEIGHBOURHOOD), cv2.erode(grey, _NEIGHBOURHOOD))[:, 1:-1]
    rise = cv2.absdiff(grey[:, 2:], grey[:, :-2])  # over two pixels
    edges = (rise == cv2.dilate(rise, _NEIGHBOURHOOD)) & (height >= _CONTRAST)
    slope = np.maximum(rise[edges], 1).astype(np.float32) / 2
    widths: NDArray[np.float32] = height[edges] / (slope * np.float32(np.sqrt(2 * np.pi)))
    return widths


def _light_advice(image: Image, light: LightStatistics) -> list[Advice]:
    advice = []
    if light.luminance < _LEAST_LUMINANCE:
        advice.append(Advice("dark", "Too dark: switch on the light.", light.luminance, _LEAST_LUMINANCE))
    if (width := edge_width(image)) is not None and width > _WIDEST_EDGE:
        advice.append(Advice("blurred", "Blurred: hold the phone still and take it again.", width, _WIDEST_EDGE))
    if light.clipped > _MOST_CLIPPED:
        message = "Glare: step aside until no lamp or window is mirrored."
        advice.append(Advice("glare", message, light.clipped, _MOST_CLIPPED))
    return advice


def _view_advice(facings: Boxes, others: Boxes, size: tuple[int, int]) -> list[Advice]:
    if not len(facings):
        message = "No shelf in view: point the camera at the products."
        return [] if len(others) else [Advice("no-shelf", message, 0, _LEAST_FOUND)]
    covered = float(areas(facings).sum()) / (size[0] * size[1])
    side = float(np.median((facings[:, 2:] - facings[:, :2]).min(1)))
    closer = "Too far away: go closer, or take several photos."
    if covered < _LEAST_COVERED:
        return [Advice("too-far", closer, covered, _LEAST_COVERED)]
    if side < _SMALLEST_FACING:
        return [Advice("too-far", closer, side, _SMALLEST_FACING)]
    cut = float(((facings[:, :2] <= 1).any(1) | (facings[:, 2:] >= np.array(size) - 1).any(1)).mean())
    if len(facings) >= _FEWEST_TO_BE_CUT and cut > _MOST_CUT:
        return [Advice("cut-off", "Cut off: step back until the shelf fits.", cut, _MOST_CUT)]
    return []


def _angle_advice(yaw: float | None) -> list[Advice]:
    if yaw is None or abs(yaw) <= _STEEPEST:
        return []
    return [Advice("too-oblique", "Taken from the side: stand in front of the shelf.", abs(yaw), _STEEPEST)]
