"""Products, their variants, and how the catalogue changed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class ProductRecord(Record):
    """A product of the catalogue, or what is left of one that was merged, renamed or split."""

    __tablename__ = "products"
    gtin: Mapped[str] = mapped_column(String(14), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    family: Mapped[str | None] = mapped_column(String(100))
    category: Mapped[list[Any]]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]  # the last day; a delisted product has one
    became: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))  # GTINs that took its place; else null


class VariantRecord(Record):
    """One packaging look of a product."""

    __tablename__ = "variants"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    gtin: Mapped[str] = mapped_column(ForeignKey("products.gtin"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]


class AssortmentRecord(Record):
    """A product that a store carries; a store without any row carries everything."""

    __tablename__ = "assortments"
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), primary_key=True)
    gtin: Mapped[str] = mapped_column(ForeignKey("products.gtin"), primary_key=True, index=True)
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]


class CatalogueChangeRecord(Record):
    """One change of the catalogue; its version is the catalogue's version after it."""

    __tablename__ = "catalogue_changes"
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(32))
    gtin: Mapped[str] = mapped_column(String(14), index=True)
    details: Mapped[dict[str, Any]]


class TouchedRecord(Record):
    """One annotated facing, reference or planogram position that a change of the catalogue touched."""

    __tablename__ = "touched"
    version: Mapped[int] = mapped_column(ForeignKey("catalogue_changes.version"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)  # facing | reference | position
    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    action: Mapped[str] = mapped_column(String(16))  # remapped | requeued | expired | restored
    before: Mapped[str] = mapped_column(String(14))
    after: Mapped[str | None] = mapped_column(String(14))
