"""Where things keep the light from boards and walls."""

import cv2
import numpy as np
from numpy.random import Generator

from training.starter.easel import Easel, Floats, Points
from training.starter.fittings import upright
from training.starter.poses import Posed
from training.starter.rooms import Board, Room, Surface

_SOFT = 4  # shadows are drawn at this fraction of the picture's size


def contact_shadows(easel: Easel, board: Board, load: list[Posed], rng: Generator) -> None:
    """Where a thing stands on a board, no light gets below it."""
    deep = float(rng.uniform(0.35, 0.75)) * (0.6 if board.surface is Surface.GLASS else 1.0)
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    spots = []
    for posed in load:
        reach, lean = posed.width / 2, float(rng.normal(0, 0.1)) * posed.width
        ring = np.column_stack([np.cos(turn) * reach * 1.15, 0 * turn, np.sin(turn) * min(reach, 6) * 0.9])
        spots.append((ring + np.array([posed.x + lean, posed.base, posed.z + min(reach, 6) * 0.5]), deep))
    _darken(easel, spots, 1.6)


def wall_shadows(easel: Easel, room: Room, things: list[Posed], rng: Generator) -> None:
    """Project things from each lamp onto the back wall."""
    depth, deep = room.size[2], float(rng.uniform(0.1, 0.35))
    spots = []
    for lamp in easel.light.lamps:
        for posed in things:
            if lamp[2] < posed.z - 2:
                outline = upright(
                    posed.x - posed.width * 0.45,
                    posed.base - posed.height,
                    posed.x + posed.width * 0.45,
                    posed.base,
                    posed.z,
                )
                cast = lamp + (outline - lamp) * ((depth - lamp[2]) / (outline[:, 2:] - lamp[2]))
                cast[:, 1] = np.minimum(cast[:, 1], room.size[1])  # the wall ends at the floor
                spots.append((cast, deep))
            near = upright(
                posed.x - posed.width * 0.6,
                posed.base - posed.height * 0.8,
                posed.x + posed.width * 0.6,
                posed.base,
                depth,
            )
            spots.append((near, deep * 0.6 * max(0.0, 1 - (depth - posed.z) / 25)))
    _darken(easel, spots, 3.0)


def _darken(easel: Easel, spots: list[tuple[Points, float]], soft: float) -> None:
    if not spots:
        return
    width, height = easel.camera.size
    layer: Floats = np.zeros((height // _SOFT, width // _SOFT), np.float32)
    for outline, strength in spots:
        pixels = np.clip(easel.camera.project(outline) / _SOFT, -2000, 2000)
        part = np.zeros_like(layer)
        cv2.fillConvexPoly(part, np.round(pixels * 16).astype(np.int32), strength, cv2.LINE_AA, 4)
        layer = np.maximum(layer, part)
    easel.darken(np.asarray(cv2.GaussianBlur(layer, (0, 0), soft * max(width, height) / 960), np.float32))
