"""Estimates under which circumstances a photo was taken, from its pixels and its boxes."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes
from retail.conditions import Lighting, ViewingAngle
from vision.letterbox import Image, Letterbox
from vision.perspective import RowPerspective
from vision.thinning import thinned

_LOOK_SIZE = 128  # long side in pixels: light is a coarse thing
_TILES = 6  # per side; colours of single packs average out within a tile
_NORM = 6
_WHITE, _WHITEST = (250, 250, 250), (255, 255, 255)

# Set on drawn shelves and held against real photos.
_DIM_LUMINANCE = 0.08
_GLARE_SHARE = 0.01
_MIXED_GRADIENT = 0.7
_WARM_BELOW = 4800.0
_COLD_ABOVE = 6600.0

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
        temperature: correlated colour temperature in kelvin of the shade of grey, 1000..25000.
        gradient: change of the natural logarithm of red over blue from the centre to the border, in the direction of
            its steepest rise, from a plane through the shades of 6x6 tiles.
    """

    luminance: float
    clipped: float
    temperature: float
    gradient: float


def light_statistics(image: Image) -> LightStatistics:
    """Measure an RGB image (h, w, 3) at a reduced size.

    The colour of the light is the shade of grey: the mean of the sixth powers of linear pixels, channel by channel, as
    its sixth root (Finlayson and Trezzi, Shades of Gray and Colour Constancy, 2004). Bright pixels, labels and rails,
    count most in it, while a plain mean would take a crate of oranges for a warm lamp.
    """
    sparse = thinned(image, 2 * _LOOK_SIZE)  # every pixel would cost more than all that follows
    small = sparse
    if max(sparse.shape[:2]) > _LOOK_SIZE:
        size = Letterbox.fit((sparse.shape[1], sparse.shape[0]), _LOOK_SIZE).inner
        small = np.asarray(cv2.resize(sparse, size, interpolation=cv2.INTER_AREA), np.uint8)
    linear = np.asarray(cv2.LUT(small, _LINEAR_FROM_SRGB), np.float32)
    coloured = cv2.bitwise_not(cv2.inRange(small, _WHITE, _WHITEST))
    powers = np.square(linear * linear * linear)  # to the power of _NORM, at a tenth of its price
    unclipped = cv2.countNonZero(coloured)
    return LightStatistics(
        luminance=float((linear @ _XYZ_FROM_LINEAR[1]).mean()),
        clipped=1 - unclipped / coloured.size,
        temperature=_temperature(np.array(cv2.mean(powers, coloured if unclipped else None)[:3]) ** (1 / _NORM)),
        gradient=_colour_gradient(powers),
    )


def estimate_lighting(light: LightStatistics) -> Lighting:
    """Name the light on a photo.

    The first that applies: dim (mean linear luminance below 0.08), glare (over 1 % of pixels clipped), mixed (red over
    blue changes by more than 0.7 in logarithm from centre to border), warm (below 4800 K), cold (above 6600 K), else
    neutral.
    """
    if light.luminance < _DIM_LUMINANCE:
        return Lighting.DIM
    if light.clipped > _GLARE_SHARE:
        return Lighting.GLARE
    if light.gradient > _MIXED_GRADIENT:
        return Lighting.MIXED
    if light.temperature < _WARM_BELOW:
        return Lighting.WARM
    return Lighting.COLD if light.temperature > _COLD_ABOVE else Lighting.NEUTRAL


def _colour_gradient(powers: NDArray[np.float32]) -> float:
    tiles = cv2.resize(powers, (_TILES, _TILES), interpolation=cv2.INTER_AREA).reshape(-1, 3) ** (1 / _NORM) + 1e-3
    warmth = np.log(tiles[:, 0] / tiles[:, 2])
    places = (np.arange(_TILES) - (_TILES - 1) / 2) * 2 / _TILES
    x, y = np.tile(places, _TILES), np.repeat(places, _TILES)
    return float(np.hypot(x @ warmth / (x @ x), y @ warmth / (y @ y)))


def _temperature(linear: NDArray[np.float64]) -> float:
    """Return the colour temperature in kelvin of a linear RGB colour.

    McCamy, "Correlated color temperature as an explicit function of chromaticity coordinates", 1992.
    """
    x, y, z = (_XYZ_FROM_LINEAR @ linear).tolist()
    if x + y + z <= 0:
        return 6504.0  # black has no colour; the formula's own daylight
    chroma_x, chroma_y = x / (x + y + z), y / (x + y + z)
    n = (chroma_x - 0.3320) / (0.1858 - chroma_y) if chroma_y != 0.1858 else 0.0
    return float(np.clip(449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33, 1000, 25000))


_FIELD_OF_VIEW = 65.0  # degrees, a phone's main camera across its long side
_FEWEST_FACINGS = 12  # with fewer the error is often larger than a bin


def estimate_yaw(facings: Boxes, size: tuple[int, int]) -> float | None:
    """Estimate how far the camera looks past the shelf's normal, sideways.

    Seen at yaw t with focal length f, level lines of the shelf fan out: their slope changes by tan t / f for each pixel
    of their height above the photo's middle.

    Args:
        facings: (n, 4) boxes of facings.
        size: width and height of the photo in pixels.

    Returns:
        Degrees, positive where the shelf is nearer on the right; None with fewer than twelve facings.
    """
    if len(facings) < _FEWEST_FACINGS:
        return None
    focal = max(size) / 2 / np.tan(np.radians(_FIELD_OF_VIEW / 2))
    return float(np.degrees(np.arctan(RowPerspective.estimate(facings, size).fan * focal)))


def viewing_angle(yaw: float | None) -> ViewingAngle:
    """Bin a yaw; one that cannot be told counts as frontal."""
    return ViewingAngle.FRONTAL if yaw is None else ViewingAngle.from_degrees(yaw)
