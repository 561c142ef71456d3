"""The day after a product's last: what points at it counts no longer."""

import logging
import threading
from datetime import datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from retail.catalogue_events import Expire
from retail.gtin import Gtin
from service.catalogue.queries import in_parts, lock_catalogue
from service.catalogue.states import State
from service.catalogue.touching import Touched, carry_out, keep_touched
from service.context import Context
from service.records import (
    CatalogueChangeRecord,
    FacingLabelRecord,
    PositionRecord,
    ProductRecord,
    ReferenceRecord,
    TouchedRecord,
    VariantRecord,
)

log = logging.getLogger(__name__)
LOOK_SECONDS = 600.0


def keep_expiring(context: Context, stopping: threading.Event) -> None:
    """Until `stopping` is set, look every ten minutes what is due."""
    while not stopping.is_set():
        try:
            with context.database.read() as session:
                due = bool(_due(session, context.clock()))
            if due:
                with context.database.write() as session:
                    expired = expire_due(session, context.clock())
                log.info("%d labels, references and positions of delisted products expired", len(expired))
        except SQLAlchemyError:  # a database that restarts
            log.exception("What is due could not expire; looking again in %g s", LOOK_SECONDS)
        stopping.wait(LOOK_SECONDS)


def expire_due(session: Session, now: datetime) -> list[Touched]:
    """Expire what points at products whose last day has come since they were delisted.

    It is listed with the change that delisted them: that one said the day.
    """
    lock_catalogue(session)
    touched: list[Touched] = []
    for gtin in _due(session, now):
        expired = carry_out(session, Expire(gtin), now)
        version = _delisted_by(session, gtin)
        _forget(session, version, expired)  # it may have restored them: it put a past last day off
        keep_touched(session, version, expired)
        touched += expired
    return touched


def _forget(session: Session, version: int, touched: list[Touched]) -> None:
    for some in in_parts(one.id for one in touched):
        listed = delete(TouchedRecord).where(TouchedRecord.version == version, TouchedRecord.id.in_(some))
        session.execute(listed)


def _due(session: Session, now: datetime) -> list[Gtin]:
    label = select(FacingLabelRecord.gtin).where(
        FacingLabelRecord.gtin == ProductRecord.gtin, FacingLabelRecord.state == State.CURRENT
    )
    position = select(PositionRecord.gtin).where(
        PositionRecord.gtin == ProductRecord.gtin, PositionRecord.state == State.CURRENT
    )
    reference = (
        select(ReferenceRecord.id)
        .join(VariantRecord, VariantRecord.id == ReferenceRecord.variant_id)
        .where(VariantRecord.gtin == ProductRecord.gtin, ReferenceRecord.state == State.LIVE)
    )
    due = select(ProductRecord.gtin).where(ProductRecord.became.is_(None), ProductRecord.valid_until <= now.date())
    pointed_at = or_(label.exists(), position.exists(), reference.exists())
    return [Gtin(gtin) for gtin in session.scalars(due.where(pointed_at).order_by(ProductRecord.gtin))]


def _delisted_by(session: Session, gtin: Gtin) -> int:
    said = select(func.max(CatalogueChangeRecord.version)).where(
        CatalogueChangeRecord.gtin == gtin, CatalogueChangeRecord.kind.in_(("delisted", "added", "split"))
    )
    version = session.scalar(said)
    assert version is not None
    return version
