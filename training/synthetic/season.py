"""What one season does to a world: products come, go and change their looks; bays are laid out anew."""

from dataclasses import dataclass, replace

from numpy.random import Generator

from retail.gtin import Gtin
from training.synthetic.assortment import Article, make_family, refreshed
from training.synthetic.changes import CatalogueChange, ChangeKind
from training.synthetic.layout import BayLayout, lay_out
from training.synthetic.seeds import stream
from training.synthetic.spec import WorldSpec


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
) -> Season:
    """Delist and refresh about 2 % of the products, list one new family, reset one bay in eight, one at least."""
    rng = stream(spec.seed, "season", seed, version)
    season = Season(articles, popularity, dict(layouts), dict(planogram_versions))
    some = max(1, len(articles) // 50)
    gone = {
        articles[int(i)].product.gtin for i in rng.choice(len(articles), min(some, len(articles) - 1), replace=False)
    }
    _delist(season, gone, version)
    _refresh(season, some, rng, spec.seed, version)
    _list_new(season, rng, spec, version, photos)
    _reset(season, gone, rng, spec)
    return season


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


def _list_new(season: Season, rng: Generator, spec: WorldSpec, version: int, photos: int) -> None:
    # Serials of later seasons start far above those of the first catalogue, so that no GTIN is used twice.
    serial = 500_000 + version * 100
    family = make_family(spec.seed, serial, serial, photos, spec.art)
    weights = list(season.popularity) + [float(rng.choice(season.popularity)) for _ in family]
    season.articles += tuple(family)
    season.popularity = _normalised(weights)
    season.changes += tuple(CatalogueChange(ChangeKind.NEW_PRODUCT, version, a.product.gtin) for a in family)


def _reset(season: Season, gone: set[Gtin], rng: Generator, spec: WorldSpec) -> None:
    """Lay some bays out anew; a bay that only lost a product keeps its layout with a close substitute."""
    bays = list(season.layouts)
    anew = {bays[int(i)] for i in rng.choice(len(bays), max(1, len(bays) // 8), replace=False)}
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
