"""What rooms are built of, painted: walls, boards, drawers, doors, lamps, knobs, grilles, frames."""

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from retail.boxes import DetectionKind
from training.starter.easel import Easel, Points, Tint
from training.starter.rooms import Board, Door, Place, Room, Surface
from training.starter.walls import back_texture, scaled, wall_texture


def upright(left: float, top: float, right: float, bottom: float, z: float) -> Points:
    """Return a rectangle that faces the viewer, (4, 3), clockwise from top left."""
    return np.array([(left, top, z), (right, top, z), (right, bottom, z), (left, bottom, z)], np.float64)


def level(left: float, right: float, front: float, back: float, y: float) -> Points:
    """Return a rectangle that lies flat, (4, 3), clockwise from its far left corner."""
    return np.array([(left, y, back), (right, y, back), (right, y, front), (left, y, front)], np.float64)


def paint_room(easel: Easel, room: Room, rng: Generator) -> None:
    """Paint everything that is behind the boards and what stands on them."""
    _surroundings(easel, room, rng)
    _walls(easel, room, rng)
    if room.place is Place.FRIDGE:
        _fridge_fittings(easel, room, rng)
    elif room.place is Place.CUPBOARD:
        _pin_holes(easel, room, rng)
    _marks(easel, room, rng)


def _surroundings(easel: Easel, room: Room, rng: Generator) -> None:
    width, height, _ = room.size
    wall = scaled(room.wall, float(rng.uniform(0.25, 1.3)))
    legs = float(rng.uniform(4, 70))
    corners = np.array([(-170, -130, 3), (width + 170, -130, 3), (-170, height + legs, 3)], np.float64)
    easel.panel(corners, wall, wall_texture(rng, wall), corner_dark=0)
    ground = scaled((150, 120, 90) if rng.random() < 0.5 else (130, 130, 130), float(rng.uniform(0.3, 1.1)))
    eye = float(easel.camera.eye[2])
    near = max(eye + 25, -60.0)
    low = np.array([(-170, height + legs, 3), (width + 170, height + legs, 3), (-170, height + legs, near)], np.float64)
    easel.panel(low, ground, wall_texture(rng, ground), corner_dark=0)
    if room.place is Place.TABLE:
        return
    body, rim = float(rng.uniform(3, 9)), float(rng.uniform(1, 3))
    shell = room.frame if rng.random() < 0.7 else scaled(room.frame, 0.5)
    easel.fill(upright(-body, -body, width + body, height + body, 0.5), scaled(shell, float(rng.uniform(0.4, 0.9))))
    seal = (70, 70, 72) if rng.random() < 0.4 else scaled(room.frame, 0.8)
    easel.fill(upright(-rim, -rim, width + rim, height + rim, 0.3), seal)


def _walls(easel: Easel, room: Room, rng: Generator) -> None:
    width, height, depth = room.size
    plain = room.colour
    textured = rng.random() < 0.6 or room.place is not Place.FRIDGE
    side = wall_texture(rng, plain, fine=room.place is Place.FRIDGE) if textured else None
    back = back_texture(rng, room) if textured else None
    open_top = room.place is Place.TABLE or (room.place is Place.SHOP and rng.random() < 0.6)
    rear = np.array([(0, 0, depth), (width, 0, depth), (0, height, depth)], np.float64)
    if room.place is Place.TABLE:
        rear += np.array([(-150, -100, 0), (150, -100, 0), (-150, 0, 0)])
        easel.panel(rear, plain, back, corner_dark=0.1)
        return
    easel.panel(rear, plain, back)
    easel.panel(np.array([(0, height, depth), (width, height, depth), (0, height, 0)], np.float64), plain, side)
    if room.place is Place.SHOP and rng.random() < 0.5:
        return
    easel.panel(np.array([(0, 0, 0), (0, 0, depth), (0, height, 0)], np.float64), scaled(plain, 0.92), side)
    easel.panel(np.array([(width, 0, depth), (width, 0, 0), (width, height, depth)], np.float64), plain, side)
    if not open_top:
        easel.panel(np.array([(0, 0, 0), (width, 0, 0), (0, 0, depth)], np.float64), scaled(plain, 0.9), side)


