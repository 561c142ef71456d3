"""References coming and going. The transaction is the caller's, who holds the catalogue as it is (`hold_catalogue`)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.naming.queries import LIVE, SHELF, append_gallery_changes, keep_vectors, lock_gallery
from service.records import ReferenceRecord, ReferenceVectorRecord

MOST_SHELF_REFERENCES = 24  # of a variant: enough for its lights and angles, and the newest packaging wins


@dataclass(frozen=True, slots=True)
class ShelfReference:
    """A facing that a person named, its picture already in the image store.

    Attributes:
        sha256: of the picture.
        vector: what an embedder made of it, as it is kept; None to have it read by the first server that sees it.
    """

    id: str
    capture_id: str
    image_key: str
    sha256: str
    vector: bytes | None = None
    embedder_id: str = ""


def add_shelf_references(
    session: Session, variant_id: str, found: Sequence[ShelfReference], now: datetime
) -> list[str]:
    """Add facings to what a variant is known by, and let go of its oldest ones; return keys of pictures to delete."""
    lock_gallery(session)
    known = set(
        session.scalars(
            select(ReferenceRecord.sha256).where(
                ReferenceRecord.variant_id == variant_id, ReferenceRecord.sha256.in_([one.sha256 for one in found])
            )
        )
    )
    new = {one.sha256: one for one in found if one.sha256 not in known}
    session.add_all(_record(variant_id, one, now) for one in new.values())
    session.flush()
    for one in new.values():
        if one.vector is not None:
            keep_vectors(session, one.embedder_id, {one.id: one.vector})
    append_gallery_changes(session, [one.id for one in new.values()], now)
    needless = [one.image_key for one in found if new.get(one.sha256) is not one]
    return needless + remove_references(session, _too_many(session, variant_id), now)


def remove_references(session: Session, ids: Collection[str], now: datetime) -> list[str]:
    """Remove references; return the keys of their pictures, to be deleted when this is committed."""
    lock_gallery(session)
    there = session.scalars(select(ReferenceRecord).where(ReferenceRecord.id.in_(ids)).with_for_update()).all()
    gone = [record.id for record in there]
    session.execute(delete(ReferenceVectorRecord).where(ReferenceVectorRecord.reference_id.in_(gone)))
    for record in there:
        session.delete(record)
    append_gallery_changes(session, gone, now)
    session.flush()
    return [record.image_key for record in there]


def _record(variant_id: str, one: ShelfReference, now: datetime) -> ReferenceRecord:
    return ReferenceRecord(
        id=one.id,
        variant_id=variant_id,
        source=SHELF,
        view="front",
        image_key=one.image_key,
        sha256=one.sha256,
        capture_id=one.capture_id,
        created_at=now,
        state=LIVE,
    )


def _too_many(session: Session, variant_id: str) -> Sequence[str]:
    newest_first = (
        select(ReferenceRecord.id)
        .where(ReferenceRecord.variant_id == variant_id, ReferenceRecord.source == SHELF, ReferenceRecord.state == LIVE)
        .order_by(ReferenceRecord.created_at.desc(), ReferenceRecord.id.desc())
    )
    return session.scalars(newest_first).all()[MOST_SHELF_REFERENCES:]
