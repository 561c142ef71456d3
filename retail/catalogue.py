"""The catalogue: all products, what became of former ones, who carries and follows what, at one version."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from retail.gtin import Gtin
from retail.products import Product, check_days


@dataclass(frozen=True, slots=True)
class Listing:
    """A product that a store carries, and from when until when (None where open).

    Raises:
        ValueError: if the last day is before the first.
    """

    gtin: Gtin
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        check_days(self.valid_from, self.valid_until)


@dataclass(frozen=True)
class Catalogue:
    """All products at one version; the version grows by one with every change.

    Attributes:
        products: those there are, delisted ones included.
        became: what took the place of a GTIN that is no product any more: one product after a rename or merge,
            several after a split.
        assortments: by store what it carries; a store that is not in it carries everything.
        followed: by bay the planogram that it follows and the newest version that it was reset to.

    Raises:
        ValueError: if two products share a GTIN.
    """

    version: int
    products: tuple[Product, ...]
    became: Mapping[Gtin, tuple[Gtin, ...]] = field(default_factory=dict)
    assortments: Mapping[str, Mapping[Gtin, Listing]] = field(default_factory=dict)
    followed: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.by_gtin) != len(self.products):
            seen: set[str] = set()
            twice = sorted({p.gtin for p in self.products if p.gtin in seen or seen.add(p.gtin)})  # type: ignore[func-returns-value]
            raise ValueError(f"GTINs {twice} occur more than once in catalogue version {self.version}")

    def __iter__(self) -> Iterator[Product]:
        return iter(self.products)

    @cached_property
    def by_gtin(self) -> dict[Gtin, Product]:
        """Products by their GTIN."""
        return {product.gtin: product for product in self.products}

    def canonical(self, gtin: Gtin) -> Gtin | None:
        """Return the product that a GTIN stands for today, itself or what it became.

        None if there never was one, or if it was split into products that are still different ones.
        """
        ends = ends_of(gtin, self.by_gtin, self.became)
        return ends[0] if len(ends) == 1 else None

    def siblings(self, gtin: Gtin) -> tuple[Product, ...]:
        """Return the other products of the same family."""
        family = self.by_gtin[gtin].family
        return tuple(p for p in self.products if family and p.family == family and p.gtin != gtin)

    def within(self, category: Iterable[str]) -> tuple[Product, ...]:
        """Return the products at or below a node of the category tree."""
        path = tuple(category)
        return tuple(p for p in self.products if p.category[: len(path)] == path)


def ends_of(gtin: Gtin, products: Container[Gtin], became: Mapping[Gtin, tuple[Gtin, ...]]) -> tuple[Gtin, ...]:
    """Return the products that a GTIN stands for today, sorted; none if there never was one.

    It ends: what a GTIN became was a product then, and whatever that became came later.
    """
    ends: set[Gtin] = set()
    seen: set[Gtin] = set()
    ahead = [gtin]
    while ahead:
        here = ahead.pop()
        if here in products:
            ends.add(here)
        elif here not in seen:
            seen.add(here)
            ahead += became.get(here, ())
    return tuple(sorted(ends))