def _fridge_fittings(easel: Easel, room: Room, rng: Generator) -> None:
    width, height, depth = room.size
    for x in (0.4, width - 0.4):
        for y in rng.uniform(0.08, 0.95, int(rng.integers(0, 9))) * height:
            z, long, thick = (
                float(rng.uniform(0.1, 0.8)) * depth,
                float(rng.uniform(2, 9)),
                float(rng.uniform(0.6, 2.4)),
            )
            if rng.random() < 0.3:
                z, long = depth * 0.1, depth * 0.8
            knob = np.array([(x, y, z), (x, y, z + long), (x, y + thick, z + long), (x, y + thick, z)])
            easel.fill(knob + np.array([0, thick * 0.5, 0]), scaled(room.colour, 0.7))
            easel.fill(knob, scaled(room.colour, 1.06))
    if rng.random() < 0.6:
        _grille(easel, room, rng)
    for lamp in easel.light.lamps:
        if rng.random() < 0.85:
            _lamp(easel, lamp, rng)


def _grille(easel: Easel, room: Room, rng: Generator) -> None:
    """Slots of the air outlet in the back wall."""
    width, height, depth = room.size
    left, top = width * float(rng.uniform(0.1, 0.5)), height * float(rng.uniform(0.03, 0.85))
    count, pitch, tall = int(rng.integers(5, 24)), float(rng.uniform(0.9, 1.8)), float(rng.uniform(0.8, 5))
    for number in range(count):
        x = left + number * pitch
        if x < width - 2:
            easel.fill(upright(x, top, x + pitch * 0.55, top + tall, depth - 0.3), scaled(room.colour, 0.3))


def _lamp(easel: Easel, lamp: NDArray[np.float64], rng: Generator) -> None:
    """A housing with a switch or a dial, and the bright cover of the bulb."""
    x, y, z = (float(v) for v in lamp)
    wide, tall = float(rng.uniform(3, 9)), float(rng.uniform(2, 6))
    grey = scaled((215, 215, 212), float(rng.uniform(0.6, 1.0)))
    if rng.random() < 0.7:
        easel.fill(upright(x - wide, y - 3, x + wide, y + tall, z), grey, lit=False)
        easel.fill(upright(x - wide, y + tall * 0.8, x + wide, y + tall, z), scaled(grey, 0.7), lit=False)
        dial = easel.camera.project(np.array([(x + wide * 0.5, y, z), (x + wide * 0.8, y, z)]))
        _ellipse(easel, dial[0], (float(np.ptp(dial[:, 0])), float(np.ptp(dial[:, 0]))), scaled(grey, 0.6))
        easel.fill(upright(x - wide * 0.8, y - 1, x - wide * 0.4, y + 1.2, z), (50, 50, 52), lit=False)
    centre, edge = easel.camera.project(np.array([(x, y + tall, z - 0.5), (x + wide * 0.7, y + tall, z - 0.5)]))
    reach = float(np.linalg.norm(edge - centre))
    flat = float(rng.uniform(0.4, 0.9))
    for share, shade in ((1.0, 200), (0.8, 232), (0.55, 255)):
        tint = np.array(easel.light.tint) ** 0.5 * shade
        _ellipse(easel, centre, (reach * share, reach * share * flat), (float(tint[0]), float(tint[1]), float(tint[2])))


def _ellipse(easel: Easel, centre: NDArray[np.float64], radii: tuple[float, float], colour: Tint) -> None:
    turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    ring = centre + np.column_stack([np.cos(turn) * radii[0], np.sin(turn) * radii[1]])
    easel.outline(ring, np.array(colour))


def _pin_holes(easel: Easel, room: Room, rng: Generator) -> None:
    if rng.random() < 0.6:
        _, height, depth = room.size
        step = float(rng.uniform(3, 7))
        for x in (0.2, room.size[0] - 0.2):
            for z in (depth * 0.2, depth * 0.8):
                for y in np.arange(step, height, step):
                    hole = np.array([(x, y, z), (x, y, z + 0.8), (x, y + 0.8, z + 0.8), (x, y + 0.8, z)])
                    easel.fill(hole, scaled(room.colour, 0.4))


