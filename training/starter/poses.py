"""How a cut-out stands somewhere: which way up, how large, how lit, and what shows of it from above or aside."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.starter.cutouts import Cutout, Form
from training.starter.easel import Points
from training.synthetic.artwork import Image


@dataclass(frozen=True, slots=True, eq=False)
class Posed:
    """A thing as it stands, in cm.

    Attributes:
        picture: RGBA with colours multiplied by alpha, as tall as the thing.
        gain: (3,) brightness and colour of this piece.
        turned: about the vertical, in radians; boxes only.
        printed: whether a box's sides carry its artwork, too.
        lean: in the picture plane, in radians.
        x, base, z: the middle of its foot.
        raised: whether it stands on another thing.
    """

    picture: Image
    width: float
    height: float
    form: Form
    lid: tuple[float, float, float]
    gain: NDArray[np.float64]
    turned: float = 0.0
    printed: bool = False
    lean: float = 0.0
    x: float = 0.0
    base: float = 0.0
    z: float = 0.0
    raised: bool = False

    def other_faces(self, front: Points, eye: Points) -> Iterator[tuple[Points, float, bool]]:
        """Yield the side and the top of a box that the eye sees, (4, 3), how bright it is and whether it is printed."""
        away = np.array([-np.sin(self.turned), 0, np.cos(self.turned)]) * min(self.width * 0.55, self.height, 10)
        top_left, top_right, bottom_right, bottom_left = front
        across = np.array([np.cos(self.turned), 0, np.sin(self.turned)])
        if np.dot(eye - top_left, -across) > 0:
            yield np.array([top_left + away, top_left, bottom_left, bottom_left + away]), 0.62, self.printed
        elif np.dot(eye - top_right, across) > 0:
            yield np.array([top_right, top_right + away, bottom_right + away, bottom_right]), 0.7, self.printed
        if eye[1] < top_left[1]:
            yield np.array([top_left + away, top_right + away, top_right, top_left]), 1.1, False


def pose(rng: Generator, cutout: Cutout) -> Posed:
    """Turn, mirror, size and light a cut-out somehow."""
    picture, form = cutout.picture, cutout.form
    per_cm = len(picture) / cutout.height
    if rng.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
    if form is Form.LUMP:
        if rng.random() < 0.6:
            picture = _rotated(picture, float(rng.uniform(-180, 180)))
    elif cutout.lies and rng.random() < 0.16:
        clockwise = int(rng.choice([cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE]))
        picture, form = np.asarray(cv2.rotate(picture, clockwise), np.uint8), Form.VIEW
    if rng.random() < 0.35:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), float(rng.uniform(0.5, 1.3))), np.uint8)
    if rng.random() < 0.5:
        picture = _toned(picture, float(rng.uniform(0.75, 1.3)))
    grow = float(rng.uniform(0.85, 1.2)) / per_cm
    gain = float(rng.uniform(0.78, 1.12)) * rng.normal(1, 0.035, 3)
    turned = float(rng.normal(0, 0.3)) if form is Form.BOX else 0.0
    lean = 0.0 if form is Form.BOX else float(np.radians(rng.normal(0, 1.0 if rng.random() < 0.92 else 9.0)))
    height, width = picture.shape[:2]
    return Posed(picture, width * grow, height * grow, form, cutout.lid, gain, turned, rng.random() < 0.6, lean)


def stand(posed: Posed, eye: Points) -> Points:
    """Return the corners of its picture where it stands, (4, 3), clockwise from top left.

    Bodies of revolution and lumps look the same from all sides: they are seen square on.
    """
    turned = posed.turned
    if posed.form is not Form.BOX:
        turned = float(np.arctan2(eye[0] - posed.x, posed.z - eye[2])) * 0.8
    across = np.array([np.cos(turned), 0, np.sin(turned)]) * posed.width / 2
    c, s = np.cos(posed.lean), np.sin(posed.lean)
    up = np.array([0, -posed.height, 0])
    side = across * c + np.array([0, s * posed.width / 2, 0])
    rise = up * c + across / max(1e-6, posed.width / 2) * s * posed.height
    foot = np.array([posed.x, posed.base - abs(s) * posed.width / 2, posed.z])
    return np.array([foot - side + rise, foot + side + rise, foot + side, foot - side])


def bent(posed: Posed, corners: Points, eye: Points) -> tuple[Image, Points]:
    """Curve a round thing's edges as seen from above and close its lid; other things are returned as they are."""
    if posed.form not in (Form.ROUND, Form.LID):
        return posed.picture, corners
    away = np.array([posed.x, posed.base - posed.height, posed.z]) - eye
    steep = float(away[1] / np.linalg.norm(away))
    height, width = posed.picture.shape[:2]
    sag = int(width / 2 * steep * 0.9)
    if sag < 2:
        return posed.picture, corners
    sag = min(sag, height // 3)
    columns = np.linspace(-1, 1, width, dtype=np.float32)
    drop = sag * np.sqrt(np.clip(1 - columns**2, 0, 1))
    yy, xx = np.mgrid[0 : height + 2 * sag, 0:width].astype(np.float32)
    picture = np.asarray(cv2.remap(posed.picture, xx, yy - sag - drop, cv2.INTER_LINEAR), np.uint8)
    if posed.form is Form.LID:
        middle, radii = (width // 2, sag), (int(width * 0.46), sag)
        shade = [min(255, c * 1.05) for c in posed.lid]
        cv2.ellipse(picture, middle, radii, 0, 0, 360, (*[c * 0.75 for c in shade], 255), -1, cv2.LINE_AA)
        cv2.ellipse(
            picture, middle, (int(radii[0] * 0.9), int(radii[1] * 0.86)), 0, 0, 360, (*shade, 255), -1, cv2.LINE_AA
        )
    down = (corners[3] - corners[0]) * (sag / height)
    return picture, corners + np.array([-down, -down, down * 0.55, down * 0.55]) * np.array(
        [[1.0], [1.0], [1.0], [1.0]]
    )


def _rotated(picture: Image, degrees: float) -> Image:
    """Rotate a cut-out and crop it to what shows."""
    height, width = picture.shape[:2]
    side = int(np.hypot(height, width)) + 2
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turn[:, 2] += (side - width) / 2, (side - height) / 2
    whole = cv2.warpAffine(picture, turn, (side, side))
    solid = whole[..., 3] > 30
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    return np.ascontiguousarray(whole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]).astype(np.uint8)


def _toned(picture: Image, gamma: float) -> Image:
    """Apply a gamma to the colours of a cut-out, not to its alpha."""
    curve = (np.linspace(0, 1, 256) ** gamma * 255).astype(np.uint8)
    toned = picture.copy()
    # Colours are multiplied by alpha: they must not outgrow it at soft edges.
    toned[..., :3] = np.minimum(cv2.LUT(picture[..., :3], curve), picture[..., 3:])
    return toned
