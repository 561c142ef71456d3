"""Sparse everyday scenes: a few things, or many, on the boards of an open fridge, a cupboard, a table, a shop shelf."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from retail.boxes import Boxes, DetectionKind
from retail.conditions import Lighting
from training.starter import fittings
from training.starter.cutouts import Cutout, Form
from training.starter.easel import Easel, Floats, Points
from training.starter.hands import reach_in
from training.starter.poses import Posed, bent, pose, stand
from training.starter.rooms import Board, Door, Place, Room, Surface, choose_camera, choose_light, plan_room
from training.starter.shadows import contact_shadows, wall_shadows
from training.synthetic.groups import Group
from training.synthetic.lighting import expose
from training.synthetic.tags import STYLES, draw_tag
from training.synthetic.truth import visible

_EMPTY_SHARE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPicture:
    """A drawn photo; n boxes.

    Attributes:
        image: (h, w, 3) RGB.
        boxes: (n, 4) x1, y1, x2, y2 in pixels, tight around what shows.
        kinds: what each box outlines.
    """

    image: NDArray[np.uint8]
    boxes: Boxes
    kinds: tuple[DetectionKind, ...]


def draw_interior(rng: Generator, cutouts: Sequence[Cutout], longest: int = 960) -> LabelledPicture:
    """Draw one photo; every tenth has no product in it.

    Args:
        rng: decides everything, so the same state draws the same photo.
        cutouts: what may stand there.
        longest: longer side of the photo in pixels.
    """
    easel = paint_interior(rng, cutouts, longest)
    image = expose(easel.colours, _lighting(rng), rng)
    things, boxes = visible(easel.things, easel.ids)
    return LabelledPicture(image, boxes, tuple(thing.kind for thing in things))


def paint_interior(rng: Generator, cutouts: Sequence[Cutout], longest: int) -> Easel:
    """Paint a room and what stands in it, before the lens, the sensor and the compression."""
    room = plan_room(rng)
    easel = Easel.empty(choose_camera(rng, room, longest), choose_light(rng, room))
    count = _how_many(rng)
    loads = _spread(rng, room, cutouts, count)
    fittings.paint_room(easel, room, rng)
    wall_shadows(easel, room, [posed for load in loads for posed in load], rng)
    eye = float(easel.camera.eye[1])
    order = sorted(range(len(room.boards)), key=lambda n: -abs(room.boards[n].y - eye))
    for number in order:
        _paint_load(easel, room, room.boards[number], loads[number], rng)
    for door in room.doors:
        fittings.paint_door(easel, room, door, rng)
        _fill_bins(easel, room, door, cutouts if count else (), rng)
    if rng.random() < 0.1:
        reach_in(easel.colours, easel.ids, rng)
    _finish(easel, room, rng)
    return easel


def _lighting(rng: Generator) -> Lighting:
    kinds = (Lighting.WARM, Lighting.NEUTRAL, Lighting.DIM, Lighting.COLD, Lighting.MIXED, Lighting.GLARE)
    return kinds[int(rng.choice(len(kinds), p=[0.35, 0.32, 0.11, 0.1, 0.06, 0.06]))]


def _how_many(rng: Generator) -> int:
    if rng.random() < _EMPTY_SHARE:
        return 0
    bounds = ((1, 10), (8, 21), (20, 61))[int(rng.choice(3, p=[0.55, 0.25, 0.2]))]
    return int(rng.integers(*bounds))


def _spread(rng: Generator, room: Room, cutouts: Sequence[Cutout], count: int) -> list[list[Posed]]:
    """Stand about ``count`` things on the boards, as long as there is room; return them board by board, far first."""
    loads: list[list[Posed]] = [[] for _ in room.boards]
    wides = np.array([board.right - board.left for board in room.boards])
    chosen = cutouts[int(rng.integers(len(cutouts)))]
    for _ in range(3 * count):  # not everything finds its place
        if sum(map(len, loads)) >= count:
            break
        number = int(rng.choice(len(wides), p=wides / wides.sum()))
        chosen = chosen if rng.random() < 0.22 else cutouts[int(rng.integers(len(cutouts)))]
        board = room.boards[number]
        posed = _find_room(rng, board, pose(rng, chosen), loads[number], crowded=count > 12)
        if posed is not None:
            loads[number].append(posed)
            if rng.random() < 0.13:
                loads[number] += _on_top(rng, board, posed, cutouts)
    return [sorted(load, key=lambda posed: (-posed.z, posed.raised)) for load in loads]


def _find_room(rng: Generator, board: Board, posed: Posed, load: list[Posed], crowded: bool) -> Posed | None:
    """Stand a thing where it does not run into another; None where there is no such place."""
    if posed.height > board.clear - 0.5 or posed.width > board.right - board.left - 2:
        return None
    deepest = max(board.front + 2.5, board.back - posed.width * 0.6 - 1)
    for _ in range(14):
        x = float(rng.uniform(board.left + posed.width / 2 + 0.5, board.right - posed.width / 2 - 0.5))
        z = float(rng.uniform(board.front + 1, deepest) if rng.random() < 0.6 else board.front + rng.uniform(1, 8))
        free = all(
            abs(x - other.x) > (posed.width + other.width) / 2 * _apart(abs(z - other.z), crowded) for other in load
        )
        if free:
            return replace(posed, x=x, base=board.y, z=min(z, deepest))
    return None


def _apart(behind: float, crowded: bool) -> float:
    """By how much of their widths two things, one so many cm behind the other, must be apart."""
    if crowded:
        return 0.9 if behind < 4 else 0.35
    return 0.98 if behind < 6 else 0.75


def _on_top(rng: Generator, board: Board, below: Posed, cutouts: Sequence[Cutout]) -> list[Posed]:
    """Lay another thing onto a low or flat one."""
    if below.form is Form.LUMP or below.height > 16:
        return []
    for _ in range(6):
        upper = pose(rng, cutouts[int(rng.integers(len(cutouts)))])
        if upper.height + below.height < board.clear - 1 and upper.width < below.width * 1.15:
            shift = float(rng.normal(0, 0.06)) * below.width
            return [replace(upper, x=below.x + shift, base=below.base - below.height, z=below.z - 0.05, raised=True)]
    return []


def _paint_load(easel: Easel, room: Room, board: Board, load: list[Posed], rng: Generator) -> None:
    from_above = board.y >= easel.camera.eye[1]
    if from_above:
        if board.drawers:
            fittings.paint_drawers(easel, room, board, rng)
        fittings.paint_board(easel, room, board, rng)
    contact_shadows(easel, board, load, rng)
    mirrors = from_above and board.surface is Surface.GLASS and rng.random() < 0.7
    for posed in load:
        if mirrors and not posed.raised:
            _mirror(easel, board, posed, float(rng.uniform(0.08, 0.28)))
        put(easel, posed)
    if not from_above:
        if board.drawers:
            fittings.paint_drawers(easel, room, board, rng)
        fittings.paint_board(easel, room, board, rng)
    fittings.paint_edge(easel, room, board, rng)
    if room.place is Place.SHOP and board.edge > 2.8 and rng.random() < 0.6:
        _tags(easel, board, rng)


def put(easel: Easel, posed: Posed) -> None:
    """Paint a thing with the faces it shows, and enter it as a product."""
    corners = stand(posed, easel.camera.eye)
    ident = len(easel.things) + 1
    beside = 0.0
    if posed.form is Form.BOX:
        for face, gain, printed in posed.other_faces(corners, easel.camera.eye):
            r, g, b = np.array(posed.lid) * posed.gain * gain
            easel.fill(face, (float(r), float(g), float(b)), 1.0, ident)
            if printed:
                easel.paste(posed.picture, face, posed.gain * gain, ident=ident)
            beside += easel.area(face)
    picture, corners = bent(posed, corners, easel.camera.eye)
    whole = easel.paste(picture, corners, posed.gain * _facing_lamps(easel, posed), ident=ident)
    easel.note(DetectionKind.FACING, whole + beside)


def _facing_lamps(easel: Easel, posed: Posed) -> float:
    """Things before the lamps turn their dark side to the camera."""
    behind = float((easel.light.lamps[:, 2] > posed.z).mean())
    return 1.0 - 0.22 * behind


def _mirror(easel: Easel, board: Board, posed: Posed, opacity: float) -> None:
    """Paint a thing's image in the glass it stands on, down to the glass's front."""
    corners = stand(posed, easel.camera.eye)
    foot = corners[[3, 2]]
    front = foot.copy()
    front[:, 2] = board.front
    seen = (
        easel.camera.project(np.vstack([foot, front, foot + np.array([0, posed.height, 0])]))[:, 1]
        .reshape(3, 2)
        .mean(axis=1)
    )
    share = float(np.clip((seen[1] - seen[0]) / max(1.0, seen[2] - seen[0]), 0, 1))
    rows = int(share * len(posed.picture))
    if rows > 3:
        image = np.ascontiguousarray(posed.picture[::-1][:rows])
        down = np.array([0, posed.height * share, 0])
        easel.paste(image, np.vstack([foot, foot[::-1] + down]), posed.gain * 0.8, opacity)


def _tags(easel: Easel, board: Board, rng: Generator) -> None:
    """Price tags on a shop's rail, some missing."""
    styles = STYLES[Group.USUAL]  # the others are kept for measuring
    look = styles[int(rng.integers(len(styles)))]
    for x in np.arange(board.left + 3, board.right - 10, float(rng.uniform(9, 30))):
        if rng.random() < 0.7:
            picture = draw_tag(look, int(rng.integers(48)))
            tall = board.edge * 0.9
            left = float(x + rng.uniform(0, 2))
            right = left + tall * picture.shape[1] / picture.shape[0]
            corners = fittings.upright(left, board.y + 0.1, right, board.y + 0.1 + tall, board.front - 0.1)
            whole = easel.paste(picture, corners, np.ones(3), ident=len(easel.things) + 1)
            easel.note(DetectionKind.TAG, whole)


