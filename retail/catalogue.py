"""The catalogue: all products and their category tree, at one version."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from retail.gtin import Gtin
from retail.products import Product


@dataclass(frozen=True)
class Catalogue:
    """All products at one version; the version grows by one with every change.

    Raises:
        ValueError: if two products share a GTIN.
    """

    version: int
    products: tuple[Product, ...]

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

    def siblings(self, gtin: Gtin) -> tuple[Product, ...]:
        """Return the other products of the same family."""
        family = self.by_gtin[gtin].family
        return tuple(p for p in self.products if family and p.family == family and p.gtin != gtin)

    def within(self, category: Iterable[str]) -> tuple[Product, ...]:
        """Return the products at or below a node of the category tree."""
        path = tuple(category)
        return tuple(p for p in self.products if p.category[: len(path)] == path)
