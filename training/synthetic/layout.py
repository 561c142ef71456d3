"""How a bay is built and what should stand on it: shelves, slots and the planogram they amount to."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from retail.planograms import PlannedShelf, Planogram, Position
from retail.stores import StoreFormat
from training.synthetic.assortment import Article
from training.synthetic.designs import HANGING, STACKABLE
from training.synthetic.groups import Group

_BOARD = 4.0  # cm from the top of a compartment to the next shelf's surface
_MOST_COLUMNS = 12
_ON_HOOKS = 1.5  # cm between packs that hang


@dataclass(frozen=True, slots=True)
class FormatRules:
    """What a store format's bays measure, in cm, and how many shelves they have."""

    shelves: tuple[int, int]
    width: tuple[float, float]
    height: float
    depth: tuple[float, float]
    slack: tuple[float, float]  # free width between facings
    headroom: tuple[float, float]  # height of a compartment over its tallest product


_USUAL: dict[StoreFormat, FormatRules] = {
    StoreFormat.HYPERMARKET: FormatRules((5, 9), (100, 134), 215, (40, 60), (0.0, 0.5), (1.03, 1.2)),
    StoreFormat.SUPERMARKET: FormatRules((4, 7), (90, 134), 195, (35, 50), (0.05, 1.4), (1.05, 1.35)),
    StoreFormat.CONVENIENCE: FormatRules((4, 6), (65, 125), 170, (30, 47), (0.1, 2.5), (1.08, 1.5)),
}
# In the order of the formats: a cash and carry market, a drugstore, a kiosk.
_HELD_OUT: dict[StoreFormat, FormatRules] = {
    StoreFormat.HYPERMARKET: FormatRules((4, 6), (150, 180), 230, (60, 80), (0.05, 1.0), (1.1, 1.4)),
    StoreFormat.SUPERMARKET: FormatRules((6, 9), (80, 100), 180, (28, 36), (0.05, 1.2), (1.08, 1.3)),
    StoreFormat.CONVENIENCE: FormatRules((5, 7), (50, 70), 145, (20, 30), (0.1, 1.5), (1.08, 1.4)),
}
RULES = {Group.USUAL: _USUAL, Group.HELD_OUT: _HELD_OUT}


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one planogram position stands: x of its left edge and its width in cm, columns × levels of facings."""

    position: Position
    x: float
    width: float
    columns: int
    levels: int


@dataclass(frozen=True, slots=True)
class ShelfLayout:
    """One shelf: its surface is ``base`` cm below the bay's top; ``clear`` cm are free above it.

    A row of hooks is a shelf without a board: its packs hang from the top of the free space.
    """

    base: float
    clear: float
    slots: tuple[Slot, ...]
    hooks: bool = False

    def foot(self, height: float) -> float:
        """Return how many cm below the bay's top a pack of this height ends."""
        return self.base - self.clear + 2 + height if self.hooks else self.base


@dataclass(frozen=True, slots=True)
class BayLayout:
    """A bay's measures in cm and its shelves from the top; ``look_seed`` decides how the fixture looks.

    Attributes:
        fixtures: the repertoire of looks.
    """

    bay_id: str
    format: StoreFormat
    width: float
    height: float
    depth: float
    shelves: tuple[ShelfLayout, ...]
    look_seed: int
    fixtures: Group = Group.USUAL

    def planogram(self, version: int) -> Planogram:
        """Return the intended layout as a planogram."""
        positions = tuple(slot.position for shelf in self.shelves for slot in shelf.slots)
        shelves = tuple(PlannedShelf(number, s.base, s.clear) for number, s in enumerate(self.shelves, start=1))
        return Planogram(self.bay_id, version, positions, shelves, self.width)


def lay_out(
    bay_id: str,
    store_format: StoreFormat,
    articles: Sequence[Article],
    popularity: Sequence[float],
    rng: Generator,
    fixtures: Group = Group.USUAL,
    widest: float = math.inf,
) -> BayLayout:
    """Fill a bay with products of a few categories, drawn by popularity; no product has two positions.

    Raises:
        ValueError: if no article is as narrow as `widest` cm.
    """
    articles, popularity = _narrow(articles, popularity, widest)
    rules = RULES[fixtures][store_format]
    width, depth = float(rng.uniform(*rules.width)), float(rng.uniform(*rules.depth))
    slack = float(rng.uniform(*rules.slack)) * (4 if rng.random() < 0.05 else 1)  # some bays are all but bare
    queue = _shopping_list(articles, popularity, rng)
    hanging = {article.product.gtin for article in articles if _hangs(article)}
    shelves: list[ShelfLayout] = []
    left = rules.height - float(rng.uniform(8, 22))  # the kick plate
    wanted = int(rng.integers(rules.shelves[0], rules.shelves[1] + 1))
    while queue and left > 22 and len(shelves) < rules.shelves[1]:
        room = max(24.0, left / max(1, wanted - len(shelves)) * 1.3)
        slots, tallest = _fill(queue, width - 4, min(room, left) - 4, slack, rng)
        if not slots:
            break
        hooks = slots[0].position.gtin in hanging
        clear = min(left, tallest * float(rng.uniform(*rules.headroom)) + (4 if hooks else 1))
        shelves.append(ShelfLayout(left, clear, tuple(slots), hooks))
        left -= clear + _BOARD
    shelves = _raised(shelves, rules.height, max(0.0, left - float(rng.uniform(0, 15))))
    look_seed = int(rng.integers(2**31))
    return BayLayout(bay_id, store_format, width, rules.height, depth, _from_top(shelves), look_seed, fixtures)