def _fill_bins(easel: Easel, room: Room, door: Door, cutouts: Sequence[Cutout], rng: Generator) -> None:
    """Stand things into the bins of an open door."""
    busy = rng.random() < 0.6
    for ends in fittings.door_bins(door, easel.camera.eye):
        for posed in _row(rng, ends, cutouts) if busy else ():
            put(easel, posed)
        fittings.paint_bin(easel, room, ends, door, rng)


def _row(rng: Generator, ends: tuple[Points, Points], cutouts: Sequence[Cutout]) -> Iterator[Posed]:
    start, end = ends
    long = float(np.linalg.norm(end - start))
    far_first = (start, end) if start[2] > end[2] else (end, start)
    at = float(rng.uniform(2, 12))
    while len(cutouts) and at < long - 3:
        posed = pose(rng, cutouts[int(rng.integers(len(cutouts)))])
        if posed.form is not Form.LUMP and posed.width < 11:
            x, y, z = far_first[0] + (far_first[1] - far_first[0]) * (at / long)
            yield replace(posed, x=float(x), base=float(y), z=float(z))
        at += posed.width + float(rng.exponential(5))


def _finish(easel: Easel, room: Room, rng: Generator) -> None:
    """The lamp outshines its surroundings; the lens darkens the corners."""
    height, width = easel.ids.shape
    yy, xx = np.mgrid[0:1:48j, 0:1:48j]
    far = ((xx - 0.5) ** 2 + (yy - 0.5) ** 2) * 2
    gain = 1 - float(rng.uniform(0, 0.45)) * far
    field = np.repeat(gain[..., None], 3, axis=2).astype(np.float32)
    lit = easel.colours * cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR)
    if room.place is Place.FRIDGE and rng.random() < 0.8:
        for x, y in easel.camera.project(easel.light.lamps) / (width, height):
            wide = float(rng.uniform(0.03, 0.16))
            bloom = np.exp(-((xx - x) ** 2 + ((yy - y) * height / width) ** 2) / wide**2) * float(rng.uniform(30, 160))
            tint = np.array(easel.light.tint) * bloom[..., None]
            lit += cv2.resize(tint.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    easel.colours = np.clip(lit * _metered(lit, rng), 0, 255).astype(np.uint8)


def _metered(lit: Floats, rng: Generator) -> float:
    """What the camera's automatic exposure multiplies by: it looks mostly at the middle."""
    height, width = lit.shape[:2]
    middle = lit[height // 6 : -height // 6 : 4, width // 6 : -width // 6 : 4]
    wanted = float(rng.uniform(85, 165))
    return float(np.clip(wanted / max(1.0, float(middle.mean())), 0.6, 7.0))
