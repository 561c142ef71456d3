"""Fridges, cupboards, shop shelves and tables, planned: measures, boards, lamps, and where the camera stands."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.random import Generator

from training.starter.easel import Camera, Light, Points, Tint

_WHITES: tuple[Tint, ...] = ((236, 234, 228), (226, 228, 230), (240, 236, 222), (214, 216, 216), (120, 124, 128))
_WOODS: tuple[Tint, ...] = (
    (190, 150, 105), (150, 105, 66), (222, 196, 158), (104, 70, 46), (236, 232, 224), (245, 244, 240), (90, 105, 110),
    (176, 186, 170), (60, 58, 58),
)  # fmt: skip
_METALS: tuple[Tint, ...] = ((232, 230, 224), (205, 206, 206), (160, 162, 165), (90, 92, 96), (225, 220, 200))
_WALLS: tuple[Tint, ...] = (
    (225, 220, 210), (200, 205, 205), (190, 170, 150), (120, 110, 100), (60, 60, 64), (170, 185, 175), (150, 60, 50),
    (210, 195, 150), (100, 115, 140), (35, 32, 30),
)  # fmt: skip
_ASPECTS = ((3, 4), (4, 3), (9, 16), (16, 9), (1, 1))


class Place(StrEnum):
    """What kind of room it is."""

    FRIDGE = "fridge"
    CUPBOARD = "cupboard"
    SHOP = "shop"
    TABLE = "table"


class Surface(StrEnum):
    """What a board is made of."""

    GLASS = "glass"
    WIRE = "wire"
    SOLID = "solid"


@dataclass(frozen=True, slots=True)
class Board:
    """A board that things stand on, in cm; ``edge`` is its front's height (0: a floor), ``clear`` the room above."""

    y: float
    left: float
    right: float
    front: float
    back: float
    edge: float
    clear: float
    surface: Surface
    colour: Tint
    drawers: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Door:
    """An open door: where it is hinged, which way it points, where its inner side looks, the heights of its bins."""

    hinge: Points
    along: Points
    inner: Points
    length: float
    bins: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """A room open to the front at z = 0; ``size`` is width, height and depth in cm."""

    place: Place
    size: tuple[float, float, float]
    boards: tuple[Board, ...]
    doors: tuple[Door, ...]
    colour: Tint
    frame: Tint
    wall: Tint


def plan_room(rng: Generator) -> Room:
    """Invent a room."""
    place = tuple(Place)[int(rng.choice(4, p=[0.5, 0.2, 0.15, 0.15]))]
    size = {
        Place.FRIDGE: (rng.uniform(44, 78), rng.uniform(60, 140), rng.uniform(38, 58)),
        Place.CUPBOARD: (rng.uniform(40, 110), rng.uniform(50, 120), rng.uniform(26, 42)),
        Place.SHOP: (rng.uniform(85, 130), rng.uniform(110, 190), rng.uniform(36, 52)),
        Place.TABLE: (rng.uniform(80, 170), rng.uniform(60, 100), rng.uniform(45, 75)),
    }[place]
    width, height, depth = (float(side) for side in size)
    shades = {Place.FRIDGE: _WHITES, Place.CUPBOARD: _WOODS, Place.SHOP: _METALS, Place.TABLE: _WALLS}[place]
    colour = _near(rng, shades)
    boards = _boards(rng, place, (width, height, depth), colour)
    doors = _doors(rng, place, (width, height, depth)) if place in (Place.FRIDGE, Place.CUPBOARD) else ()
    frame = _near(rng, (*_WHITES, *_METALS, (30, 30, 32))) if place is Place.FRIDGE else colour
    return Room(place, (width, height, depth), boards, doors, colour, frame, _near(rng, _WALLS))


def _near(rng: Generator, shades: tuple[Tint, ...]) -> Tint:
    r, g, b = np.clip(np.array(shades[int(rng.integers(len(shades)))]) + rng.normal(0, 7, 3), 5, 250)
    return float(r), float(g), float(b)


def _boards(rng: Generator, place: Place, size: tuple[float, float, float], colour: Tint) -> tuple[Board, ...]:
    """Hang boards at uneven heights above the floor, top one first."""
    width, height, depth = size
    count = {Place.FRIDGE: (2, 5), Place.CUPBOARD: (1, 4), Place.SHOP: (2, 6), Place.TABLE: (0, 1)}[place]
    shares = rng.uniform(0.7, 1.6, int(rng.integers(*count)) + 1)
    heights = np.cumsum(shares / shares.sum() * height)[:-1]
    drawers = int(rng.integers(1, 3)) if place is Place.FRIDGE and rng.random() < 0.7 else 0
    surface, edge, board = _material(rng, place, colour)
    boards, above = [], 0.0
    for y in heights:
        half = rng.random() < 0.08 and place is Place.FRIDGE
        side = float(rng.uniform(0.4, 0.6)) * width if half else width - 0.5
        front = float(rng.uniform(0, 0.3)) * depth if place is not Place.SHOP else 0.0
        under = drawers if y == heights[-1] else 0
        top = Surface.GLASS if under else surface
        boards.append(Board(float(y), 0.5, side, front, depth - 1, edge, float(y) - above - 1, top, board, under))
        above = float(y) + edge
    if not drawers:
        boards.append(Board(height, 0, width, 0, depth, 0, height - above - 1, Surface.SOLID, colour))
    return tuple(boards)


