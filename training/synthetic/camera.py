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
    framing = rng.random()
    if framing < 0.5:  # the whole bay
        span = max(bay_width, bay_height * width / height * float(rng.uniform(0.6, 1.0))) * float(
            rng.uniform(0.95, 1.15)
        )
    elif framing < 0.72:  # a few shelves
        span = float(rng.uniform(55, 105))
    elif framing < 0.82:  # a few products
        span = float(rng.uniform(26, 55))
    else:  # the bay and its neighbours
        span = bay_width * float(rng.uniform(1.5, 3.0))
    span = min(span, 380.0)
    tall = span * height / width
    middle = bay_height / 2 if tall > bay_height else float(rng.uniform(tall * 0.4, bay_height - tall * 0.4))
    target = (bay_width * float(rng.uniform(0.4, 0.6)), middle)
    yaw = float(rng.uniform(*_YAW[angle]) * rng.choice([-1, 1]))
    return _look(rng, target, span, yaw, (width, height), bay_height)


def _look(
    rng: Generator, target: tuple[float, float], span: float, yaw: float, size: tuple[int, int], bay_height: float
) -> View:
    width, height = size
    focal = max(size) / 2 / np.tan(np.radians(rng.uniform(52, 70)) / 2)
    distance = focal * span / width
    eye_y = float(np.clip(bay_height - rng.uniform(95, 185), target[1] - distance * 0.6, target[1] + distance * 0.5))
    if rng.random() < 0.5:
        eye_y = 0.35 * eye_y + 0.65 * target[1]
    away = distance * np.cos(np.radians(yaw))
    eye = (target[0] + distance * np.sin(np.radians(yaw)), eye_y, away)
    roll = float(np.clip(rng.normal(0, 1.2), -4, 4))
    homography = _homography(np.array([eye[0], eye[1], -away]), np.array([*target, 0.0]), roll, focal, (width, height))
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
