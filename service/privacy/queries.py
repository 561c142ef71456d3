"""SQL about views, refusals, rules and deletions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.catalogue.queries import in_parts
from service.privacy.retention import EVERY_STORE, Kind, limits
from service.records import CaptureRecord, DeletionRecord, RefusalRecord, RetentionRecord, ViewRecord


def list_views(
    session: Session, key_id: str | None, subject_id: str | None, store_id: str | None, limit: int
) -> Sequence[ViewRecord]:
    """Return who was shown what, the latest first."""
    query = select(ViewRecord)
    given = ((ViewRecord.key_id, key_id), (ViewRecord.subject_id, subject_id), (ViewRecord.store_id, store_id))
    for column, value in given:
        if value is not None:
            query = query.where(column == value)
    return session.scalars(query.order_by(ViewRecord.last_at.desc()).limit(limit)).all()


def list_refusals(session: Session, key_id: str | None, limit: int) -> Sequence[RefusalRecord]:
    """Return who asked for what is not for him, the latest first."""
    query = select(RefusalRecord)
    if key_id is not None:
        query = query.where(RefusalRecord.key_id == key_id)
    return session.scalars(query.order_by(RefusalRecord.last_at.desc()).limit(limit)).all()


def list_deletions(session: Session, store_id: str | None, limit: int) -> Sequence[DeletionRecord]:
    """Return what was deleted, the latest first; what is not proved yet comes before it."""
    query = select(DeletionRecord)
    if store_id is not None:
        query = query.where(DeletionRecord.store_id == store_id)
    order = DeletionRecord.proved_at.is_not(None), DeletionRecord.at.desc(), DeletionRecord.subject_id
    return session.scalars(query.order_by(*order).limit(limit)).all()


def unproved(session: Session) -> Sequence[DeletionRecord]:
    """Return deletions that are not proved yet, the oldest first."""
    query = select(DeletionRecord).where(DeletionRecord.proved_at.is_(None))
    return session.scalars(query.order_by(DeletionRecord.at, DeletionRecord.subject_id)).all()


def photos_of(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """Return the SHA-256 of the stored photos of those ids that are captures'."""
    found: dict[str, str] = {}
    for some in in_parts(ids):
        query = select(CaptureRecord.id, CaptureRecord.image_sha256).where(CaptureRecord.id.in_(some))
        found |= {id: sha256 for id, sha256 in session.execute(query)}
    return found


def list_rules(session: Session) -> Sequence[RetentionRecord]:
    """Return all rules, those for all stores first."""
    return session.scalars(select(RetentionRecord).order_by(RetentionRecord.store_id, RetentionRecord.kind)).all()


def put_rule(session: Session, store_id: str | None, kind: Kind, days: int | None, by: str, now: datetime) -> None:
    """Set a rule, or lift it."""
    key = {"store_id": store_id or EVERY_STORE, "kind": kind.value}
    if days is None:
        session.execute(delete(RetentionRecord).filter_by(**key))
    else:
        session.merge(RetentionRecord(**key, days=days, by=by, at=now))


def forget_views(session: Session, now: datetime) -> None:
    """Delete the rows that say who saw and who was refused what, where their time is over."""
    rules = limits(session, Kind.VIEWS)
    for kind in (ViewRecord, RefusalRecord):
        for store_id in rules.of_store:
            old = delete(kind).where(kind.last_at <= now - rules.span(store_id))
            if store_id == EVERY_STORE:
                own = [other for other in rules.of_store if other != EVERY_STORE]
                session.execute(old.where(kind.store_id.is_(None) | kind.store_id.not_in(own)))
            else:
                session.execute(old.where(kind.store_id == store_id))
