"""A pinhole camera in front of a bay, split into a parallel painting plane and one homography.

Coordinates are cm: x right, y down from the bay's top left front corner, z away from the viewer. Seen from a point at
distance d in front of the plane z = 0, everything projects onto that plane by a plain scaling about the point's foot;
turning the camera is then one homography of the plane (Hartley and Zisserman, Multiple View Geometry, 8.1). So a bay is
painted upright on the plane and warped once, and the result is an exact perspective.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from retail.conditions import ViewingAngle

Points = NDArray[np.float64]  # (n, 2)

_YAW: dict[ViewingAngle, tuple[float, float]] = {
    ViewingAngle.FRONTAL: (0.0, 11.0),
    ViewingAngle.OBLIQUE: (13.0, 29.0),
    ViewingAngle.STEEP: (31.0, 42.0),
}
_ASPECTS = ((4, 3), (3, 4), (16, 9), (9, 16), (1, 1))
_MARGIN = 0.02  # of the picture, around what fills it


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo of a bay that somebody means to take, where it is not left to chance.

    Attributes:
        yaw: degrees by which the camera stands aside; positive is to the right of the bay.
        roll: degrees by which it is turned about its axis.
        part: left, top, right and bottom of what just fills the picture, as shares of the bay's width and height.
        hidden: share of the bay's facings, by their area in the picture, that things in front of it cover.
    """

    yaw: float = 0.0
    roll: float = 0.0
    part: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    hidden: float = 0.0


@dataclass(frozen=True, slots=True)
class View:
    """A camera: where it is (cm), the homography from the plane z = 0 to the picture, and the picture's size."""

    eye: tuple[float, float, float]  # x, y, distance to the plane
    homography: NDArray[np.float64]  # (3, 3): cm on the plane -> pixels
    size: tuple[int, int]  # width, height
    pixels_per_cm: float  # in the middle of the picture
    yaw: float  # degrees

    def to_plane(self, points: NDArray[np.float64]) -> Points:
        """Project points (n, 3) in cm onto the plane z = 0, as seen from the eye."""
        x, y, distance = self.eye
        scale = distance / (distance + points[:, 2:])
        flat: Points = np.array([x, y]) + (points[:, :2] - (x, y)) * scale
        return flat

    def to_picture(self, plane: Points) -> Points:
        """Map points (n, 2) on the plane to pixels."""
        return apply(self.homography, plane)

    def is_before(self, plane: Points) -> bool:
        """Tell whether points (n, 2) on the plane all lie before the camera; what lies behind it maps to nonsense."""
        return bool((np.column_stack([plane, np.ones(len(plane))]) @ self.homography[2] > 0).all())

    def seen_plane(self) -> Points:
        """Return the picture's four corners on the plane, (4, 2), clockwise from top left."""
        width, height = self.size
        corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
        return apply(np.asarray(np.linalg.inv(self.homography), np.float64), corners)


def apply(homography: NDArray[np.float64], points: Points) -> Points:
    """Map points (n, 2) by a homography (3, 3)."""
    lifted = np.column_stack([points, np.ones(len(points))]) @ homography.T
    mapped: Points = lifted[:, :2] / lifted[:, 2:]
    return mapped


