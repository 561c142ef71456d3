"""The catalogue in the records."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from retail.gtin import Gtin
from retail.products import Product
from service.records import CatalogueChangeRecord, ProductRecord


def lock_catalogue(session: Session) -> None:
    """Let one transaction at a time change the catalogue, so that versions count up by one."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        session.execute(text("LOCK TABLE catalogue_changes IN EXCLUSIVE MODE"))


def catalogue_version(session: Session) -> int:
    """Return the version of the catalogue, 0 while it never changed."""
    return session.scalar(select(func.max(CatalogueChangeRecord.version))) or 0


def find_product(session: Session, gtin: Gtin) -> ProductRecord | None:
    """Return a product, None if there is none of this GTIN."""
    return session.get(ProductRecord, gtin)


def list_products(session: Session, after: str, limit: int) -> Sequence[ProductRecord]:
    """Return products in the order of their GTIN, from the one after `after`."""
    wanted = select(ProductRecord).where(ProductRecord.gtin > after).order_by(ProductRecord.gtin).limit(limit)
    return session.scalars(wanted).all()


def list_changes(session: Session, since: int, limit: int) -> Sequence[CatalogueChangeRecord]:
    """Return the changes after a version, in order."""
    changes = select(CatalogueChangeRecord).where(CatalogueChangeRecord.version > since)
    return session.scalars(changes.order_by(CatalogueChangeRecord.version).limit(limit)).all()


def save_product(session: Session, product: Product) -> None:
    """Add or replace a product."""
    session.merge(
        ProductRecord(gtin=product.gtin, name=product.name, family=product.family, category=list(product.category))
    )


def append_change(session: Session, kind: str, gtin: Gtin, details: dict[str, Any], now: datetime) -> int:
    """Count the catalogue's version up by one and return it; `lock_catalogue` comes first."""
    version = catalogue_version(session) + 1
    session.add(CatalogueChangeRecord(version=version, at=now, kind=kind, gtin=gtin, details=details))
    return version
