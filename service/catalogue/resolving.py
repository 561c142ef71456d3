"""Which product a GTIN stands for today, for whoever is about to point at one."""

from datetime import date

from retail.catalogue import Catalogue, ends_of
from retail.gtin import Gtin
from service.problems import Problem


def product_of(catalogue: Catalogue, gtin: Gtin, field: str, on: date) -> Gtin:
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
