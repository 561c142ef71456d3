"""How a pack stands: upright, leaning, turned or lying; and the sides and lids it then shows."""

import numpy as np
from numpy.typing import NDArray

from training.synthetic.canvas import Canvas
from training.synthetic.designs import LIDDED, PRINTED_SIDES, SHOULDERS
from training.synthetic.fixtures import dim
from training.synthetic.packs import Pack

Corners = NDArray[np.float64]  # (3, 3) cm: a face's top left, top right and bottom left


def stand(pack: Pack, place: tuple[float, float, float], tilt: float = 0.0, turn: float = 0.0) -> Corners:
    """Stand a pack on its place: x of its left edge, y of its foot, z of its front.

    Args:
        tilt: by how many radians it leans in the plane of the shelf's front.
        turn: by how many radians it is turned about the upright axis.
    """
    x, foot, z = place
    width, height, _ = pack.design.size_cm
    c, s = np.cos(tilt), np.sin(tilt)
    local = np.array([(-width / 2, -height), (width / 2, -height), (-width / 2, 0.0)])
    leaning = local @ np.array([[c, s], [-s, c]])
    depth = z + leaning[:, 0] * np.sin(turn) + abs(np.sin(turn)) * width / 2
    return np.column_stack([x + width / 2 + leaning[:, 0] * np.cos(turn), foot + leaning[:, 1], depth])


def lay(pack: Pack, place: tuple[float, float, float]) -> Corners:
    """Lay a pack on its side, its top to the left."""
    x, foot, z = place
    width, height, _ = pack.design.size_cm
    return np.array([(x, foot, z), (x, foot - width, z), (x + height, foot, z)])


def outline(corners: Corners) -> NDArray[np.float64]:
    """Return all four corners of a face, (4, 3), clockwise."""
    top_left, top_right, bottom_left = corners
    return np.array([top_left, top_right, top_right + bottom_left - top_left, bottom_left])


def paste(canvas: Canvas, pack: Pack, corners: Corners, gain: float, ident: int) -> None:
    """Paste a pack's face in the size that its place on the canvas needs."""
    tall = float(np.linalg.norm(corners[2] - corners[0])) * canvas.scale
    canvas.paste(pack.at_height(tall), corners, gain, ident)


def draw_solid(canvas: Canvas, pack: Pack, corners: Corners, gain: float, ident: int) -> None:
    """Draw the side and the top that a boxy or lidded pack shows to an eye beside or above it."""
    shoulder = SHOULDERS.get(pack.design.shape)
    above = canvas.view.eye[1] < corners[0, 1]
    if shoulder is not None:
        _draw_side(canvas, pack, corners, shoulder, gain, ident)
        if above and not shoulder:
            back = _backwards(pack, corners)
            lid = np.array([corners[0], corners[1], corners[1] + back, corners[0] + back])
            canvas.fill(lid, dim(pack.side, 1.08 * gain), ident)
    elif above and pack.design.shape in LIDDED:
        _draw_lid(canvas, pack, corners, gain, ident)


def _backwards(pack: Pack, corners: Corners) -> NDArray[np.float64]:
    """The vector from a face's corner to the one behind it."""
    across = (corners[1] - corners[0]) / np.linalg.norm(corners[1] - corners[0])
    return pack.design.size_cm[2] * np.array([-across[2], 0.0, across[0]])


def _draw_side(canvas: Canvas, pack: Pack, corners: Corners, shoulder: float, gain: float, ident: int) -> None:
    top_left, top_right, bottom_right, bottom_left = outline(corners)
    across, back = top_right - top_left, _backwards(pack, corners)
    eye = np.array([canvas.view.eye[0], 0.0, -canvas.view.eye[2]])
    for top, foot, outwards in ((top_left, bottom_left, -across), (top_right, bottom_right, across)):
        ray = eye - top
        if outwards[0] * ray[0] + outwards[2] * ray[2] <= 0:
            continue
        start = top + (foot - top) * shoulder
        canvas.fill(np.array([start, start + back, foot + back, foot]), dim(pack.side, 0.6 * gain), ident)
        if pack.design.shape in PRINTED_SIDES:
            paste(canvas, pack, np.array([start, start + back, foot]), 0.6 * gain, ident)


def _draw_lid(canvas: Canvas, pack: Pack, corners: Corners, gain: float, ident: int) -> None:
    """The far half of a round top; its near half is the top edge of the face."""
    left, right, _ = corners
    turn = np.linspace(0, np.pi, 9)
    back = np.array([0.0, 0.0, pack.design.size_cm[2]])
    rim = (left + right) / 2 + np.cos(turn)[:, None] * (right - left) / 2 + np.sin(turn)[:, None] * back
    canvas.fill(rim, dim(pack.design.cap, 0.8 * gain), ident)
