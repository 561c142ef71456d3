"""SQL about candidates in shadow."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, defer

from service.problems import not_found
from service.records import CaptureRecord, ShadowCaptureRecord, ShadowRecord

RUNNING, PASSED, FAILED, STOPPED = "running", "passed", "failed", "stopped"


def running_shadow(session: Session) -> ShadowRecord | None:
    """Return the shadow that runs; None without one."""
    query = select(ShadowRecord).where(ShadowRecord.state == RUNNING)
    return session.scalar(query.order_by(ShadowRecord.model_version).limit(1))


def take_shadow(session: Session, version: int, holder: str, now: datetime, until: datetime) -> bool:
    """Say whether this worker alone looks with a candidate until then; not if another one does."""
    free = or_(ShadowRecord.holder.is_(None), ShadowRecord.holder == holder, ShadowRecord.held_until < now)
    mine = update(ShadowRecord).where(ShadowRecord.model_version == version, ShadowRecord.state == RUNNING, free)
    taken = session.scalars(mine.values(holder=holder, held_until=until).returning(ShadowRecord.model_version))
    return taken.one_or_none() is not None


def get_shadow(session: Session, version: int) -> ShadowRecord:
    """Return the shadow of a model.

    Raises:
        Problem: shadow-not-found.
    """
    shadow = session.get(ShadowRecord, version)
    if shadow is None:
        remedy = "Only a candidate of a retraining that passed its gate was in shadow, where settings ask for it."
        raise not_found("shadow", str(version), field="version", remedy=remedy)
    return shadow


def lock_shadow(session: Session, version: int) -> ShadowRecord:
    """Return the shadow of a model that nobody else changes until this transaction ends."""
    return session.scalars(select(ShadowRecord).where(ShadowRecord.model_version == version).with_for_update()).one()


def captures_after(session: Session, capture_id: str, limit: int) -> Sequence[CaptureRecord]:
    """Return captures that came after another one, oldest first, but no near-duplicates, which show nothing new."""
    query = select(CaptureRecord).where(
        CaptureRecord.id > capture_id, CaptureRecord.near_duplicate_of.is_(None), CaptureRecord.deleted_at.is_(None)
    )
    return session.scalars(query.order_by(CaptureRecord.id).limit(limit)).all()


def list_looked_at(session: Session, version: int) -> Sequence[tuple[ShadowCaptureRecord, CaptureRecord]]:
    """Return what a candidate looked at with the captures, those with errors first, then the worst."""
    query = (
        select(ShadowCaptureRecord, CaptureRecord)
        .join(CaptureRecord, CaptureRecord.id == ShadowCaptureRecord.capture_id)
        .where(ShadowCaptureRecord.model_version == version)
        .order_by(
            ShadowCaptureRecord.error.is_(None),
            ShadowCaptureRecord.disagreement.desc(),
            ShadowCaptureRecord.capture_id,
        )
    )
    return [(row, capture) for row, capture in session.execute(query)]


def figures_of(session: Session, version: int) -> Sequence[ShadowCaptureRecord]:
    """Return what a candidate looked at, in no order and without the differences, which are many."""
    query = select(ShadowCaptureRecord).where(ShadowCaptureRecord.model_version == version)
    return session.scalars(query.options(defer(ShadowCaptureRecord.differences, raiseload=True))).all()


def count_looked_at(session: Session, version: int) -> int:
    """Return how many captures a candidate looked at."""
    query = select(func.count()).select_from(ShadowCaptureRecord)
    return session.scalar(query.where(ShadowCaptureRecord.model_version == version)) or 0
