"""Paints one bay as it stands on one day, and notes what each painted thing is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from retail.boxes import DetectionKind
from retail.gtin import Gtin
from retail.planograms import Position
from training.synthetic import fixtures, standing
from training.synthetic.assortment import Article
from training.synthetic.canvas import Canvas
from training.synthetic.designs import ROUND, SHOULDERS, PackDesign
from training.synthetic.displays import draw_talker, draw_tray_front, draw_wobbler
from training.synthetic.fixtures import FixtureStyle, rectangle
from training.synthetic.layout import BayLayout, ShelfLayout, Slot
from training.synthetic.packs import Pack, PackPress
from training.synthetic.tags import TagStyle, draw_tag
from training.synthetic.things import Thing
from training.synthetic.violations import BayState, Stock

Place = tuple[float, float, float]  # x of a pack's left edge, y of its foot, z of its front, in cm
_Draws = list[tuple[float, Callable[[], None]]]  # with the x of what is drawn


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
    style: FixtureStyle = field(init=False)
    mess: float = field(init=False)  # how often a pack is turned, leans or lies

    def __post_init__(self) -> None:
        """Decide the fixture's look and today's tidiness."""
        self.style = FixtureStyle.of(self.layout)
        self.mess = float(self.rng.choice([0.01, 0.05, 0.15], p=[0.5, 0.3, 0.2]))

    def paint(self) -> None:
        """Paint from far to near: a board hides what is beyond it as seen from the eye."""
        fixtures.draw_back(self.canvas, self.layout, self.style, self.x)
        fixtures.draw_kick_plate(self.canvas, self.layout, self.style, self.x)
        eye = self.canvas.view.eye[1]
        for shelf in self.layout.shelves:
            if shelf.base < eye:
                self._content(shelf)
                self._board(shelf)
                self._edge(shelf)
        for shelf in reversed(self.layout.shelves):
            if shelf.base >= eye:
                self._board(shelf)
                self._content(shelf)
                self._edge(shelf)
        if self.style.glass:
            fixtures.draw_door(self.canvas, self.layout, self.style, self.x)

    def _board(self, shelf: ShelfLayout) -> None:
        if not shelf.hooks:
            fixtures.draw_board(self.canvas, self.layout, self.style, self.x, shelf.base)

    def _content(self, shelf: ShelfLayout) -> None:
        front: _Draws = []
        for slot in shelf.slots:
            stock = self.state.stocks[slot.position.shelf, slot.position.slot]
            front += self._stocked(shelf, slot, stock) if stock.gtin else []
            self._empty(shelf, slot, stock)
        eye = self.canvas.view.eye[0]
        for _, draw in sorted(front, key=lambda item: -abs(item[0] - eye)):
            draw()
        if not shelf.hooks:
            self._shadow(shelf)
        if self.style.dividers and not shelf.hooks:
            fixtures.draw_dividers(self.canvas, shelf, self.x)

    def _stocked(self, shelf: ShelfLayout, slot: Slot, stock: Stock) -> _Draws:
        """Paint the rows behind at once; return the front row to be painted in order."""
        assert stock.gtin is not None
        article = self.articles[stock.gtin]
        design = article.designs[min(stock.variant, len(article.designs) - 1)]
        width, height, depth = design.size_cm
        pitch = self._pitch(slot, stock, width)
        recess = self._recess(self.layout.depth - depth - 1)
        rows = self._rows_behind((self.layout.depth - recess) // depth - 1)
        front: _Draws = []
        for column in range(stock.skipped, stock.skipped + stock.columns):
            nudge = float(self.rng.normal(0, 0.15 * (pitch - width)))
            x = self.x + slot.x + column * pitch + (pitch - width) / 2 + nudge
            foot = shelf.foot(height)
            levels = stock.levels if self.rng.random() < 0.8 else int(self.rng.integers(1, stock.levels + 1))
            if shelf.hooks:
                fixtures.draw_hook(self.canvas, self.layout, x + width / 2, foot - height + 0.8)
            for row in range(rows, 0, -1):
                self._behind(self.press(design), (x, foot, recess + row * (depth + 0.4)), row, stock.levels)
            for level in range(levels):
                z = recess + max(0.0, float(self.rng.normal(0, 0.5)))
                front.append((x + width / 2, self._facing(design, stock, (x, foot - level * height, z))))
            if shelf.hooks and self.rng.random() < self.style.tag_share * 0.7:
                front.append((x + width / 2, self._hook_tag(x + width / 2, foot - height)))
        return front + self._around(shelf, slot, stock, design)

    def _around(self, shelf: ShelfLayout, slot: Slot, stock: Stock, design: PackDesign) -> _Draws:
        """What stands over and before the packs of a slot: a pack laid on top of them, the front of a tray."""
        width, height, depth = design.size_cm
        around: _Draws = []
        spare = shelf.clear - stock.levels * height
        flat = design.shape in SHOULDERS and not shelf.hooks
        if flat and spare > width and stock.columns * width > height and self.rng.random() < self.mess:
            x = self.x + slot.x + stock.skipped * self._pitch(slot, stock, width)
            draw = self._facing(design, stock, (x, shelf.base - stock.levels * height, 0.5), lying=True)
            around.append((x, draw))
        if not shelf.hooks and self.rng.random() < self.style.trays and depth < self.layout.depth:
            pitch = self._pitch(slot, stock, width)
            left = self.x + slot.x + stock.skipped * pitch
            around.append((left, self._tray_front(left, shelf.base, stock.columns * pitch, design)))
        return around

    def _tray_front(self, left: float, base: float, width: float, design: PackDesign) -> Callable[[], None]:
        tall = design.size_cm[1] * float(self.rng.uniform(0.1, 0.38))
        corners = rectangle(left, base - tall, left + width, base, -0.2)[[0, 1, 3]]
        picture = draw_tray_front(design.brand, design.accent, int(self.rng.integers(3)))
        gain = float(self.rng.uniform(0.85, 1.0))
        return lambda: self.canvas.paste(picture, corners, gain, 0)

    def _recess(self, most: float) -> float:
        """How far from the edge the front row stands, in cm; some products are sold down to the back."""
        sold = float(self.rng.uniform(3, 18)) if self.rng.random() < 0.1 else 0.0
        return max(0.0, min(abs(float(self.rng.normal(0, 1.2))) + sold, most))

    def _rows_behind(self, most: float) -> int:
        return int(max(0, min(int(self.rng.integers(1, 4)), most))) if self.rng.random() < 0.88 else 0

    def _turned(self, design: PackDesign) -> Pack:
        """Turn some round packs, so that their label is seen from aside."""
        if design.shape in ROUND and self.rng.random() < 0.22:
            design = replace(design, turn=float(self.rng.choice([-0.3, -0.15, 0.15, 0.3])))
        return self.press(design)

    def _pitch(self, slot: Slot, stock: Stock, width: float) -> float:
        if stock.gtin == slot.position.gtin:
            return slot.width / slot.columns
        return max(width, min(slot.width / stock.columns, width + 3))

    def _behind(self, pack: Pack, place: Place, row: int, levels: int) -> None:
        height, (x, foot, z) = pack.design.size_cm[1], place
        nudge = float(self.rng.normal(0, 0.3 + 4 * self.mess))
        for level in range(levels):
            corners = standing.stand(pack, (x + nudge, foot - level * height, z))
            standing.paste(self.canvas, pack, corners, self.style.dusk**row, 0)

    def _facing(self, design: PackDesign, stock: Stock, place: Place, lying: bool = False) -> Callable[[], None]:
        pack = self._turned(design)
        tilt = float(np.radians(self.rng.normal(0, 0.7 if self.rng.random() > self.mess else 5.0)))
        turned = design.shape in SHOULDERS and self.rng.random() < self.mess
        turn = float(np.radians(self.rng.normal(0, 14))) if turned else 0.0
        gain = float(np.clip(self.rng.normal(1, 0.05), 0.8, 1.15)) * (1 - place[2] * 0.012)

        def draw() -> None:
            corners = standing.lay(pack, place) if lying else standing.stand(pack, place, tilt, turn)
            ident = self._add(self._facing_thing(pack, stock, corners))
            if not lying:
                standing.draw_solid(self.canvas, pack, corners, gain, ident)
            standing.paste(self.canvas, pack, corners, gain, ident)

        return draw

    def _facing_thing(self, pack: Pack, stock: Stock, corners: standing.Corners) -> Thing:
        assert stock.gtin is not None
        article = self.articles[stock.gtin]
        variant = article.product.variants[min(stock.variant, len(article.designs) - 1)]
        whole = self.canvas.area_in_picture(standing.outline(corners)) * pack.filled
        row, asked = stock.slot.position.shelf - 1, self._asked(stock.gtin)
        return Thing(DetectionKind.FACING, self.layout.bay_id, whole, stock.gtin, variant.id, row, asked)

    def _empty(self, shelf: ShelfLayout, slot: Slot, stock: Stock) -> None:
        """Note the parts of a slot where nothing stands, if a planned pack would fit there."""
        pitch = self._pitch(slot, stock, self.articles[stock.gtin].size_cm[0]) if stock.gtin else 0.0
        start, end = stock.skipped * pitch, (stock.skipped + stock.columns) * pitch
        width, height, _ = self.articles[slot.position.gtin].size_cm
        foot = shelf.foot(height)
        top = foot - min(height * slot.levels, shelf.clear)
        for left, right in ((0.0, start), (end, slot.width)):
            if right - left >= 0.8 * width:
                x = self.x + slot.x
                corners = rectangle(x + left, top, x + right, foot, 0.0)
                self.canvas.claim(corners, self._note(DetectionKind.GAP, corners))

    def _edge(self, shelf: ShelfLayout) -> None:
        """Paint the rail, its tags, and the cards that hang there."""
        if not shelf.hooks:
            if self.style.pane:
                fixtures.draw_pane(self.canvas, self.layout, shelf, self.x)
            corners = fixtures.rail_corners(self.layout, self.style, self.x, shelf.base)
            ident = self._note(DetectionKind.SHELF, corners)
            fixtures.draw_rail(self.canvas, self.layout, self.style, self.x, shelf.base, ident)
        for slot in shelf.slots:
            if not shelf.hooks and self.rng.random() < self.style.tag_share:
                self._tag(shelf, slot)
            if self.rng.random() < self.style.cards:
                self._card(shelf, slot)

    def _tag(self, shelf: ShelfLayout, slot: Slot) -> None:
        look = TagStyle.RED if self.rng.random() < 0.04 else self.style.tags
        picture = draw_tag(look, int(self.rng.integers(48)))
        height = self.style.rail_height * float(self.rng.uniform(0.7, 0.98))
        if self.style.rail_height < 3 or self.rng.random() < 0.05:
            height = float(self.rng.uniform(3.2, 4.8))
        width = min(height * picture.shape[1] / picture.shape[0], slot.width)
        left = self.x + slot.x + float(self.rng.uniform(0, max(0.1, min(slot.width - width, slot.width * 0.4))))
        self._paste_tag(picture, rectangle(left, shelf.base + 0.2, left + width, shelf.base + 0.2 + height, -0.8))

    def _hook_tag(self, x: float, top: float) -> Callable[[], None]:
        picture = draw_tag(self.style.tags, int(self.rng.integers(48)))
        height = float(self.rng.uniform(2.0, 3.4))
        half = height * picture.shape[1] / picture.shape[0] / 2
        corners = rectangle(x - half, top - height * 0.7, x + half, top + height * 0.3, -1.6)
        return lambda: self._paste_tag(picture, corners)

    def _paste_tag(self, picture: NDArray[np.uint8], corners: NDArray[np.float64]) -> None:
        ident = self._note(DetectionKind.TAG, corners)
        self.canvas.paste(picture, corners[[0, 1, 3]], float(self.rng.uniform(0.92, 1.05)), ident)

    def _card(self, shelf: ShelfLayout, slot: Slot) -> None:
        """A wobbler or a printed card at the rail; it may hide what stands above or below."""
        left = self.x + slot.x + slot.width * float(self.rng.uniform(0.1, 0.7))
        number = int(self.rng.integers(48))
        if self.rng.random() < 0.4:
            picture, width = draw_wobbler(number), float(self.rng.uniform(5, 9))
        else:
            picture, width = draw_talker(number), float(self.rng.uniform(7, 18))
        height = width * picture.shape[0] / picture.shape[1]
        top = shelf.base - float(self.rng.uniform(-0.5, 0.6)) * height
        corners = rectangle(left, top, left + width, top + height, -2.5)[[0, 1, 3]]
        self.canvas.paste(picture, corners, 1.0, 0)

    def _shadow(self, shelf: ShelfLayout) -> None:
        """The board above keeps light from the upper part of a compartment."""
        corners = rectangle(self.x, shelf.base - shelf.clear, self.x + self.layout.width, shelf.base, 2.0)
        low, high = self.canvas.pixels(corners)[[0, 2]]
        dark = 0.55 if shelf.base > self.layout.shelves[0].base else 0.95
        gains = np.array([dark, 0.86, 0.97, 1.0, 1.0, 0.97], np.float32)
        self.canvas.shade((low[1], high[1]), (low[0], high[0]), gains)

    def _asked(self, gtin: Gtin) -> Position | None:
        positions = (slot.position for shelf in self.layout.shelves for slot in shelf.slots)
        return next((position for position in positions if position.gtin == gtin), None)

    def _note(self, kind: DetectionKind, corners: NDArray[np.float64]) -> int:
        return self._add(Thing(kind, self.layout.bay_id, self.canvas.area_in_picture(corners)))

    def _add(self, thing: Thing) -> int:
        self.things.append(thing)
        return len(self.things)