def _narrow(
    articles: Sequence[Article], popularity: Sequence[float], widest: float
) -> tuple[Sequence[Article], Sequence[float]]:
    narrow = [place for place, article in enumerate(articles) if article.size_cm[0] <= widest]
    if len(narrow) == len(articles):
        return articles, popularity
    if not narrow:
        raise ValueError(f"none of {len(articles)} articles is at most {widest} cm wide")
    total = sum(popularity[place] for place in narrow)
    return [articles[place] for place in narrow], [popularity[place] / total for place in narrow]


def _raised(shelves: list[ShelfLayout], height: float, spare: float) -> list[ShelfLayout]:
    """Share the height that is left over between the compartments, at most a third of each one's own."""
    total = sum(shelf.clear for shelf in shelves)
    grow = 1 + min(0.35, spare / max(total, 1))
    raised, base = [], shelves[0].base if shelves else height
    for shelf in shelves:
        raised.append(replace(shelf, base=base, clear=shelf.clear * grow))
        base -= shelf.clear * grow + _BOARD
    return raised


def zipf(count: int, exponent: float = 1.0) -> list[float]:
    """Return probabilities that fall with rank as Zipf's law has it."""
    weights = 1.0 / np.arange(1, count + 1) ** exponent
    return [float(weight) for weight in weights / weights.sum()]


def _shopping_list(articles: Sequence[Article], popularity: Sequence[float], rng: Generator) -> list[Article]:
    """Order all products: those of one department first, popular ones first, families together."""
    department = articles[int(rng.choice(len(articles), p=np.asarray(popularity)))].product.category[0]
    # Sorting exponential waiting times by rate is sampling without replacement by weight.
    waits = rng.exponential(1.0, len(articles)) / np.asarray(popularity)
    order = [int(i) for i in np.argsort(waits)]
    first: dict[str | None, int] = {}
    for rank, i in enumerate(order):
        first.setdefault(articles[i].product.family, rank)
    order.sort(key=lambda i: (articles[i].product.category[0] != department, first[articles[i].product.family]))
    return [articles[i] for i in order]


def _fill(queue: list[Article], width: float, room: float, slack: float, rng: Generator) -> tuple[list[Slot], float]:
    """Take products off the queue until a shelf is full; also return the height of the tallest stack."""
    slots: list[Slot] = []
    x, tallest = 2.0, 0.0
    lead = next((a for a in queue if a.size_cm[1] < room - 3), None)
    slack += _ON_HOOKS if lead is not None and _hangs(lead) else 0
    while lead is not None:
        chosen = _next_fit(queue, lead, min(room, lead.size_cm[1] * 1.5), width + 2 - x - slack)
        if chosen is None:
            break
        queue.remove(chosen)
        pitch = chosen.size_cm[0] + slack
        columns = max(1, int(min(rng.geometric(0.4), 6, (width + 2 - x) // pitch)))
        levels = _levels(chosen, min(room, lead.size_cm[1] * 1.3), rng)
        position = Position(1, len(slots) + 1, chosen.product.gtin, columns, levels)
        slots.append(Slot(position, x, columns * pitch, columns, levels))
        x += columns * pitch
        tallest = max(tallest, levels * chosen.size_cm[1])
    return _spread(_widened(slots, width + 2 - x, rng), width), tallest


def _next_fit(queue: Sequence[Article], lead: Article, height: float, width: float) -> Article | None:
    low = lead.size_cm[1] * 0.45
    fits = (a for a in queue if low <= a.size_cm[1] <= height and a.size_cm[0] <= width)
    return next((a for a in fits if _hangs(a) == _hangs(lead)), None)


def _hangs(article: Article) -> bool:
    return article.designs[0].shape in HANGING


def _levels(article: Article, room: float, rng: Generator) -> int:
    if article.designs[0].shape not in STACKABLE:
        return 1
    most = int(min(4, room // article.size_cm[1]))
    return int(rng.integers(1, most + 1)) if most > 1 else 1


def _widened(slots: list[Slot], spare: float, rng: Generator) -> list[Slot]:
    """Give what is left over of a shelf to further columns of what stands there already."""
    wider = list(slots)
    for i in rng.permutation(len(slots)):
        slot = slots[int(i)]
        pitch = slot.width / slot.columns
        more = int(min(spare // pitch, max(0, _MOST_COLUMNS - slot.columns)))
        columns = slot.columns + more
        position = replace(slot.position, wide=columns)
        wider[int(i)] = replace(slot, position=position, width=columns * pitch, columns=columns)
        spare -= more * pitch
    return wider


def _spread(slots: list[Slot], width: float) -> list[Slot]:
    """Put the slots side by side and share the width that is left over between them."""
    extra = (width - sum(slot.width for slot in slots)) / max(1, len(slots))
    placed, x = [], 2.0
    for slot in slots:
        wide = slot.width + extra
        placed.append(replace(slot, position=replace(slot.position, x=x, width=wide), x=x, width=wide))
        x += wide
    return placed


def _from_top(shelves: list[ShelfLayout]) -> tuple[ShelfLayout, ...]:
    """Number the shelves, which were filled from the floor upwards, from the top."""
    numbered = []
    for number, shelf in enumerate(reversed(shelves), start=1):
        slots = tuple(replace(slot, position=replace(slot.position, shelf=number)) for slot in shelf.slots)
        numbered.append(replace(shelf, slots=slots))
    return tuple(numbered)