def _material(rng: Generator, place: Place, colour: Tint) -> tuple[Surface, float, Tint]:
    if place is Place.FRIDGE:
        surface = tuple(Surface)[int(rng.choice(3, p=[0.65, 0.2, 0.15]))]
        trim = (colour, (235, 235, 235), (190, 192, 195), (150, 175, 190))[int(rng.integers(4))]
        return surface, float(rng.uniform(0.7, 1.2) if surface is Surface.WIRE else rng.uniform(1.2, 3.6)), trim
    if place is Place.SHOP:
        return Surface.SOLID, float(rng.uniform(2.5, 5)), _near(rng, _METALS)
    return Surface.SOLID, float(rng.uniform(1.5, 2.8)), colour if rng.random() < 0.7 else _near(rng, _WOODS)


def _doors(rng: Generator, place: Place, size: tuple[float, float, float]) -> tuple[Door, ...]:
    width, height, _ = size
    doors = []
    for side in (-1, 1):
        if rng.random() < (0.45 if place is Place.FRIDGE else 0.6):
            turn = np.radians(rng.uniform(5, 80))
            along = np.array([side * np.sin(turn), 0, -np.cos(turn)])
            inner = np.array([-side * np.cos(turn), 0, -np.sin(turn)])
            hinge = np.array([-2.5 if side < 0 else width + 2.5, 0, -1.0])
            heights = np.sort(rng.uniform(0.15, 0.98, int(rng.integers(1, 5)))) * height
            bins = tuple(float(y) for y in heights) if place is Place.FRIDGE else ()
            length = width if place is Place.FRIDGE else width / 2
            doors.append(Door(hinge, along, inner, length, bins))
        if doors and place is Place.FRIDGE:
            break
    return tuple(doors)


def choose_light(rng: Generator, room: Room) -> Light:
    """Hang lamps: in the top, the back or the sides of a fridge, in the room before the other places."""
    width, height, depth = room.size
    warm = np.array([1.0, rng.uniform(0.9, 1.0), rng.uniform(0.74, 1.0)])
    tint = tuple(float(v) for v in (warm if rng.random() < 0.75 else warm[::-1] ** 0.45))
    if room.place is Place.FRIDGE:
        lamps = np.array(
            (
                [(width / 2, 4, depth * rng.uniform(0.2, 0.9))],
                [(width * rng.uniform(0.3, 0.7), height * rng.uniform(0.05, 0.3), depth - 3)],
                [(2, height * rng.uniform(0.2, 0.5), depth * 0.5), (width - 2, height * 0.4, depth * 0.5)],
            )[int(rng.choice(3, p=[0.6, 0.25, 0.15]))],
            np.float64,
        )
        power, reach, ambient = rng.uniform(0.6, 1.5), rng.uniform(35, 100), rng.uniform(0.15, 0.6)
        through = rng.uniform(0.7, 0.98)
    else:
        lamps = np.array([(width * rng.uniform(-0.3, 1.3), -rng.uniform(20, 150), -rng.uniform(40, 160))])
        power, reach, ambient, through = rng.uniform(0.4, 0.9), rng.uniform(120, 300), rng.uniform(0.25, 0.6), 0.72
    boards = np.array([board.y for board in room.boards if board.edge])
    shares = np.full(len(lamps), float(power) / len(lamps) ** 0.5)
    return Light(lamps, shares, float(reach), float(ambient), boards, float(through), (tint[0], tint[1], tint[2]))


def choose_camera(rng: Generator, room: Room, longest: int) -> Camera:
    """Stand before a room as people do: the whole of it, more than it, or a few of its boards."""
    width, height, depth = room.size
    odds = [0.45, 0.2, 0.2, 0.07, 0.08] if height > width else [0.2, 0.45, 0.06, 0.21, 0.08]
    aspect = _ASPECTS[int(rng.choice(len(_ASPECTS), p=odds))]
    size = longest * aspect[0] // max(aspect), longest * aspect[1] // max(aspect)
    whole = max(width, height * size[0] / size[1] * float(rng.uniform(0.5, 1.0)))
    span = whole * float(
        rng.choice([rng.uniform(0.9, 1.2), rng.uniform(1.2, 1.5), rng.uniform(0.4, 0.9)], p=[0.4, 0.15, 0.45])
    )
    focal = longest * float(rng.uniform(0.72, 1.1))
    distance = max(40.0, focal * span / size[0])
    tall = span * size[1] / size[0]
    middle = height / 2 if tall > height else float(rng.uniform(tall * 0.45, height - tall * 0.4))
    if room.place is Place.TABLE:
        middle = height - tall * float(rng.uniform(0.1, 0.35))
    yaw = np.radians(rng.normal(0, 10))
    lift = distance * np.tan(np.radians(float(rng.uniform(-8, 32) if rng.random() < 0.8 else rng.uniform(20, 45))))
    target = np.array([width * float(rng.uniform(0.4, 0.6)), middle, depth * 0.3])
    eye = target + np.array([np.sin(yaw) * distance, -lift, -distance * np.cos(yaw) - depth * 0.3])
    return Camera.towards(eye, target, float(np.clip(rng.normal(0, 1.5), -5, 5)), focal, (size[0], size[1]))
