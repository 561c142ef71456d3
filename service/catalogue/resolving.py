"""Which product a GTIN stands for today, for whoever is about to point at one."""

from collections.abc import Mapping
from datetime import date
from typing import Protocol

from retail.catalogue import ends_of
from retail.gtin import Gtin
from service.problems import Problem


class Found(Protocol):
    """A product's record, or the product."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def valid_until(self) -> date | None: ...  # noqa: D102


class Known(Protocol):
    """Products, and what became of those that are none any more: a catalogue or a part of it."""

    @property
    def by_gtin(self) -> Mapping[Gtin, Found]: ...  # noqa: D102
    @property
    def became(self) -> Mapping[Gtin, tuple[Gtin, ...]]: ...  # noqa: D102


def product_of(catalogue: Known, gtin: Gtin, field: str, on: date) -> Gtin:
    """Return the product that a GTIN stands for on a day: itself, or what it was renamed to or merged into.

    Raises:
        Problem: product-unknown, product-split or product-delisted, naming `field`.
    """
    ends = ends_of(gtin, catalogue.by_gtin, catalogue.became)
    if not ends:
        detail = f"The catalogue has no product {gtin}."
        remedy = f"Add it with PUT /v1/products/{gtin}, or leave the gtin out."
        raise Problem(422, "product-unknown", detail, field=field, remedy=remedy)
    if len(ends) > 1:
        names = " or ".join(f"{end} ({catalogue.by_gtin[end].name})" for end in ends)
        detail = f"Product {gtin} was split."
        raise Problem(422, "product-split", detail, field=field, remedy=f"Say which one it is: {names}.")
    (end,) = ends
    product = catalogue.by_gtin[end]
    if product.valid_until and product.valid_until <= on:
        detail = f"Product {end} ({product.name}) was delisted with last day {product.valid_until}."
        remedy = f"Leave the gtin out, or bring it back with POST /v1/products/{end}/relist."
        raise Problem(422, "product-delisted", detail, field=field, remedy=remedy)
    return end
