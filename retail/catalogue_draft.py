"""A catalogue under change, and what it says of a GTIN."""

from dataclasses import replace

from retail.catalogue import Catalogue, Listing, ends_of
from retail.catalogue_events import InvalidChange
from retail.gtin import Gtin
from retail.products import Product


class CatalogueDraft:
    """A catalogue under change: what the rules work on, in a time that does not grow with the catalogue.

    It may hold a part of the catalogue: the products an event names, what their GTINs became, the owners of the
    variant ids it names, and the listings it moves.

    Attributes:
        owners: the product of each variant id.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        """Start from a catalogue, which stays as it is."""
        self.version = catalogue.version
        self.products = dict(catalogue.by_gtin)
        self.became = dict(catalogue.became)
        self.assortments = {store: dict(listings) for store, listings in catalogue.assortments.items()}
        self.followed = dict(catalogue.followed)
        self.owners = {variant.id: p.gtin for p in catalogue.products for variant in p.variants}

    def frozen(self) -> Catalogue:
        """Return the catalogue as it is now, its products in the order of their GTINs."""
        return Catalogue(
            self.version,
            tuple(self.products[gtin] for gtin in sorted(self.products)),
            dict(self.became),
            {store: dict(listings) for store, listings in self.assortments.items() if listings},
            dict(self.followed),
        )

    def ends(self, gtin: Gtin) -> tuple[Gtin, ...]:
        """Return the products that a GTIN stands for today."""
        return ends_of(gtin, self.products, self.became)

    def existing(self, gtin: Gtin, field: str = "gtin") -> Product:
        """Return a product.

        Raises:
            InvalidChange: if there is none, saying what became of a former one.
        """
        if gtin in self.products:
            return self.products[gtin]
        if gtin in self.became:
            now = " and ".join(self.ends(gtin))
            raise InvalidChange(field, f"product {gtin} is now {now}", f"use {now} instead")
        raise InvalidChange(field, f"the catalogue has no product {gtin}", "add it first, or correct the GTIN")

    def listed(self, gtin: Gtin, field: str = "gtin") -> Product:
        """Return a product that is not delisted.

        Raises:
            InvalidChange: if there is none.
        """
        product = self.existing(gtin, field)
        if product.is_delisted:
            raise InvalidChange(
                field, f"product {gtin} was delisted with last day {product.valid_until}", "relist it first"
            )
        return product

    def check_new(self, gtin: Gtin, field: str, former: Gtin | None = None) -> None:
        """Refuse a GTIN that is taken; one that stands for `former` today is not.

        Raises:
            InvalidChange: saying by what.
        """
        if gtin in self.products:
            name = self.products[gtin].name
            raise InvalidChange(field, f"product {gtin} exists already, as {name!r}", "change or merge that one")
        if gtin in self.became and self.ends(gtin) != (former,):
            now = " and ".join(self.ends(gtin))
            raise InvalidChange(
                field, f"{gtin} stood for a product that is now {now}", f"use {now}, or split or rename it back"
            )

    def check_ids(self, product: Product, owner: Gtin) -> None:
        """Refuse variant ids of a product that belong to another than `owner`.

        Raises:
            InvalidChange: naming the first.
        """
        for variant in product.variants:
            id = variant.id
            former = Gtin(id) in self.became and self.ends(Gtin(id)) not in ((product.gtin,), (owner,))
            by = f"{id}, which is no more" if former else self.owners.get(id, owner)
            if by != owner:
                raise InvalidChange("variants", f"the variant id {id!r} belongs to product {by}", "choose another id")

    def put(self, product: Product) -> bool:
        """Add or replace a product; say whether that changes anything."""
        before = self.products.get(product.gtin)
        if before == product:
            return False
        for variant in before.variants if before else ():
            if self.owners.get(variant.id) == product.gtin:
                del self.owners[variant.id]
        self.products[product.gtin] = product
        self.became.pop(product.gtin, None)
        self.owners |= {variant.id: product.gtin for variant in product.variants}
        return True

    def drop(self, gtin: Gtin, became: tuple[Gtin, ...]) -> None:
        """Let others take the place of a product, in assortments too."""
        for variant in self.products.pop(gtin).variants:
            del self.owners[variant.id]
        self.became[gtin] = became
        self.pass_listings(gtin, became)

    def pass_listings(self, gtin: Gtin, became: tuple[Gtin, ...]) -> None:
        """Let stores carry others in a product's place; who carries both already carries them for all of their days."""
        for listings in self.assortments.values():
            listing = listings.pop(gtin, None)
            if listing is None:
                continue
            for other in became:
                listings[other] = _united(replace(listing, gtin=other), listings.get(other))


def _united(listing: Listing, other: Listing | None) -> Listing:
    if other is None:
        return listing
    first = min(listing.valid_from, other.valid_from) if listing.valid_from and other.valid_from else None
    last = max(listing.valid_until, other.valid_until) if listing.valid_until and other.valid_until else None
    return replace(listing, valid_from=first, valid_until=last)
