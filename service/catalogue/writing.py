"""From a changed catalogue back to the records."""

from collections.abc import Iterable

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from retail.catalogue import Listing
from retail.catalogue_events import PlanogramReset
from retail.gtin import Gtin
from retail.products import Product
from service.catalogue.loading import Part
from service.catalogue.queries import in_parts
from service.catalogue.states import State
from service.records import (
    AssortmentRecord,
    BayRecord,
    ProductRecord,
    ReferenceRecord,
    ReferenceVectorRecord,
    VariantRecord,
)

Listings = dict[tuple[str, Gtin], Listing]


class Writer:
    """Writes products and their variants; new rows wait for `flush`, so that an import sends them many at a time."""

    def __init__(self, session: Session, part: Part) -> None:
        """Write to the records of a part of the catalogue."""
        self._session = session
        self._products, self._variants = part.products, part.variants
        self._new_products: list[ProductRecord] = []
        self._new_variants: list[VariantRecord] = []

    def write_product(self, product: Product) -> None:
        """Add or replace a product, without its variants."""
        record = self._products.get(product.gtin)
        if record is None:
            record = self._products[product.gtin] = ProductRecord(gtin=product.gtin)
            self._new_products.append(record)
        record.name, record.family, record.category = product.name, product.family, list(product.category)
        record.valid_from, record.valid_until, record.became = product.valid_from, product.valid_until, None

    def write_former(self, gtin: Gtin, became: Iterable[Gtin]) -> None:
        """Leave of a product what took its place."""
        self._products[gtin].became = list(became)

    def write_variants(self, product: Product) -> None:
        """Add or replace the variants of a product."""
        for variant in product.variants:
            record = self._variants.get(variant.id)
            if record is None:
                record = self._variants[variant.id] = VariantRecord(id=variant.id)
                self._new_variants.append(record)
            record.gtin, record.kind = variant.gtin, variant.kind
            record.valid_from, record.valid_until = variant.valid_from, variant.valid_until

    def remove_variant(self, id: str, into: str) -> list[str]:
        """Remove a variant whose references show another from now on; return the ids of those that went with it.

        The other may have the same picture already: of two, the one in the gallery stays.
        """
        self.flush()
        gone = _doubles(self._session, id, into)
        self._session.execute(delete(ReferenceVectorRecord).where(ReferenceVectorRecord.reference_id.in_(gone)))
        self._session.execute(delete(ReferenceRecord).where(ReferenceRecord.id.in_(gone)))
        moved = update(ReferenceRecord).where(ReferenceRecord.variant_id == id)
        self._session.execute(moved.values(variant_id=into))
        self._session.delete(self._variants.pop(id))
        self._session.flush()
        return gone

    def write_listings(self, before: Listings, after: Listings) -> None:
        """Change who carries what."""
        self.flush()
        for store_id, gtin in before.keys() - after.keys():
            self._session.delete(self._session.get_one(AssortmentRecord, (store_id, gtin)))
        new = [_row(store_id, after[store_id, gtin]) for store_id, gtin in after.keys() - before.keys()]
        self._session.add_all(new)
        for key in before.keys() & after.keys():
            if before[key] != after[key]:
                self._session.merge(_row(key[0], after[key]))
        self._session.flush()

    def write_followed(self, reset: PlanogramReset) -> list[str]:
        """Let bays follow a version of a planogram; return those that followed another planogram or none."""
        found: list[str] = []
        for some in in_parts(reset.bays):
            for bay in self._session.scalars(select(BayRecord).where(BayRecord.id.in_(some))):
                if bay.planogram_id != reset.planogram_id:
                    found.append(bay.id)
                bay.planogram_id, bay.planogram_version = reset.planogram_id, reset.version
        self._session.flush()
        return sorted(found)

    def flush(self) -> None:
        """Send what waits: products before their variants, which refer to them."""
        self._session.add_all(self._new_products)
        self._session.flush()
        self._session.add_all(self._new_variants)
        self._session.flush()
        self._new_products.clear()
        self._new_variants.clear()


def _row(store_id: str, listing: Listing) -> AssortmentRecord:
    return AssortmentRecord(
        store_id=store_id, gtin=listing.gtin, valid_from=listing.valid_from, valid_until=listing.valid_until
    )


def _doubles(session: Session, id: str, into: str) -> list[str]:
    mine, theirs = _references(session, id), _references(session, into)
    pairs = [(mine[sha256], theirs[sha256]) for sha256 in mine.keys() & theirs.keys()]
    return [(their if my.state == State.LIVE != their.state else my).id for my, their in pairs]


def _references(session: Session, variant_id: str) -> dict[str, ReferenceRecord]:
    found = select(ReferenceRecord).where(ReferenceRecord.variant_id == variant_id)
    return {record.sha256: record for record in session.scalars(found)}
