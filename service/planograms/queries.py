"""SQL about planograms."""

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from retail.gtin import Gtin
from retail.planograms import Planogram, Position
from service.catalogue.states import State
from service.records import BayRecord, PositionRecord


def store_of_bay(session: Session, bay_id: str) -> str | None:
    """Return the store of a bay, None if there is no such bay."""
    return session.scalar(select(BayRecord.store_id).where(BayRecord.id == bay_id))


def lock_bay(session: Session, bay_id: str) -> None:
    """Let one transaction at a time change a bay's planogram, so that its versions count up by one."""
    session.execute(select(BayRecord.id).where(BayRecord.id == bay_id).with_for_update())


def newest_positions(session: Session, bay_id: str) -> Sequence[PositionRecord]:
    """Return the positions of a bay's newest planogram by shelf and slot; none if it has no planogram."""
    newest = select(func.max(PositionRecord.version)).where(PositionRecord.bay_id == bay_id).scalar_subquery()
    found = select(PositionRecord).where(PositionRecord.bay_id == bay_id, PositionRecord.version == newest)
    return session.scalars(found.order_by(PositionRecord.shelf, PositionRecord.slot)).all()


def as_positions(records: Sequence[PositionRecord]) -> tuple[Position, ...]:
    """Return positions that count; those whose product was split or delisted are left out."""
    return tuple(
        Position(record.shelf, record.slot, Gtin(record.gtin), record.facings)
        for record in records
        if record.state == State.CURRENT
    )


def add_planogram(session: Session, planogram: Planogram) -> None:
    """Let a planogram count instead of the bay's earlier ones."""
    earlier = update(PositionRecord).where(PositionRecord.bay_id == planogram.bay_id)
    session.execute(earlier.values(state=State.REPLACED))
    session.add_all(
        PositionRecord(
            bay_id=planogram.bay_id,
            version=planogram.version,
            shelf=position.shelf,
            slot=position.slot,
            gtin=position.gtin,
            facings=position.facings,
            state=State.CURRENT,
        )
        for position in planogram.positions
    )
    session.flush()
