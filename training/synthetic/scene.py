"""Paints one bay as it stands on one day, and notes what each painted thing is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from retail.boxes import DetectionKind
from retail.gtin import Gtin
from retail.planograms import Position
from training.synthetic import fixtures
from training.synthetic.assortment import Article
from training.synthetic.canvas import Canvas, stand
from training.synthetic.designs import LIDDED, ROUND, SHOULDERS, PackDesign
from training.synthetic.fixtures import FixtureStyle, dim, rectangle
from training.synthetic.layout import BayLayout, ShelfLayout, Slot
from training.synthetic.packs import Pack, PackPress
from training.synthetic.tags import TagStyle, draw_tag, draw_wobbler
from training.synthetic.violations import BayState, Stock


@dataclass(frozen=True, slots=True)
class Thing:
    """Something painted that has a box; its id on the canvas is its place in the list, plus one.

    Attributes:
        whole: the area in square pixels of the picture, were nothing of it hidden or cut off.
        row: for a facing, the shelf it stands on, 0 for its bay's top one.
        position: for a facing, the planogram position that asks for its product, if one does.
    """

    kind: DetectionKind
    bay_id: str
    whole: float
    gtin: Gtin | None = None
    variant: str | None = None
    row: int | None = None
    position: Position | None = None


@dataclass(slots=True)
class BayPainter:
    """Paints the bay whose left front edge is at x cm onto a canvas and appends to ``things``."""

    canvas: Canvas
    things: list[Thing]
    layout: BayLayout
    state: BayState
    articles: Mapping[Gtin, Article]
    press: PackPress
    rng: Generator
    x: float

    def paint(self) -> None:
        """Paint from far to near: a board hides what is beyond it as seen from the eye."""
        style = FixtureStyle.of(self.layout)
        fixtures.draw_back(self.canvas, self.layout, style, self.x)
        fixtures.draw_kick_plate(self.canvas, self.layout, style, self.x)
        eye = self.canvas.view.eye[1]
        for shelf in self.layout.shelves:
            if shelf.base < eye:
                self._content(shelf, style)
                fixtures.draw_board(self.canvas, self.layout, style, self.x, shelf.base)
                self._rail(shelf, style)
        for shelf in reversed(self.layout.shelves):
            if shelf.base >= eye:
                fixtures.draw_board(self.canvas, self.layout, style, self.x, shelf.base)
                self._content(shelf, style)
                self._rail(shelf, style)

    def _content(self, shelf: ShelfLayout, style: FixtureStyle) -> None:
        front: list[tuple[float, Callable[[], None]]] = []
        for slot in shelf.slots:
            stock = self.state.stocks[slot.position.shelf, slot.position.slot]
            front += self._stocked(shelf, slot, stock) if stock.gtin else []
            self._empty(shelf, slot, stock)
        eye = self.canvas.view.eye[0]
        for _, draw in sorted(front, key=lambda item: -abs(item[0] - eye)):
            draw()
        self._shadow(shelf)
        if style.dividers:
            self._dividers(shelf)

    def _stocked(self, shelf: ShelfLayout, slot: Slot, stock: Stock) -> list[tuple[float, Callable[[], None]]]:
        """Paint the rows behind at once; return the front row, with its x, to be painted in order."""
        assert stock.gtin is not None
        article = self.articles[stock.gtin]
        design = article.designs[min(stock.variant, len(article.designs) - 1)]
        width, height, depth = design.size_cm
        pitch = self._pitch(slot, stock, width)
        recess = self._recess(self.layout.depth - depth - 1)
        rows = self._rows_behind((self.layout.depth - recess) // depth - 1)
        front = []
        for column in range(stock.skipped, stock.skipped + stock.columns):
            nudge = float(self.rng.normal(0, 0.15 * (pitch - width)))
            x = self.x + slot.x + column * pitch + (pitch - width) / 2 + nudge
            levels = stock.levels if self.rng.random() < 0.8 else int(self.rng.integers(1, stock.levels + 1))
            for row in range(rows, 0, -1):
                self._behind(self.press(design), x, shelf.base, recess + row * (depth + 0.4), row, levels)
            for level in range(levels):
                place = (x, shelf.base - level * height, recess + max(0.0, float(self.rng.normal(0, 0.5))))
                front.append((x + width / 2, self._facing(self._turned(design), stock, place)))
        return front

    def _recess(self, most: float) -> float:
        """How far from the edge the front row stands, in cm; some products are sold down to the back."""
        sold = float(self.rng.uniform(3, 18)) if self.rng.random() < 0.1 else 0.0
        return max(0.0, min(abs(float(self.rng.normal(0, 1.2))) + sold, most))

    def _rows_behind(self, most: float) -> int:
        return int(max(0, min(int(self.rng.integers(1, 5)), most))) if self.rng.random() < 0.88 else 0

    def _turned(self, design: PackDesign) -> Pack:
        """Turn some round packs, so that their label is seen from aside."""
        if design.shape in ROUND and self.rng.random() < 0.22:
            design = replace(design, turn=float(self.rng.choice([-0.3, -0.15, 0.15, 0.3])))
        return self.press(design)

    def _pitch(self, slot: Slot, stock: Stock, width: float) -> float:
        if stock.gtin == slot.position.gtin:
            return slot.width / slot.columns
        return max(width, min(slot.width / stock.columns, width + 3))

    def _behind(self, pack: Pack, x: float, base: float, z: float, row: int, levels: int) -> None:
        height = pack.design.size_cm[1]
        nudge = float(self.rng.normal(0, 0.3))
        for level in range(levels):
            corners = stand(pack, x + nudge, base - level * height, z, 0.0, 1.0)
            self._paste(pack, corners, 0.72**row, 0)

    def _facing(self, pack: Pack, stock: Stock, place: tuple[float, float, float]) -> Callable[[], None]:
        tilt = float(np.radians(self.rng.normal(0, 0.6 if self.rng.random() < 0.93 else 3.0)))
        grow, gain = float(self.rng.normal(1, 0.006)), float(np.clip(self.rng.normal(1, 0.05), 0.8, 1.15))
        gain *= 1 - place[2] * 0.012
        x, base, z = place

        def draw() -> None:
            corners = stand(pack, x, base, z, tilt, grow)
            assert stock.gtin is not None
            article = self.articles[stock.gtin]
            variant = article.product.variants[min(stock.variant, len(article.designs) - 1)]
            whole = self.canvas.area_in_picture(_whole(corners)) * pack.filled
            row, asked = stock.slot.position.shelf - 1, self._asked(stock.gtin)
            ident = self._add(
                Thing(DetectionKind.FACING, self.layout.bay_id, whole, stock.gtin, variant.id, row, asked)
            )
            self._solid(pack, corners, gain, ident)
            self._paste(pack, corners, gain, ident)

        return draw

    def _solid(self, pack: Pack, corners: NDArray[np.float64], gain: float, ident: int) -> None:
        """Paint the side and the top that a boxy or lidded pack shows to an eye beside or above it."""
        _, _, depth = pack.design.size_cm
        eye_x, eye_y, _ = self.canvas.view.eye
        top_left, top_right, bottom_left = corners
        back = np.array([0, 0, depth])
        bottom_right = top_right + bottom_left - top_left
        shoulder = SHOULDERS.get(pack.design.shape)
        if shoulder is not None:
            top, foot = (top_left, bottom_left) if eye_x < top_left[0] else (top_right, bottom_right)
            top = top + (foot - top) * shoulder
            if not top_left[0] <= eye_x <= top_right[0]:
                side = np.array([top, top + back, foot + back, foot])
                self.canvas.fill(side, dim(pack.side, 0.6 * gain), ident)
            if eye_y < top_left[1] and not shoulder:
                lid = np.array([top_left, top_right, top_right + back, top_left + back])
                self.canvas.fill(lid, dim(pack.side, 1.08 * gain), ident)
        elif pack.design.shape in LIDDED and eye_y < top_left[1]:
            self._lid(pack, top_left, top_right, depth, gain, ident)

    def _lid(
        self, pack: Pack, left: NDArray[np.float64], right: NDArray[np.float64], depth: float, gain: float, ident: int
    ) -> None:
        turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        middle, radius = (left + right) / 2, (right[0] - left[0]) / 2 * 0.94
        ring = middle + np.column_stack([np.cos(turn) * radius, 0 * turn, depth / 2 * (1 + np.sin(turn))])
        self.canvas.fill(ring, dim(pack.design.cap, 0.8 * gain), ident)

    def _paste(self, pack: Pack, corners: NDArray[np.float64], gain: float, ident: int) -> None:
        tall = float(np.linalg.norm(corners[2] - corners[0])) * self.canvas.scale
        self.canvas.paste(pack.at_height(tall), corners, gain, ident)

    def _empty(self, shelf: ShelfLayout, slot: Slot, stock: Stock) -> None:
        """Note the parts of a slot where nothing stands, if a planned pack would fit there."""
        pitch = self._pitch(slot, stock, self.articles[stock.gtin].size_cm[0]) if stock.gtin else 0.0
        start, end = stock.skipped * pitch, (stock.skipped + stock.columns) * pitch
        width, height, _ = self.articles[slot.position.gtin].size_cm
        top = shelf.base - min(height * slot.levels, shelf.clear)
        for left, right in ((0.0, start), (end, slot.width)):
            if right - left >= max(4.0, 0.8 * width):
                x = self.x + slot.x
                corners = rectangle(x + left, top, x + right, shelf.base, 0.0)
                self.canvas.claim(corners, self._note(DetectionKind.GAP, corners))

    def _rail(self, shelf: ShelfLayout, style: FixtureStyle) -> None:
        corners = fixtures.rail_corners(self.layout, style, self.x, shelf.base)
        ident = self._note(DetectionKind.SHELF, corners)
        fixtures.draw_rail(self.canvas, self.layout, style, self.x, shelf.base, ident)
        for slot in shelf.slots:
            if self.rng.random() < style.tag_share:
                self._tag(shelf, slot, style)
            if self.rng.random() < 0.03:
                self._wobbler(shelf, slot)

    def _tag(self, shelf: ShelfLayout, slot: Slot, style: FixtureStyle) -> None:
        look = TagStyle.RED if self.rng.random() < 0.04 else style.tags
        picture = draw_tag(look, int(self.rng.integers(48)))
        height = style.rail_height * float(self.rng.uniform(0.8, 0.98))
        if style.rail_height < 3 or self.rng.random() < 0.05:
            height = float(self.rng.uniform(3.2, 4.8))
        width = min(height * picture.shape[1] / picture.shape[0], slot.width)
        left = self.x + slot.x + float(self.rng.uniform(0, max(0.1, min(slot.width - width, slot.width * 0.4))))
        top = shelf.base + 0.2
        corners = rectangle(left, top, left + width, top + height, -0.8)
        ident = self._note(DetectionKind.TAG, corners)
        self.canvas.paste(picture, corners[[0, 1, 3]], float(self.rng.uniform(0.92, 1.05)), ident)

    def _wobbler(self, shelf: ShelfLayout, slot: Slot) -> None:
        size, left = float(self.rng.uniform(5, 9)), self.x + slot.x + slot.width * float(self.rng.uniform(0.1, 0.7))
        top = shelf.base - float(self.rng.uniform(-1, 4))
        corners = rectangle(left, top, left + size, top + size, -4.0)[[0, 1, 3]]
        self.canvas.paste(draw_wobbler(int(self.rng.integers(24))), corners, 1.0, 0)

    def _shadow(self, shelf: ShelfLayout) -> None:
        """The board above keeps light from the upper part of a compartment."""
        corners = rectangle(self.x, shelf.base - shelf.clear, self.x + self.layout.width, shelf.base, 2.0)
        low, high = self.canvas.pixels(corners)[[0, 2]]
        dark = 0.55 if shelf.base > self.layout.shelves[0].base else 0.95
        gains = np.array([dark, 0.86, 0.97, 1.0, 1.0, 0.97], np.float32)
        self.canvas.shade((low[1], high[1]), (low[0], high[0]), gains)

    def _dividers(self, shelf: ShelfLayout) -> None:
        """Clear plastic fins between slots, seen as thin bright edges."""
        for slot in shelf.slots[1:]:
            x, tall = self.x + slot.x, min(7.0, shelf.clear * 0.5)
            edge = rectangle(x - 0.1, shelf.base - tall, x + 0.1, shelf.base, 0.0)
            self.canvas.fill(edge, (205, 210, 215), mark=False)

    def _asked(self, gtin: Gtin) -> Position | None:
        positions = (slot.position for shelf in self.layout.shelves for slot in shelf.slots)
        return next((position for position in positions if position.gtin == gtin), None)

    def _note(self, kind: DetectionKind, corners: NDArray[np.float64]) -> int:
        return self._add(Thing(kind, self.layout.bay_id, self.canvas.area_in_picture(corners)))

    def _add(self, thing: Thing) -> int:
        self.things.append(thing)
        return len(self.things)


def _whole(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    top_left, top_right, bottom_left = corners
    return np.array([top_left, top_right, top_right + bottom_left - top_left, bottom_left])
