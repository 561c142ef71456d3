"""SQL about versions of the guideline and pilots."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, bindparam, func, select, text
from sqlalchemy.orm import Session

from service.prepared import Prepared, loaded
from service.problems import Problem
from service.records import AnnotationRecord, GuidelineRecord, PilotRecord, PilotTaskRecord


def newest_in_force(session: Session) -> GuidelineRecord | None:
    """Return the version that holds, None before the first was put in force."""
    since = GuidelineRecord.in_force_since
    versions = select(GuidelineRecord).where(since.is_not(None))
    return session.scalar(versions.order_by(since.desc(), GuidelineRecord.version.desc()).limit(1))


def version_labelled_by(
    task_id: str | ColumnElement[str], leased_at: datetime | ColumnElement[datetime] | None
) -> ColumnElement[int | None]:
    """Return, as part of a query, the version that a task of this id is labelled by, or a blind copy of it.

    It is what `guideline_for` reads; null before the first version was put in force.
    """
    piloted = (
        select(PilotRecord.guideline_version)
        .join(PilotTaskRecord, PilotTaskRecord.pilot_id == PilotRecord.id)
        .where(PilotTaskRecord.task_id == task_id, PilotRecord.decided_at.is_(None))
        .limit(1)
    )
    since = GuidelineRecord.in_force_since
    held = select(GuidelineRecord.version).where(since.is_not(None) if leased_at is None else since <= leased_at)
    newest = held.order_by(since.desc(), GuidelineRecord.version.desc()).limit(1)
    return func.coalesce(piloted.scalar_subquery(), newest.scalar_subquery())


def lock_guidelines(session: Session) -> None:
    """Let one transaction at a time add a version or put one in force."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        session.execute(text("LOCK TABLE guidelines IN EXCLUSIVE MODE"))


def find_version(session: Session, version: int) -> GuidelineRecord | None:
    """Return a version, None if there is none."""
    rows = _VERSION.rows(session, {"version": version})
    return loaded(session, GuidelineRecord, rows[0]) if rows else None


_VERSION = Prepared(
    lambda _: select(GuidelineRecord).where(GuidelineRecord.version == bindparam("version", type_=Integer))
)


def get_version(session: Session, version: int) -> GuidelineRecord:
    """Return a version.

    Raises:
        Problem: guideline-not-found.
    """
    record = find_version(session, version)
    if record is None:
        detail, remedy = f"There is no version {version} of the guideline.", "GET /v1/guidelines lists them."
        raise Problem(404, "guideline-not-found", detail, field="version", remedy=remedy)
    return record


def list_versions(session: Session) -> Sequence[GuidelineRecord]:
    """Return all versions, the newest first."""
    return session.scalars(select(GuidelineRecord).order_by(GuidelineRecord.version.desc())).all()


def newest_number(session: Session) -> int:
    """Return the highest version, 0 without any."""
    return session.scalar(select(func.max(GuidelineRecord.version))) or 0


def in_force_before(session: Session, record: GuidelineRecord) -> GuidelineRecord | None:
    """Return what held before a version was put in force; for a draft what holds now. None before the first."""
    since = GuidelineRecord.in_force_since
    earlier = since.is_not(None) if record.in_force_since is None else GuidelineRecord.version < record.version
    versions = select(GuidelineRecord).where(since.is_not(None), earlier, GuidelineRecord.version != record.version)
    return session.scalar(versions.order_by(since.desc(), GuidelineRecord.version.desc()).limit(1))


def has_late_labels(session: Session, record: GuidelineRecord) -> bool:
    """Say whether anybody labelled by earlier rules since a version is in force."""
    annotation = AnnotationRecord
    late = select(annotation.id).where(
        annotation.created_at >= record.in_force_since,
        annotation.guideline_version < record.version,
        annotation.superseded_by.is_(None),
    )
    return session.scalar(late.limit(1)) is not None


def latest_verdict(session: Session, version: int) -> str | None:
    """Return how the last decided pilot of a version ended, None if none was decided."""
    pilots = select(PilotRecord.verdict).where(
        PilotRecord.guideline_version == version, PilotRecord.decided_at.is_not(None)
    )
    return session.scalar(pilots.order_by(PilotRecord.decided_at.desc()).limit(1))


def drafts_before(session: Session, version: int) -> Sequence[GuidelineRecord]:
    """Return earlier versions that never were in force; pilots may have been labelled by them."""
    drafts = select(GuidelineRecord).where(GuidelineRecord.version < version, GuidelineRecord.in_force_since.is_(None))
    return session.scalars(drafts).all()
