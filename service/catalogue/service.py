"""Changing the catalogue."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from retail.products import Product
from service.catalogue.queries import append_change, catalogue_version, find_product, save_product


def put_product(session: Session, product: Product, now: datetime) -> tuple[int, bool]:
    """Make a product what is given; return the catalogue's version and whether anything changed.

    `lock_catalogue` comes first.
    """
    known = find_product(session, product.gtin)
    before = None if known is None else {"name": known.name, "category": known.category, "family": known.family}
    after = _details(product)
    if before == after:
        return catalogue_version(session), False
    save_product(session, product)
    kind = "added" if before is None else "changed"
    return append_change(session, kind, product.gtin, {"before": before, "after": after}, now), True


def _details(product: Product) -> dict[str, Any]:
    return {"name": product.name, "category": list(product.category), "family": product.family}
