"""Which products a store carries."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from retail.catalogue import Listing
from retail.gtin import Gtin
from service.records import AssortmentRecord, ProductRecord


def assortment_of(session: Session, store_id: str, on: date) -> frozenset[Gtin] | None:
    """Return the products that a store carries on a day, None for one without an assortment: it carries everything.

    Left out are products that are delisted by then or not listed yet, and those that the store carries on other days.
    """
    carried = (
        select(AssortmentRecord.gtin)
        .join(ProductRecord, ProductRecord.gtin == AssortmentRecord.gtin)
        .where(AssortmentRecord.store_id == store_id, ProductRecord.became.is_(None))
        .where(*_valid(AssortmentRecord.valid_from, AssortmentRecord.valid_until, on))
        .where(*_valid(ProductRecord.valid_from, ProductRecord.valid_until, on))
    )
    gtins = frozenset(Gtin(gtin) for gtin in session.scalars(carried))
    return gtins if gtins or has_assortment(session, store_id) else None


def has_assortment(session: Session, store_id: str) -> bool:
    """Say whether a store carries some products only."""
    return bool(session.scalar(select(exists().where(AssortmentRecord.store_id == store_id))))


def list_assortment(session: Session, store_id: str, after: str, limit: int | None) -> Sequence[AssortmentRecord]:
    """Return what a store carries in the order of GTINs, from the one after `after`, whatever the day."""
    wanted = select(AssortmentRecord).where(AssortmentRecord.store_id == store_id, AssortmentRecord.gtin > after)
    return session.scalars(wanted.order_by(AssortmentRecord.gtin).limit(limit)).all()


def carried_by(session: Session, store_id: str) -> dict[Gtin, Listing]:
    """Return what a store carries by GTIN, whatever the day; empty where it carries everything."""
    return {
        Gtin(record.gtin): Listing(Gtin(record.gtin), record.valid_from, record.valid_until)
        for record in list_assortment(session, store_id, after="", limit=None)
    }


def _valid(
    first: InstrumentedAttribute[date | None], last: InstrumentedAttribute[date | None], on: date
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return or_(first.is_(None), first <= on), or_(last.is_(None), last >= on)
