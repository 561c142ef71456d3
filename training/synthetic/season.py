"""What one season does to a world: products come, go and change their looks; bays are laid out anew."""

import math
from dataclasses import dataclass, replace

from numpy.random import Generator

from retail.gtin import Gtin
from training.synthetic.assortment import Article, make_family, refreshed
from training.synthetic.changes import CatalogueChange, ChangeKind
from training.synthetic.layout import BayLayout, lay_out
from training.synthetic.seeds import stream
from training.synthetic.spec import WorldSpec


@dataclass(frozen=True, slots=True)
class Turnover:
    """How much a season changes: shares of the products and of the bays, one at least where a share is above 0.

    Attributes:
        delisted: of the products; their places in the bays go to substitutes.
        refreshed: of the products, that get a new look.
        families: new ones, 10 at most, of one to eight products each; a bay shows them once it is laid out anew.
        reset: of the bays, that are laid out anew.
    """

    delisted: float = 0.02
    refreshed: float = 0.02
    families: int = 1
    reset: float = 0.125


USUAL = Turnover()


@dataclass(slots=True)
class Season:
    """A world's changing parts, and the changes made to them so far."""

    articles: tuple[Article, ...]
    popularity: tuple[float, ...]
    layouts: dict[str, BayLayout]
    planogram_versions: dict[str, int]
    changes: tuple[CatalogueChange, ...] = ()


def next_season(
    spec: WorldSpec,
    seed: int,
    version: int,
    articles: tuple[Article, ...],
    popularity: tuple[float, ...],
    layouts: dict[str, BayLayout],
    planogram_versions: dict[str, int],
    photos: int,
    turnover: Turnover,
) -> Season:
    """Delist and refresh some products, list new families, reset some bays."""
    rng = stream(spec.seed, "season", seed, version)
    season = Season(articles, popularity, dict(layouts), dict(planogram_versions))
    some = min(_part(len(articles), turnover.delisted), len(articles) - 1)
    gone = {articles[int(i)].product.gtin for i in rng.choice(len(articles), some, replace=False)}
    _delist(season, gone, version)
    _refresh(season, _part(len(articles), turnover.refreshed), rng, spec.seed, version)
    for number in range(turnover.families):
        _list_new(season, number, rng, spec, version, photos)
    _reset(season, gone, _part(len(layouts), turnover.reset), rng, spec)
    return season


def _part(count: int, share: float) -> int:
    return max(1, math.floor(count * share + 1e-9)) if share else 0


def _delist(season: Season, gone: set[Gtin], version: int) -> None:
    kept = [(a, p) for a, p in zip(season.articles, season.popularity, strict=True) if a.product.gtin not in gone]
    season.articles = tuple(article for article, _ in kept)
    season.popularity = _normalised([weight for _, weight in kept])
    season.changes += tuple(CatalogueChange(ChangeKind.DELISTED, version, gtin) for gtin in sorted(gone))


def _refresh(season: Season, count: int, rng: Generator, world_seed: int, version: int) -> None:
    chosen = {int(i) for i in rng.choice(len(season.articles), min(count, len(season.articles)), replace=False)}
    season.articles = tuple(
        refreshed(article, world_seed, version) if i in chosen else article for i, article in enumerate(season.articles)
    )
    season.changes += tuple(
        CatalogueChange(ChangeKind.PACKAGING_REFRESH, version, season.articles[i].product.gtin) for i in sorted(chosen)
    )


def _list_new(season: Season, number: int, rng: Generator, spec: WorldSpec, version: int, photos: int) -> None:
    # Serials of later seasons start far above those of the first catalogue, so that no GTIN is used twice.
    serial = 500_000 + version * 100 + number * 10
    family = make_family(spec.seed, serial, serial, photos, spec.art)
    weights = list(season.popularity) + [float(rng.choice(season.popularity)) for _ in family]
    season.articles += tuple(family)
    season.popularity = _normalised(weights)
    season.changes += tuple(CatalogueChange(ChangeKind.NEW_PRODUCT, version, a.product.gtin) for a in family)


def _reset(season: Season, gone: set[Gtin], count: int, rng: Generator, spec: WorldSpec) -> None:
    """Lay some bays out anew; a bay that only lost a product keeps its layout with a close substitute."""
    bays = list(season.layouts)
    anew = {bays[int(i)] for i in rng.choice(len(bays), count, replace=False)}
    for bay, layout in season.layouts.items():
        carried = {slot.position.gtin for shelf in layout.shelves for slot in shelf.slots}
        if bay not in anew and not carried & gone:
            continue
        season.planogram_versions[bay] += 1
        number = season.planogram_versions[bay]
        if bay in anew:
            luck = stream(spec.seed, "layout", bay, number)
            fresh = lay_out(bay, layout.format, season.articles, season.popularity, luck, layout.fixtures, spec.widest)
            season.layouts[bay] = replace(fresh, look_seed=layout.look_seed)
        else:
            season.layouts[bay] = _substituted(layout, gone, carried, season.articles)
        season.changes += (CatalogueChange(ChangeKind.PLANOGRAM_RESET, number, bay_id=bay),)


def _substituted(layout: BayLayout, gone: set[Gtin], carried: set[Gtin], articles: tuple[Article, ...]) -> BayLayout:
    taken = set(carried)
    shelves = []
    for shelf in layout.shelves:
        slots = []
        for slot in shelf.slots:
            if slot.position.gtin not in gone:
                slots.append(slot)
                continue
            room = slot.width / slot.columns
            fits = (a for a in articles if a.size_cm[0] <= room and a.size_cm[1] * slot.levels <= shelf.clear)
            other = next((a for a in fits if a.product.gtin not in taken), None)
            if other is not None:
                taken.add(other.product.gtin)
                slots.append(replace(slot, position=replace(slot.position, gtin=other.product.gtin)))
        shelves.append(replace(shelf, slots=tuple(slots)))
    return replace(layout, shelves=tuple(shelves))


def _normalised(weights: list[float]) -> tuple[float, ...]:
    total = sum(weights)
    return tuple(weight / total for weight in weights)
