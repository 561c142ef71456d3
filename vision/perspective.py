"""How the horizontal lines of a shelf run through a photo: how far they are tilted, and how they fan out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes

Numbers = NDArray[np.float64]

_STEEPEST = np.radians(40)  # of a line; rows of what stands on them are not seen at more
_NEAREST = 0.75  # how near, in half diagonals, the lines may meet: the inverse of the distance
_ALIKE = 0.15  # of the logarithms of widths and heights
_REACH = 5.0  # widths and heights between two facings that may be neighbours
_TOLERANCE = np.radians(2.5)
_TRIALS = 128
_LEVEL = 6.0  # pairs that must agree to believe in the steepest lines: few pairs agree on anything, by chance
_MOST_PAIRS = 600
_SLIMMEST = 0.4  # of a box's side: packs are not as rectangular as the formula has them


@dataclass(frozen=True, slots=True)
class RowPerspective:
    """Where lines that are level on the shelf meet in the photo.

    Seen from the photo's middle, turned by `tilt`, a line that crosses the middle's vertical at height v runs as
    v (1 + fan u): all of them meet at u = -1 / fan (Hartley and Zisserman, Multiple View Geometry, 8.6).

    Attributes:
        size: width and height of the photo in pixels.
        tilt: direction of the line through the middle in radians; positive falls to the right.
        fan: change of a line's slope per pixel of its height, 0 where the camera looks straight at the shelf.
    """

    size: tuple[int, int]
    tilt: float = 0.0
    fan: float = 0.0

    @classmethod
    def estimate(cls, facings: Boxes, size: tuple[int, int]) -> "RowPerspective":
        """Estimate from facings (n, 4): two alike that stand side by side say how their shelf runs there.

        RANSAC (Fischler and Bolles, 1981) over such pairs, then least squares over those that agree.
        """
        points, slopes = _neighbours(facings.astype(np.float64), size)
        if not len(points):
            return cls(size)
        best = _agreed(points, slopes, _NEAREST * 2 / float(np.hypot(*size)))
        return cls._of_slopes(size, *best)

    @classmethod
    def _of_slopes(cls, size: tuple[int, int], middle: float, change: float) -> "RowPerspective":
        """Make one from the slope of the line through the middle and the change of slope per height on the vertical."""
        tilt = float(np.arctan(middle))
        return cls(size, tilt, change * float(np.cos(tilt)))

    def direction(self, points: Numbers) -> Numbers:
        """Return in radians how the level lines through points (n, 2) of the photo run."""
        u, w = self._turned(points).T
        angles: Numbers = self.tilt + np.arctan(self.fan * w / (1 + self.fan * u))
        return angles

    def to_plane(self, points: Numbers) -> Numbers:
        """Map points (n, 2) of the photo to u along the shelf and v down from its middle; level lines have one v."""
        u, w = self._turned(points).T
        plane: Numbers = np.column_stack([u, w / (1 + self.fan * u)])
        return plane

    def to_photo(self, plane: Numbers) -> Numbers:
        """Map (u, v) back to points (n, 2) of the photo."""
        u, v = plane.T
        turned = np.column_stack([u, v * (1 + self.fan * u)])
        points: Numbers = turned @ _turn(-self.tilt).T + np.asarray(self.size) / 2
        return points

    def upright(self, boxes: Boxes) -> Numbers:
        """Return left, right, top and foot, (n, 4) in the plane, of the facings that boxes (n, 4) are drawn around.

        A box is wider and taller than the tilted thing in it: width = w cos(a) + h sin(t) and height = h cos(t) +
        w sin(a), for a thing of w by h whose foot runs in direction a and whose sides are tilted by t.
        """
        middles = (boxes[:, :2] + boxes[:, 2:]).astype(np.float64) / 2
        width, height = np.maximum(boxes[:, 2:] - boxes[:, :2], 1).astype(np.float64).T
        along = self.direction(middles)
        foot, side = np.abs(np.sin(along)), abs(float(np.sin(self.tilt)))
        cosine = float(np.cos(self.tilt))
        shared = np.cos(along) * cosine - foot * side
        w = np.maximum((width * cosine - height * side) / shared, _SLIMMEST * width)
        h = np.maximum((height * np.cos(along) - width * foot) / shared, _SLIMMEST * height)
        down = np.outer(h / 2, [-np.sin(self.tilt), cosine])
        u = self.to_plane(middles)[:, 0]
        tops, feet = self.to_plane(middles - down)[:, 1], self.to_plane(middles + down)[:, 1]
        return np.column_stack([u - w / 2, u + w / 2, tops, feet])

    def _turned(self, points: Numbers) -> Numbers:
        turned: Numbers = (points - np.asarray(self.size) / 2) @ _turn(self.tilt).T
        return turned


def _turn(angle: float) -> Numbers:
    """Return the rotation (2, 2) that makes lines level which fall to the right by an angle."""
    cosine, sine = float(np.cos(angle)), float(np.sin(angle))
    return np.array([[cosine, sine], [-sine, cosine]])


def _neighbours(facings: Numbers, size: tuple[int, int]) -> tuple[Numbers, Numbers]:
    """Return middles (m, 2) and slopes (m,) of lines between facings of one size that may be neighbours."""
    sides = np.maximum(facings[:, 2:] - facings[:, :2], 1)
    logs = np.log(sides)
    middles = (facings[:, 2:] + facings[:, :2]) / 2 - np.asarray(size) / 2
    (across, down), (width, height), (log_width, log_height) = (_apart(middles), sides.T[..., None], _apart(logs))
    alike = (np.abs(log_width) < _ALIKE) & (np.abs(log_height) < _ALIKE)
    # Closer than half a width, one is before the other or both are the same thing.
    beside = (across > width / 2) & (across < _REACH * width) & (np.abs(down) < np.tan(_STEEPEST) * across)
    first, second = np.nonzero(alike & beside & (np.abs(down) < _REACH * height))
    apart = middles[second] - middles[first]
    nearest = np.argsort(np.hypot(*(apart / sides[first]).T), kind="stable")[:_MOST_PAIRS]
    first, second, apart = first[nearest], second[nearest], apart[nearest]
    return (middles[first] + middles[second]) / 2, apart[:, 1] / apart[:, 0]


def _apart(values: Numbers) -> Numbers:
    """Return how much more each has than each other, (columns, n, n), from values (n, columns)."""
    apart: Numbers = values.T[:, None, :] - values.T[:, :, None]
    return apart


def _agreed(points: Numbers, slopes: Numbers, most: float) -> tuple[float, float]:
    """Return the slope in the middle and its change per height that most pairs agree on."""
    heights = points[:, 1] - slopes * points[:, 0]
    pairs = np.random.default_rng(0).integers(len(points), size=(_TRIALS, 2))
    one, other = pairs.T
    apart = heights[other] - heights[one]
    apart = np.where(np.abs(apart) < 1, np.inf, apart)
    changes = np.clip((slopes[other] - slopes[one]) / apart, -most, most)
    trials = np.column_stack([slopes[one] - changes * heights[one], changes])
    trials = np.vstack([[0, 0], trials[np.abs(trials[:, 0]) < np.tan(_STEEPEST)]])
    fits = _fits(trials, points, slopes)
    best = int((fits.sum(1) - _LEVEL * (trials[:, 0] / np.tan(_STEEPEST)) ** 2).argmax())
    agree = fits[best] > 0
    if agree.sum() < 8:
        return float(trials[best, 0]), float(trials[best, 1])
    design = np.column_stack([np.ones(agree.sum()), heights[agree]])
    middle, change = np.linalg.lstsq(design, slopes[agree], rcond=None)[0]
    return float(middle), float(np.clip(change, -most, most))


def _fits(trials: Numbers, points: Numbers, slopes: Numbers) -> Numbers:
    """Return how well each pair agrees with each trial, (t, m), 0 where it does not."""
    middle, change = trials[:, :1], trials[:, 1:]
    expected = (middle + change * points[:, 1]) / (1 + change * points[:, 0])
    # The tangent of the angle between the two.
    off = (expected - slopes) / (1 + expected * slopes) / np.tan(_TOLERANCE)
    fits: Numbers = np.maximum(0, 1 - off**2)
    return fits
