"""Estimates under which circumstances a photo was taken, from its pixels and its boxes."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes
from retail.conditions import Lighting, ViewingAngle
from vision.letterbox import Image

_LOOK_SIZE = 128  # long side in pixels: light is a coarse thing
_TILES = 6  # per side; colours of single packs average out within a tile

# Set on drawn shelves, whose packs are warmer than grey on average; neutral light there reads about 5000 K.
_DIM_LUMINANCE = 0.08
_GLARE_SHARE = 0.01
_MIXED_GRADIENT = 0.6
_WARM_BELOW = 4200.0
_COLD_ABOVE = 6600.0  # plain grey itself is 6504 K

_LINEAR_FROM_SRGB = np.where(
    (steps := np.arange(256) / 255) <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4
).astype(np.float32)
_XYZ_FROM_LINEAR = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32)


@dataclass(frozen=True, slots=True)
class LightStatistics:
    """What the pixels say about the light.

    Attributes:
        luminance: mean linear luminance, 0..1.
        clipped: share of pixels that are white in all channels.
        temperature: correlated colour temperature in kelvin under the grey-world assumption.
        gradient: change of the natural logarithm of red over blue from the centre to the border, in the direction of
            its steepest rise, from a plane through 6x6 tiles.
    """

    luminance: float
    clipped: float
    temperature: float
    gradient: float


def light_statistics(image: Image) -> LightStatistics:
    """Measure an RGB image (h, w, 3) at a reduced size."""
    scale = _LOOK_SIZE / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    linear = _LINEAR_FROM_SRGB[small]
    return LightStatistics(
        luminance=float((linear @ _XYZ_FROM_LINEAR[1]).mean()),
        clipped=float((small >= 250).all(-1).mean()),
        temperature=_temperature(linear),
        gradient=_colour_gradient(linear),
    )


def estimate_lighting(image: Image) -> Lighting:
    """Name the light on a photo.

    The first that applies: dim (mean linear luminance below 0.08), glare (over 1 % of pixels clipped), mixed (red over
    blue changes by more than 0.6 in logarithm from centre to border), warm (below 4200 K), cold (above 6600 K), else
    neutral.
    """
    light = light_statistics(image)
    if light.luminance < _DIM_LUMINANCE:
        return Lighting.DIM
    if light.clipped > _GLARE_SHARE:
        return Lighting.GLARE
    if light.gradient > _MIXED_GRADIENT:
        return Lighting.MIXED
    if light.temperature < _WARM_BELOW:
        return Lighting.WARM
    return Lighting.COLD if light.temperature > _COLD_ABOVE else Lighting.NEUTRAL


def _colour_gradient(linear: NDArray[np.float32]) -> float:
    tiles = cv2.resize(linear, (_TILES, _TILES), interpolation=cv2.INTER_AREA).reshape(-1, 3) + 1e-3
    warmth = np.log(tiles[:, 0] / tiles[:, 2])
    places = (np.arange(_TILES) - (_TILES - 1) / 2) * 2 / _TILES
    x, y = np.tile(places, _TILES), np.repeat(places, _TILES)
    return float(np.hypot(x @ warmth / (x @ x), y @ warmth / (y @ y)))


def _temperature(linear: NDArray[np.float32]) -> float:
    """Return the colour temperature in kelvin of the mean colour, 1000..25000.

    McCamy, "Correlated color temperature as an explicit function of chromaticity coordinates", 1992.
    """
    x, y, z = (_XYZ_FROM_LINEAR @ linear.reshape(-1, 3).mean(0)).tolist()
    if x + y + z <= 0:
        return 6504.0  # black has no colour; the formula's own daylight
    chroma_x, chroma_y = x / (x + y + z), y / (x + y + z)
    n = (chroma_x - 0.3320) / (0.1858 - chroma_y) if chroma_y != 0.1858 else 0.0
    return float(np.clip(449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33, 1000, 25000))


_FIELD_OF_VIEW = 65.0  # degrees, a phone's main camera across its long side
_FEWEST_IN_ROW = 4


def estimate_angle(facings: Boxes, size: tuple[int, int]) -> ViewingAngle:
    """Estimate from the feet of the facings how far the camera looks past the shelf's normal, sideways.

    Seen at yaw t with focal length f, horizontal lines of the shelf fan out: a line that crosses the picture's middle
    at height v below its centre has the slope v / f tan t. So rows of facings are traced, each gives one line through
    the bottoms of its boxes, and tan t is f times the change of their slopes over v.

    Args:
        facings: (n, 4) boxes of facings.
        size: width and height of the photo in pixels.

    Returns:
        The bin of the estimated yaw; frontal with fewer than two rows of four facings.
    """
    lines = [_line(facings[row], size) for row in _rows(facings) if len(row) >= _FEWEST_IN_ROW]
    first, second = np.triu_indices(len(lines), 1)
    heights, slopes = np.array(lines, np.float64).reshape(-1, 2).T
    apart = np.abs(heights[second] - heights[first]) > 0.1 * size[1]
    if not apart.any():
        return ViewingAngle.FRONTAL
    fan = np.median(((slopes[second] - slopes[first]) / np.where(apart, heights[second] - heights[first], 1))[apart])
    focal = max(size) / 2 / np.tan(np.radians(_FIELD_OF_VIEW / 2))
    return ViewingAngle.from_degrees(float(np.degrees(np.arctan(fan * focal))))


def _rows(facings: Boxes) -> list[list[int]]:
    """Trace rows from left to right: each facing joins the row whose last foot is next to its own and level with it."""
    rows: list[list[int]] = []
    for index in np.argsort(facings[:, 0]).tolist():
        left, _, right, bottom = facings[index]
        height = bottom - facings[index, 1]
        reach, step = 1.5 * (right - left), 0.3 * height
        near = [row for row in rows if left - facings[row[-1], 2] < reach and left > facings[row[-1], 0]]
        best = min(near, key=lambda row: abs(facings[row[-1], 3] - bottom), default=None)
        if best is not None and abs(facings[best[-1], 3] - bottom) < step:
            best.append(index)
        else:
            rows.append([index])
    return rows


def _line(row: Boxes, size: tuple[int, int]) -> tuple[float, float]:
    """Fit the feet of a row by the median of all its slopes (Theil and Sen); return height below centre and slope."""
    x = (row[:, 0] + row[:, 2]) / 2 - size[0] / 2
    y = row[:, 3] - size[1] / 2
    first, second = np.triu_indices(len(row), 1)
    slope = float(np.median((y[second] - y[first]) / np.maximum(x[second] - x[first], 1)))
    return float(np.median(y - slope * x)), slope
