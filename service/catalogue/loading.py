"""From the records to the catalogue, whole or in part: a change must not take longer because the catalogue is large."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import Session

from retail.catalogue import Catalogue, Listing
from retail.catalogue_events import (
    Added,
    AssortmentChanged,
    Event,
    Merged,
    PackagingRefreshed,
    PlanogramReset,
    Renamed,
    Split,
    VariantAdded,
)
from retail.gtin import Gtin
from retail.products import Product, Variant, VariantKind
from service.catalogue.queries import catalogue_version, in_parts
from service.catalogue.resolving import Found
from service.prepared import Prepared, Question, is_one_of
from service.records import AssortmentRecord, BayRecord, PlanogramVersionRecord, ProductRecord, VariantRecord

P = TypeVar("P", bound=Any)  # a product's record, or a row of it


@dataclass
class Part:
    """The part of the catalogue that some events can reach, and its records.

    Attributes:
        variants: by id, with what is left of split products' looks.
    """

    catalogue: Catalogue
    products: dict[Gtin, ProductRecord]
    variants: dict[str, VariantRecord]


@dataclass
class _Reach:
    """What an event reads or changes."""

    gtins: set[Gtin] = field(default_factory=set)
    variant_ids: set[str] = field(default_factory=set)
    moved: set[Gtin] = field(default_factory=set)  # products whose places in assortments may go to others
    stores: set[str] = field(default_factory=set)
    bays: set[str] = field(default_factory=set)


def load_part(session: Session, events: Iterable[Event]) -> Part:
    """Return the part of the catalogue that these events can reach."""
    reach = _Reach()
    for event in events:
        _extend(reach, event)
    variants = {record.id: record for record in _variants_by_id(session, reach.variant_ids | reach.gtins)}
    owners = {Gtin(record.gtin) for record in variants.values()}
    products = _products_and_heirs(session, reach.gtins | owners | {Gtin(id) for id in reach.variant_ids})
    variants |= {record.id: record for record in _variants_of(session, products)}
    listings = _listings(session, reach.moved, reach.stores)
    followed: dict[str, tuple[str, int]] = {}
    for some in in_parts(reach.bays):
        followed |= _following(session, BayRecord.id.in_(some))
    return Part(_catalogue(session, products, variants.values(), listings, followed), products, variants)


def read_catalogue(session: Session, gtins: Iterable[Gtin]) -> Catalogue:
    """Return the part of the catalogue that says what these GTINs stand for today."""
    products = _products_and_heirs(session, set(gtins))
    return _catalogue(session, products, _variants_of(session, products), (), {})


@dataclass(frozen=True, slots=True)
class Named:
    """Products and what became of those that are none any more: all that it takes to name facings."""

    by_gtin: dict[Gtin, Found]
    became: dict[Gtin, tuple[Gtin, ...]]


def products_named(gtins: Iterable[Gtin]) -> Question[Named]:
    """Ask what these GTINs stand for today; one statement, unless some became others."""

    def read(session: Session, rows: list[Any]) -> Named:
        found = _with_heirs(rows, lambda heirs: _PRODUCTS.rows(session, {"gtins": list(heirs)}))
        products = {gtin: row for gtin, row in found.items() if row.became is None}
        return Named(products, {gtin: tuple(map(Gtin, found[gtin].became)) for gtin in found.keys() - products.keys()})

    return Question((_PRODUCTS, {"gtins": list(set(gtins))}), read)


_PRODUCTS = Prepared(lambda dialect: select(ProductRecord).where(is_one_of(ProductRecord.gtin, "gtins", dialect)))


def load_catalogue(session: Session) -> Catalogue:
    """Return the whole catalogue."""
    products = {Gtin(record.gtin): record for record in session.scalars(select(ProductRecord))}
    listings = session.scalars(select(AssortmentRecord)).all()
    followed = _following(session, true())
    return _catalogue(session, products, session.scalars(select(VariantRecord)), listings, followed)


def product_from(record: ProductRecord, variants: Iterable[VariantRecord]) -> Product:
    """Return a product."""
    return Product(
        Gtin(record.gtin),
        record.name,
        tuple(record.category),
        record.family,
        tuple(Variant(v.id, Gtin(v.gtin), VariantKind(v.kind), v.valid_from, v.valid_until) for v in variants),
        record.valid_from,
        record.valid_until,
    )


def gtins_of(event: Event) -> set[Gtin]:
    """Return the GTINs that an event names."""
    reach = _Reach()
    _extend(reach, event)
    return reach.gtins


def _extend(reach: _Reach, event: Event) -> None:
    match event:
        case Added(product):
            reach.gtins.add(product.gtin)
            reach.variant_ids |= {variant.id for variant in product.variants}
        case Renamed(gtin, other) | Merged(gtin, other):
            reach.gtins |= {gtin, other}
            reach.moved |= {gtin, other}
        case Split(gtin, parts):
            reach.gtins |= {gtin, *(part.gtin for part in parts)}
            reach.moved |= {gtin, *(part.gtin for part in parts)}
            reach.variant_ids |= {variant.id for part in parts for variant in part.variants}
        case PackagingRefreshed(gtin, variant) | VariantAdded(gtin, variant):
            reach.gtins.add(gtin)
            reach.variant_ids.add(variant.id)
        case AssortmentChanged(store_id, added, removed):
            reach.gtins |= {*(listing.gtin for listing in added), *removed}
            reach.stores.add(store_id)
        case PlanogramReset(bays=bays):
            reach.bays |= set(bays)
        case _:
            reach.gtins.add(event.gtin)


def _products_and_heirs(session: Session, gtins: set[Gtin]) -> dict[Gtin, ProductRecord]:
    def read(wanted: set[Gtin]) -> list[ProductRecord]:
        named = (select(ProductRecord).where(ProductRecord.gtin.in_(some)) for some in in_parts(wanted))
        return [record for some in named for record in session.scalars(some)]

    return _with_heirs(read(gtins), read)


def _with_heirs(records: Sequence[P], read: Callable[[set[Gtin]], Sequence[P]]) -> dict[Gtin, P]:
    """Return products, and what those that are no more were renamed to, merged into or split into."""
    found: dict[Gtin, P] = {}
    while records:
        found |= {Gtin(record.gtin): record for record in records}
        heirs = {Gtin(heir) for record in records for heir in record.became or ()} - found.keys()
        records = read(heirs) if heirs else ()
    return found


def _variants_by_id(session: Session, ids: set[str]) -> Iterator[VariantRecord]:
    for some in in_parts(ids):
        yield from session.scalars(select(VariantRecord).where(VariantRecord.id.in_(some)))


def _variants_of(session: Session, gtins: Iterable[Gtin]) -> list[VariantRecord]:
    return [
        record
        for some in in_parts(gtins)
        for record in session.scalars(select(VariantRecord).where(VariantRecord.gtin.in_(some)))
    ]


def _listings(session: Session, moved: set[Gtin], stores: set[str]) -> list[AssortmentRecord]:
    found: dict[tuple[str, str], AssortmentRecord] = {}
    wanted: list[ColumnElement[bool]] = [AssortmentRecord.gtin.in_(some) for some in in_parts(moved)]
    wanted += [AssortmentRecord.store_id.in_(some) for some in in_parts(stores)]
    for where in wanted:
        found |= {(r.store_id, r.gtin): r for r in session.scalars(select(AssortmentRecord).where(where))}
    return list(found.values())


def _following(session: Session, bays: ColumnElement[bool]) -> dict[str, tuple[str, int]]:
    version = PlanogramVersionRecord
    followed = and_(version.planogram_id == BayRecord.planogram_id, version.version == BayRecord.planogram_version)
    found = select(BayRecord.id, version.planogram_id, version.version).join(version, followed)
    return {id: (planogram_id, number) for id, planogram_id, number in session.execute(found.where(bays))}


def _catalogue(
    session: Session,
    records: dict[Gtin, ProductRecord],
    variants: Iterable[VariantRecord],
    listings: Iterable[AssortmentRecord],
    followed: dict[str, tuple[str, int]],
) -> Catalogue:
    looks: dict[str, list[VariantRecord]] = defaultdict(list)
    for variant in variants:
        looks[variant.gtin].append(variant)
    carried: dict[str, dict[Gtin, Listing]] = defaultdict(dict)
    for listing in listings:
        gtin = Gtin(listing.gtin)
        carried[listing.store_id][gtin] = Listing(gtin, listing.valid_from, listing.valid_until)
    return Catalogue(
        catalogue_version(session),
        tuple(product_from(records[gtin], looks[gtin]) for gtin in sorted(records) if records[gtin].became is None),
        {gtin: tuple(map(Gtin, record.became)) for gtin, record in records.items() if record.became is not None},
        dict(carried),
        followed,
    )