def _marks(easel: Easel, room: Room, rng: Generator) -> None:
    """Stickers with small print, sockets, stains on the walls."""
    width, height, depth = room.size
    for _ in range(int(rng.integers(0, 4))):
        wide, tall = float(rng.uniform(2, 12)), float(rng.uniform(2, 9))
        y, paper = float(rng.uniform(0.05, 0.8)) * height, scaled((235, 235, 228), float(rng.uniform(0.6, 1.0)))
        if rng.random() < 0.5 and room.place is not Place.TABLE:
            x, z = float(rng.choice([0.2, width - 0.2])), float(rng.uniform(0.1, 0.6)) * depth
            corner, along = np.array([x, y, z]), np.array([0, 0, wide])
        else:
            corner, along = np.array([float(rng.uniform(0, 0.9)) * width, y, depth - 0.2]), np.array([wide, 0, 0])
        down = np.array([0, tall, 0])
        easel.fill(np.array([corner, corner + along, corner + along + down, corner + down]), paper, 0.8)
        for row in np.arange(0.15, 0.9, float(rng.uniform(0.08, 0.2))):
            start = corner + along * 0.08 + down * row
            easel.stroke(np.array([start, start + along * float(rng.uniform(0.2, 0.8))]), (90, 90, 90), 0.15, 0.8)


def paint_board(easel: Easel, room: Room, board: Board, rng: Generator) -> None:
    """Paint a board's upper side, or its lower one where the camera is below it."""
    if not board.edge and room.place is not Place.TABLE:
        return  # the floor is painted with the walls
    flat = level(board.left, board.right, board.front, board.back, board.y)
    if board.surface is Surface.SOLID:
        if room.place is Place.TABLE and not board.edge:
            flat = level(-120, room.size[0] + 120, -12, board.back, board.y)
        under = board.y < easel.camera.eye[1]
        colour = scaled(board.colour, 0.6 if under else 1.0)
        easel.panel(flat[[0, 1, 3]], colour, wall_texture(rng, colour), corner_dark=0.15)
    elif board.surface is Surface.WIRE:
        for x in np.linspace(board.left, board.right, int((board.right - board.left) / rng.uniform(2, 4))):
            easel.stroke(np.array([(x, board.y, board.front), (x, board.y, board.back)]), board.colour, 0.35, 1, None)
    else:
        easel.fill(flat, (205, 218, 214), float(rng.uniform(0.05, 0.2)), None)
        for one, other in ((0, 3), (1, 2), (0, 1)):
            easel.stroke(flat[[one, other]], board.colour, float(rng.uniform(0.6, 2)), 0.9, None)
        if board.drawers == 2:
            middle = (board.left + board.right) / 2
            bar = np.array([(middle, board.y, board.front), (middle, board.y, board.back)])
            easel.stroke(bar, board.colour, 2.0, 0.95, None)


def paint_edge(easel: Easel, room: Room, board: Board, rng: Generator) -> None:
    """Paint a board's front, which is what counts as a shelf."""
    if not board.edge:
        return
    corners = upright(board.left, board.y, board.right, board.y + board.edge, board.front)
    ident = easel.note(DetectionKind.SHELF, easel.area(corners))
    easel.fill(corners, scaled(board.colour, float(rng.uniform(0.8, 1.05))), 1.0, ident)
    shine = upright(board.left, board.y, board.right, board.y + board.edge * 0.25, board.front)
    easel.fill(shine, scaled(board.colour, 1.2), 0.7, None)
    if rng.random() < 0.15:
        x = float(rng.uniform(board.left, board.right - 8))
        text = upright(x, board.y + board.edge * 0.4, x + 5, board.y + board.edge * 0.7, board.front)
        easel.fill(text, (110, 110, 110), 0.6, None)


