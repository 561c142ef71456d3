"""What a change of the catalogue does to the labels, references and positions that point at a product."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from retail.catalogue_events import Consequence, Expire, Remap, Requeue, Restore
from retail.gtin import Gtin
from service.catalogue.queries import in_parts
from service.catalogue.states import State
from service.naming.queries import append_gallery_changes
from service.records import (
    CatalogueChangeRecord,
    FacingLabelRecord,
    PositionRecord,
    ReferenceRecord,
    TouchedRecord,
    VariantRecord,
)

FACING, REFERENCE, POSITION = "facing", "reference", "position"
Action = Literal["remapped", "requeued", "expired", "restored"]


@dataclass(frozen=True, slots=True)
class Touched:
    """One label, reference or position that a change touched.

    Attributes:
        kind: facing, reference or position.
        id: ``annotation/place``, the reference's id, or ``planogram/version/shelf/slot``.
        before, after: the product it pointed at and points at now; None where it counts no longer.
    """

    kind: str
    id: str
    action: Action
    before: Gtin
    after: Gtin | None


def pointed_at(session: Session, gtins: Iterable[Gtin]) -> set[Gtin]:
    """Return those of some products that any label, reference or position points at, in whatever state."""
    found: set[Gtin] = set()
    for some in in_parts(gtins):
        for column in (FacingLabelRecord.gtin, PositionRecord.gtin):
            found |= {Gtin(gtin) for gtin in session.scalars(select(column).where(column.in_(some)).distinct())}
        shown = select(VariantRecord.gtin).join(ReferenceRecord, ReferenceRecord.variant_id == VariantRecord.id)
        found |= {Gtin(gtin) for gtin in session.scalars(shown.where(VariantRecord.gtin.in_(some)).distinct())}
    return found


def carry_out(session: Session, consequence: Consequence, now: datetime) -> list[Touched]:
    """Do to labels, references and positions what a change of the catalogue means for them, and list them."""
    gtin = consequence.gtin
    match consequence:
        case Remap(_, into):
            return _turn(session, gtin, "remapped", State.CURRENT, State.CURRENT, into, now)
        case Requeue():
            return _turn(session, gtin, "requeued", State.CURRENT, State.REQUEUED, None, now)
        case Expire():
            return _turn(session, gtin, "expired", State.CURRENT, State.EXPIRED, None, now)
        case Restore():
            return _turn(session, gtin, "restored", State.EXPIRED, State.CURRENT, gtin, now)


def keep_touched(session: Session, version: int, touched: Iterable[Touched]) -> None:
    """Keep the list of what a change touched."""
    rows = [
        {"version": version, "kind": t.kind, "id": t.id, "action": t.action, "before": t.before, "after": t.after}
        for t in touched
    ]
    if rows:
        session.execute(insert(TouchedRecord), rows)


def references_of(session: Session, variant_id: str) -> list[str]:
    """Return the ids of a variant's references in the gallery."""
    found = select(ReferenceRecord.id).where(ReferenceRecord.variant_id == variant_id)
    return list(session.scalars(found.where(ReferenceRecord.state == State.LIVE)))


def _turn(
    session: Session, gtin: Gtin, action: Action, before: State, after: State, into: Gtin | None, now: datetime
) -> list[Touched]:
    labels = _label_ids(session, gtin, before)
    positions = _position_ids(session, gtin, before)
    references = _expired_with(session, gtin) if before is State.EXPIRED else _live_references(session, gtin)
    for record, found in ((FacingLabelRecord, labels), (PositionRecord, positions)):
        if found:
            pointing = update(record).where(record.gtin == gtin, record.state == before)
            session.execute(pointing.values(gtin=into or gtin, state=after))
    state = State.LIVE if after is State.CURRENT else after
    for some in in_parts(references):
        session.execute(update(ReferenceRecord).where(ReferenceRecord.id.in_(some)).values(state=state))
    if references:
        append_gallery_changes(session, references, now)
    ids = (
        [(FACING, id) for id in labels] + [(REFERENCE, id) for id in references] + [(POSITION, id) for id in positions]
    )
    return [Touched(kind, id, action, gtin, into) for kind, id in ids]


def _label_ids(session: Session, gtin: Gtin, state: State) -> list[str]:
    found = select(FacingLabelRecord.annotation_id, FacingLabelRecord.place).where(
        FacingLabelRecord.gtin == gtin, FacingLabelRecord.state == state
    )
    return [f"{annotation}/{place}" for annotation, place in session.execute(found)]


def _position_ids(session: Session, gtin: Gtin, state: State) -> list[str]:
    found = select(
        PositionRecord.planogram_id, PositionRecord.version, PositionRecord.shelf, PositionRecord.slot
    ).where(PositionRecord.gtin == gtin, PositionRecord.state == state)
    return ["/".join(map(str, place)) for place in session.execute(found)]


def _live_references(session: Session, gtin: Gtin) -> list[str]:
    found = select(ReferenceRecord.id).join(VariantRecord, VariantRecord.id == ReferenceRecord.variant_id)
    return list(session.scalars(found.where(VariantRecord.gtin == gtin, ReferenceRecord.state == State.LIVE)))


def _expired_with(session: Session, gtin: Gtin) -> list[str]:
    """Return the references that expired with a product's delisting, and not for a reason of their own."""
    changes = select(func.max(CatalogueChangeRecord.version)).where(
        CatalogueChangeRecord.gtin == gtin, CatalogueChangeRecord.kind == "relisted"
    )
    relisted = session.scalar(changes) or 0
    expired = select(TouchedRecord.id).where(
        TouchedRecord.kind == REFERENCE,
        TouchedRecord.action == "expired",
        TouchedRecord.before == gtin,
        TouchedRecord.version > relisted,
    )
    still = select(ReferenceRecord.id).where(ReferenceRecord.id.in_(expired), ReferenceRecord.state == State.EXPIRED)
    return list(session.scalars(still))
