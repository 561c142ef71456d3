"""How a bay's fixture looks: back panel, posts, boards, rails, kick plate."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from retail.stores import StoreFormat
from training.synthetic.canvas import Canvas, Tint
from training.synthetic.groups import Group
from training.synthetic.layout import BayLayout, ShelfLayout
from training.synthetic.names import Colour, jitter_colour
from training.synthetic.seeds import stream
from training.synthetic.tags import STYLES, TagStyle


@dataclass(frozen=True, slots=True)
class _Repertoire:
    """What the fixtures of one group are made of."""

    backs: tuple[Colour, ...]
    patterns: tuple[str, ...]
    boards: tuple[Colour, ...]  # the first two are the most common
    rails: tuple[Colour, ...]
    thin_rail: tuple[float, float]  # heights in cm
    rail: tuple[float, float]


_REPERTOIRES = {
    Group.USUAL: _Repertoire(
        backs=(
            (225, 222, 214), (200, 198, 192), (150, 148, 145), (90, 90, 92), (45, 45, 48), (235, 235, 238),
            (185, 150, 110),
        ),
        patterns=("plain", "holes", "slots", "mesh"),
        boards=((240, 238, 232), (222, 220, 215), (190, 190, 190), (120, 120, 122), (60, 60, 62), (190, 150, 105)),
        rails=(
            (245, 245, 245), (230, 230, 225), (205, 205, 205), (200, 30, 35), (245, 200, 30), (40, 120, 60),
            (35, 35, 38), (30, 70, 150), (150, 155, 160),
        ),
        thin_rail=(1.6, 2.8),
        rail=(3.2, 5.2),
    ),
    Group.HELD_OUT: _Repertoire(
        backs=((205, 225, 215), (120, 85, 60), (75, 90, 110), (240, 220, 225)),
        patterns=("planks", "tiles"),
        boards=((165, 185, 190), (110, 75, 50), (225, 205, 175), (85, 95, 85)),
        rails=((0, 130, 140), (225, 110, 20), (130, 40, 110), (170, 205, 60), (200, 185, 150)),
        thin_rail=(2.8, 3.2),
        rail=(5.2, 6.5),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FixtureStyle:
    """Colours and measures (cm) of one fixture."""

    back: Colour
    back_pattern: str
    board: Colour
    rail: Colour
    rail_height: float
    lip: float
    tags: TagStyle
    tag_share: float
    dividers: bool
    walls: bool
    glass: bool
    pane: bool  # a clear pane along the edge of each shelf
    trays: float  # share of slots in cardboard trays
    cards: float  # promotion cards per slot
    dusk: float  # light on each row of packs, as a share of that on the row before it

    @classmethod
    def of(cls, layout: BayLayout) -> "FixtureStyle":
        """Decide the style of a bay by its look seed."""
        rng = stream(layout.look_seed, "fixture")
        stuff = _REPERTOIRES[layout.fixtures]
        small = layout.format is StoreFormat.CONVENIENCE
        board = jitter_colour(rng, stuff.boards[int(rng.integers(2 if rng.random() < 0.6 else len(stuff.boards)))], 8)
        rail = board if rng.random() < 0.35 else jitter_colour(rng, _one(rng, stuff.rails), 8)
        return cls(
            back=jitter_colour(rng, _one(rng, stuff.backs), 8),
            back_pattern=str(rng.choice(stuff.patterns)),
            board=board,
            rail=rail,
            rail_height=float(rng.uniform(*(stuff.thin_rail if rng.random() < 0.2 else stuff.rail))),
            lip=float(rng.choice([0.0, 0.3, 0.8, 2.0], p=[0.5, 0.25, 0.2, 0.05])),
            tags=STYLES[layout.fixtures][int(rng.integers(len(STYLES[layout.fixtures])))],
            tag_share=float(rng.choice([0.0, 0.6, 0.95, 1.0], p=[0.06, 0.14, 0.5, 0.3])),
            dividers=bool(rng.random() < 0.3),
            walls=bool(rng.random() < (0.6 if small else 0.2)),
            glass=bool(small and rng.random() < 0.4),
            pane=bool(rng.random() < 0.15),
            trays=float(rng.choice([0.0, 0.1, 0.5], p=[0.55, 0.25, 0.2])),
            cards=float(rng.choice([0.0, 0.03, 0.12], p=[0.4, 0.4, 0.2])),
            dusk=float(rng.uniform(0.6, 0.9)),
        )


def _one(rng: Generator, colours: tuple[Colour, ...]) -> Colour:
    return colours[int(rng.integers(len(colours)))]


def rectangle(left: float, top: float, right: float, bottom: float, z: float) -> NDArray[np.float64]:
    """Return an upright rectangle, (4, 3) in cm."""
    return np.array([(left, top, z), (right, top, z), (right, bottom, z), (left, bottom, z)], np.float64)


def lying(left: float, right: float, y: float, near: float, far: float) -> NDArray[np.float64]:
    """Return a level rectangle, (4, 3) in cm."""
    return np.array([(left, y, near), (right, y, near), (right, y, far), (left, y, far)], np.float64)


def dim(colour: Colour | Tint, gain: float) -> Tint:
    """Return a colour times a gain, at most 255."""
    return min(255.0, colour[0] * gain), min(255.0, colour[1] * gain), min(255.0, colour[2] * gain)


def draw_back(canvas: Canvas, layout: BayLayout, style: FixtureStyle, x: float) -> None:
    """Draw back panel, its posts and the side walls of a bay whose left edge is at x."""
    right, bottom, depth = x + layout.width, layout.height, layout.depth
    canvas.fill(rectangle(x, 0, right, bottom, depth), dim(style.back, 0.72))
    _pattern(canvas, layout, style, x)
    for post in (x, right - 3.0):
        canvas.fill(rectangle(post, 0, post + 3.0, bottom, depth), dim(style.board, 0.66))
        for y in np.arange(4, bottom, 5.0):
            canvas.fill(rectangle(post + 1.1, y, post + 1.9, y + 2.4, depth), (25, 25, 25))
    if style.walls and x < canvas.view.eye[0] < right:
        for wall in (x, right):
            side = np.array([(wall, 0, 0), (wall, 0, depth), (wall, bottom, depth), (wall, bottom, 0)], np.float64)
            canvas.fill(side, dim(style.board, 0.6))


def _pattern(canvas: Canvas, layout: BayLayout, style: FixtureStyle, x: float) -> None:
    dark, depth = dim(style.back, 0.45), layout.depth
    if canvas.scale < 3.5 or style.back_pattern == "plain":
        return
    if style.back_pattern == "slots":
        for y in np.arange(6, layout.height, 9.0):
            canvas.fill(rectangle(x, y, x + layout.width, y + 0.8, depth), dark)
    elif style.back_pattern == "mesh":
        for column in np.arange(x, x + layout.width, 5.0):
            canvas.fill(rectangle(column, 0, column + 0.5, layout.height, depth), dark)
    elif style.back_pattern in ("planks", "tiles"):
        wide, tall = (layout.width, 12.0) if style.back_pattern == "planks" else (15.0, 15.0)
        for column in np.arange(x, x + layout.width, wide):
            canvas.fill(rectangle(column, 0, column + 0.3, layout.height, depth), dark)
        for y in np.arange(0, layout.height, tall):
            canvas.fill(rectangle(x, y, x + layout.width, y + 0.3, depth), dark)
    else:
        _holes(canvas, layout, x, dark)


def _holes(canvas: Canvas, layout: BayLayout, x: float, dark: Tint) -> None:
    """Perforation: dots every 2.5 cm, painted straight into the pixels because there are thousands."""
    xs, ys = np.meshgrid(np.arange(x + 4, x + layout.width - 4, 2.5), np.arange(3, layout.height, 2.5))
    dots = np.column_stack([xs.ravel(), ys.ravel(), np.full(xs.size, layout.depth)])
    pixels = np.round(canvas.pixels(dots)).astype(int)
    size = max(1, round(0.5 * canvas.scale))
    height, width = canvas.ids.shape
    inside = (pixels >= 0).all(axis=1) & (pixels[:, 0] < width - size) & (pixels[:, 1] < height - size)
    for dx in range(size):
        for dy in range(size):
            canvas.colours[pixels[inside, 1] + dy, pixels[inside, 0] + dx] = dark


def draw_board(canvas: Canvas, layout: BayLayout, style: FixtureStyle, x: float, base: float) -> None:
    """Draw the face of a board that the eye sees: its surface from above, its underside from below."""
    left, right, depth = x + 0.4, x + layout.width - 0.4, layout.depth
    above = canvas.view.eye[1] < base
    y = base if above else base + style.rail_height * 0.7
    gains = (0.98, 0.88, 0.78, 0.66, 0.55) if above else (0.5, 0.44, 0.4, 0.36, 0.32)
    steps = np.linspace(0, depth, len(gains) + 1)
    for i in reversed(range(len(gains))):
        canvas.fill(lying(left, right, y, float(steps[i]), float(steps[i + 1])), dim(style.board, gains[i]))


def rail_corners(layout: BayLayout, style: FixtureStyle, x: float, base: float) -> NDArray[np.float64]:
    """Return the front strip of a shelf, (4, 3) in cm."""
    return rectangle(x + 0.3, base - style.lip, x + layout.width - 0.3, base + style.rail_height, -0.5)


def draw_rail(canvas: Canvas, layout: BayLayout, style: FixtureStyle, x: float, base: float, ident: int) -> None:
    """Draw the front strip of a shelf with a highlight and a shadow line."""
    canvas.fill(rail_corners(layout, style, x, base), dim(style.rail, 0.97), ident)
    top, bottom = base - style.lip, base + style.rail_height
    left, right = x + 0.3, x + layout.width - 0.3
    canvas.fill(rectangle(left, top, right, top + 0.35, -0.5), dim(style.rail, 1.12), ident)
    canvas.fill(rectangle(left, bottom - 0.4, right, bottom, -0.5), dim(style.rail, 0.72), ident)


def draw_dividers(canvas: Canvas, shelf: ShelfLayout, x: float) -> None:
    """Draw the thin bright edges of clear fins between slots."""
    tall = min(7.0, shelf.clear * 0.5)
    for slot in shelf.slots[1:]:
        at = x + slot.x
        canvas.fill(rectangle(at - 0.1, shelf.base - tall, at + 0.1, shelf.base, 0.0), (205, 210, 215), mark=False)


def draw_pane(canvas: Canvas, layout: BayLayout, shelf: ShelfLayout, x: float) -> None:
    """Draw a clear pane along the edge of a shelf, with its bright rim."""
    tall = min(7.0, shelf.clear * 0.25)
    left, right, top = x + 0.5, x + layout.width - 0.5, shelf.base - tall
    canvas.veil(rectangle(left, top, right, shelf.base, -0.3), 0.16)
    canvas.fill(rectangle(left, top, right, top + 0.3, -0.3), (228, 234, 236), mark=False)


def draw_hook(canvas: Canvas, layout: BayLayout, x: float, y: float) -> None:
    """Draw the rod that packs hang from, from the back panel to the front."""
    canvas.fill(lying(x - 0.3, x + 0.3, y, -1.5, layout.depth), (150, 152, 156))
    canvas.fill(rectangle(x - 0.3, y - 0.5, x + 0.3, y + 0.4, -1.5), (200, 202, 205))


def draw_door(canvas: Canvas, layout: BayLayout, style: FixtureStyle, x: float) -> None:
    """Draw the frame of a glass door in front of a bay, and its handle."""
    frame = dim(style.rail, 0.8)
    for left, wide in ((x, 3.5), (x + layout.width - 3.5, 3.5), (x + layout.width - 9, 1.8)):
        top, bottom = (0.0, layout.height) if wide > 2 else (layout.height * 0.35, layout.height * 0.65)
        canvas.fill(rectangle(left, top, left + wide, bottom, -3.0), frame)


def draw_surroundings(canvas: Canvas, layout: BayLayout, left: float, right: float) -> None:
    """Draw what is above and below a row of bays: wall or ceiling, kick plates, floor."""
    rng = stream(layout.look_seed, "surroundings")
    wall = jitter_colour(rng, (195, 190, 182) if rng.random() < 0.6 else (70, 70, 75), 25)
    canvas.fill(rectangle(left, -150, right, layout.height, layout.depth), wall)
    if rng.random() < 0.5:
        sign = jitter_colour(rng, _one(rng, _REPERTOIRES[layout.fixtures].rails), 20)
        canvas.fill(rectangle(left, -40, right, -12, layout.depth * 0.5), sign)
    floor = jitter_colour(rng, (170, 162, 150) if rng.random() < 0.7 else (95, 92, 90), 20)
    for step in range(8):
        far = rectangle(left, layout.height + step * 12.0, right, layout.height + (step + 1) * 12.0, 0)
        canvas.fill(far, dim(floor, 0.75 + 0.04 * step))


def draw_kick_plate(canvas: Canvas, layout: BayLayout, style: FixtureStyle, x: float) -> None:
    """Draw the plate between the lowest shelf and the floor."""
    base = layout.shelves[-1].base if layout.shelves else layout.height
    canvas.fill(rectangle(x, base, x + layout.width, layout.height, 0), dim(style.board, 0.5))