def paint_drawers(easel: Easel, room: Room, board: Board, rng: Generator) -> None:
    """Paint the clear drawers that hang below a board, empty ones."""
    wide = (board.right - board.left) / max(1, board.drawers)
    top, bottom = board.y + board.edge, room.size[1] - float(rng.uniform(1, 6))
    milk, lines = float(rng.uniform(0.12, 0.6)), scaled(board.colour, float(rng.uniform(0.9, 1.2)))
    for number in range(board.drawers):
        left, right = board.left + number * wide + 0.6, board.left + (number + 1) * wide - 0.6
        for x in np.linspace(left, right, int(rng.integers(4, 20))):
            rib = np.array([(x, bottom, board.front + 2), (x, bottom, board.back - 3)])
            easel.stroke(rib, lines, 0.3, 0.35, None)
        easel.fill(upright(left + 1, top, right - 1, bottom, board.back - 3), lines, milk * 0.6, None)
        face = upright(left, top, right, bottom, board.front + 1)
        easel.fill(face, lines, milk, None)
        for one, other in ((0, 1), (1, 2), (2, 3), (3, 0)):
            easel.stroke(face[[one, other]], lines, 0.6, 0.7, None)
        lip = float(rng.uniform(1.5, 4))
        easel.fill(upright(left, top + 1, right, top + 1 + lip, board.front), scaled(lines, 0.85), 0.5, None)
        shine = left + float(rng.uniform(0.1, 0.8)) * wide
        easel.fill(upright(shine, top + 3, shine + wide * 0.08, bottom - 2, board.front), (250, 250, 250), 0.2, None)


def door_bins(door: Door, eye: Points) -> Iterator[tuple[Points, Points]]:
    """Yield both ends of the middle of each bin's floor, (3,) each, if the door shows its inner side."""
    if np.dot(eye - door.hinge, door.inner) > 0:
        for y in door.bins:
            start = door.hinge + door.inner * 5 + np.array([0, y, 0])
            yield start + door.along * 4, start + door.along * (_seen_length(door, eye) - 4)


def _seen_length(door: Door, eye: Points) -> float:
    """A door's length, as far as it does not come too near the camera."""
    return float(np.clip((door.hinge[2] - eye[2] - 22) / max(0.05, -door.along[2]), 5, door.length))


def paint_door(easel: Easel, room: Room, door: Door, rng: Generator) -> None:
    """Paint an open door's inner side, or just its outer one."""
    eye, tall = easel.camera.eye, np.array([0, room.size[1], 0])
    end = door.hinge + door.along * _seen_length(door, eye)
    inside = np.dot(eye - door.hinge, door.inner) > 0
    colour = room.colour if inside else room.frame
    left, right = (door.hinge, end) if door.hinge[0] > 0 else (end, door.hinge)
    easel.panel(
        np.array([left, right, left + tall]), colour, wall_texture(rng, colour, fine=room.place is Place.FRIDGE)
    )
    for point in (left, right):
        easel.stroke(np.array([point, point + tall]), scaled(room.frame, 0.5), float(rng.uniform(1, 2.5)))
    if room.place is Place.CUPBOARD:
        for share in (0.15, 0.85):
            at = door.hinge + tall * share
            easel.stroke(np.array([at, at + door.along * 4]), (165, 165, 165), 2.0)
            easel.stroke(np.array([at, at + np.array([0, 0, 3])]), (130, 130, 130), 1.5)


def paint_bin(easel: Easel, room: Room, bin_floor: tuple[Points, Points], door: Door, rng: Generator) -> None:
    """Paint the front of a door's bin, before what stands in it."""
    start, end = (point + door.inner * 4.5 for point in bin_floor)
    up = np.array([0, -float(rng.uniform(4, 9)), 0])
    opacity = float(rng.choice([0.35, 0.95]))
    face = np.array([start + up, end + up, end - up * 0.1, start - up * 0.1])
    easel.fill(face, scaled(room.colour, 0.95), opacity, 0 if opacity > 0.9 else None)
    easel.stroke(face[:2], scaled(room.colour, 1.15), 0.7)
    easel.stroke(face[2:], scaled(room.colour, 0.7), 0.6)