def choose_view(rng: Generator, bay: tuple[float, float], angle: ViewingAngle, longest: int) -> View:
    """Stand somewhere in front of a bay (width, height in cm) as people with phones and fixed cameras do."""
    bay_width, bay_height = bay
    aspect = _ASPECTS[int(rng.choice(len(_ASPECTS), p=[0.36, 0.32, 0.14, 0.1, 0.08]))]
    width, height = (longest * aspect[i] // max(aspect) for i in (0, 1))
    span = _span(rng, bay, width / height)
    tall = span * height / width
    middle = bay_height / 2 if tall > bay_height else float(rng.uniform(tall * 0.4, bay_height - tall * 0.4))
    target = (bay_width * float(rng.uniform(0.3, 0.7)), middle)
    yaw = float(rng.uniform(*_YAW[angle]) * rng.choice([-1, 1]))
    return _look(rng, target, span, yaw, (width, height), bay_height)


def frame(rng: Generator, bay: tuple[float, float], shot: Shot, longest: int) -> View:
    """Stand where a shot of a bay (width, height in cm) is taken from; height and lens are left to chance."""
    left, right = (bay[0] * shot.part[edge] for edge in (0, 2))
    top, bottom = (bay[1] * shot.part[edge] for edge in (1, 3))
    aspect = min(_ASPECTS, key=lambda one: abs(np.log(one[0] / one[1] * (bottom - top) / (right - left))))
    size = (longest * aspect[0] // max(aspect), longest * aspect[1] // max(aspect))
    focal = max(size) / 2 / np.tan(np.radians(rng.uniform(52, 76)) / 2)
    raised, yaw = float(rng.uniform(-0.2, 0.2)), np.radians(shot.yaw)
    target = np.array([(left + right) / 2, (top + bottom) / 2, 0.0])
    away = np.array([np.sin(yaw), raised, -np.cos(yaw)]) / np.hypot(1, raised)
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])

    def seen_from(distance: float) -> View:
        eye = target + away * distance
        homography = _homography(eye, target, shot.roll, focal, size)
        return View((float(eye[0]), float(eye[1]), float(-eye[2])), homography, size, focal / distance, shot.yaw)

    near, far = max(right - left, bottom - top) / 2, 40.0 * max(right - left, bottom - top)
    for _ in range(30):
        middle = (near * far) ** 0.5
        near, far = (near, middle) if _fits(seen_from(middle).to_picture(corners), size) else (middle, far)
    return seen_from(far)


def _fits(pixels: Points, size: tuple[int, int]) -> bool:
    margin = _MARGIN * np.array(size)
    return bool((pixels >= margin).all() and (pixels <= np.array(size) - margin).all())


def _span(rng: Generator, bay: tuple[float, float], aspect: float) -> float:
    """How many cm the picture is wide: a few products, a few shelves, the bay, the bay and its neighbours."""
    bay_width, bay_height = bay
    framing = rng.random()
    if framing < 0.14:
        return float(rng.uniform(18, 50))
    if framing < 0.46:
        return float(rng.uniform(50, 115))
    if framing < 0.7:
        return max(bay_width, bay_height * aspect * float(rng.uniform(0.6, 1.0))) * float(rng.uniform(0.9, 1.12))
    filled = bay_height * aspect * float(rng.uniform(0.75, 1.05))
    wide = bay_width * float(rng.uniform(1.4, 3.2))
    return min(380.0, wide if rng.random() < 0.3 else min(wide, max(filled, bay_width)))


def _roll(rng: Generator) -> float:
    """Degrees by which the camera is turned about its axis: a little, or carelessly."""
    return float(np.clip(rng.normal(0, 1.3), -4, 4) if rng.random() < 0.8 else rng.uniform(-25, 25))


def _look(
    rng: Generator, target: tuple[float, float], span: float, yaw: float, size: tuple[int, int], bay_height: float
) -> View:
    width, height = size
    focal = max(size) / 2 / np.tan(np.radians(rng.uniform(52, 76)) / 2)
    distance = focal * span / width
    eye_y = float(np.clip(bay_height - rng.uniform(95, 185), target[1] - distance * 0.6, target[1] + distance * 0.5))
    chance = rng.random()
    if chance < 0.5:
        eye_y = 0.35 * eye_y + 0.65 * target[1]
    elif chance < 0.62:  # held up high, or from the knees
        eye_y = target[1] + distance * float(rng.choice([-1, 1]) * rng.uniform(0.4, 0.75))
    away = distance * np.cos(np.radians(yaw))
    eye = (target[0] + distance * np.sin(np.radians(yaw)), eye_y, away)
    place = np.array([eye[0], eye[1], -away])
    homography = _homography(place, np.array([*target, 0.0]), _roll(rng), focal, (width, height))
    return View((float(eye[0]), eye_y, float(away)), homography, size, float(width / span), yaw)


def _homography(
    eye: NDArray[np.float64], target: NDArray[np.float64], roll: float, focal: float, size: tuple[int, int]
) -> NDArray[np.float64]:
    """K R [I | -eye], restricted to z = 0."""
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(np.array([0.0, 1.0, 0.0]), forward)
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    rotation = np.stack([c * right + s * down, c * down - s * right, forward])
    intrinsics = np.array([[focal, 0, size[0] / 2], [0, focal, size[1] / 2], [0, 0, 1]])
    plane = np.column_stack([np.eye(3)[:, 0], np.eye(3)[:, 1], -eye])
    result: NDArray[np.float64] = intrinsics @ rotation @ plane
    return result
