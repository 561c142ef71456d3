"""What really stands on a bay on one day: the planogram, minus what went wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from numpy.random import Generator

from retail.compliance import Verdict
from retail.gtin import Gtin
from retail.planograms import Position
from training.synthetic.assortment import Article
from training.synthetic.layout import BayLayout, Slot


@dataclass(slots=True)
class Stock:
    """What stands in one slot: columns × levels of a product in one of its looks, after some empty columns."""

    slot: Slot
    gtin: Gtin | None
    columns: int
    levels: int
    variant: int = 0
    skipped: int = 0


@dataclass(slots=True)
class BayState:
    """A bay on one day.

    Attributes:
        stocks: one per slot, by (shelf, slot).
        verdicts: exactly one per planogram position.
    """

    stocks: dict[tuple[int, int], Stock]
    verdicts: dict[Position, Verdict]
    strangers: set[Gtin] = field(default_factory=set)


def disturb(layout: BayLayout, articles: Mapping[Gtin, Article], others: Sequence[Article], rng: Generator) -> BayState:
    """Stock a bay and break its planogram in a few places; ``others`` are products that belong elsewhere."""
    slots = [slot for shelf in layout.shelves for slot in shelf.slots]
    state = BayState(
        {_key(s.position): _stocked(s, articles, rng) for s in slots}, {s.position: Verdict.CORRECT for s in slots}
    )
    mess = float(rng.choice([0.0, 0.06, 0.15, 0.4], p=[0.15, 0.45, 0.3, 0.1]))
    untouched = [slots[int(i)] for i in rng.permutation(len(slots))]
    for _ in range(int(rng.poisson(mess * len(slots)))):
        if not untouched:
            break
        _break_one(untouched, layout, state, articles, others, rng)
    return state


def _stocked(slot: Slot, articles: Mapping[Gtin, Article], rng: Generator) -> Stock:
    """Fill a slot as planned; often a column or two is sold out."""
    columns = slot.columns
    if columns > 1 and rng.random() < 0.15:
        columns -= int(rng.integers(1, columns))
    looks = len(articles[slot.position.gtin].designs)
    variant = int(rng.integers(1, looks)) if looks > 1 and rng.random() < 0.25 else 0
    skipped = int(rng.integers(0, slot.columns - columns + 1))
    return Stock(slot, slot.position.gtin, columns, slot.levels, variant, skipped)


def _break_one(
    untouched: list[Slot],
    layout: BayLayout,
    state: BayState,
    articles: Mapping[Gtin, Article],
    others: Sequence[Article],
    rng: Generator,
) -> None:
    slot = untouched.pop()
    how = rng.random()
    if how < 0.45:
        _sell_out(slot, state)
    elif how < 0.6:
        _replace_by_stranger(slot, layout, state, articles, others, rng)
    else:
        _swap(slot, untouched, layout, state, articles, same_shelf=how < 0.8)


def _sell_out(slot: Slot, state: BayState) -> None:
    state.stocks[_key(slot.position)] = Stock(slot, None, 0, 0)
    state.verdicts[slot.position] = Verdict.OUT_OF_STOCK


def _replace_by_stranger(
    slot: Slot,
    layout: BayLayout,
    state: BayState,
    articles: Mapping[Gtin, Article],
    others: Sequence[Article],
    rng: Generator,
) -> None:
    _sell_out(slot, state)
    planned = {s.position.gtin for shelf in layout.shelves for s in shelf.slots} | state.strangers
    for i in rng.permutation(len(others))[:40]:
        other = others[int(i)]
        if other.product.gtin not in planned and _fits(other, slot, layout):
            state.stocks[_key(slot.position)] = _moved(other, slot, layout)
            state.strangers.add(other.product.gtin)
            return


def _swap(
    slot: Slot,
    untouched: list[Slot],
    layout: BayLayout,
    state: BayState,
    articles: Mapping[Gtin, Article],
    same_shelf: bool,
) -> None:
    """Let two products change places, where another one fits; otherwise nothing happens."""
    mine = articles[slot.position.gtin]
    for partner in untouched:
        theirs = articles[partner.position.gtin]
        if (partner.position.shelf == slot.position.shelf) is not same_shelf:
            continue
        if _fits(theirs, slot, layout) and _fits(mine, partner, layout):
            untouched.remove(partner)
            state.stocks[_key(slot.position)] = _moved(theirs, slot, layout)
            state.stocks[_key(partner.position)] = _moved(mine, partner, layout)
            verdict = Verdict.WRONG_POSITION if same_shelf else Verdict.WRONG_SHELF
            state.verdicts[slot.position] = state.verdicts[partner.position] = verdict
            return


def _fits(article: Article, slot: Slot, layout: BayLayout) -> bool:
    width, height, _ = article.size_cm
    return width <= slot.width and height <= layout.shelves[slot.position.shelf - 1].clear


def _moved(article: Article, slot: Slot, layout: BayLayout) -> Stock:
    width, height, _ = article.size_cm
    columns = max(1, min(slot.columns, int(slot.width // width)))
    clear = layout.shelves[slot.position.shelf - 1].clear
    return Stock(slot, article.product.gtin, columns, max(1, min(slot.levels, int(clear // height))))


def _key(position: Position) -> tuple[int, int]:
    return position.shelf, position.slot
