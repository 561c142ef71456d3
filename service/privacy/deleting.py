"""Deletes captures and clips whose time is over, and proves that nothing of their pictures is left.

Rows go first, in one transaction with a `DeletionRecord` that names the files; then the files; then all places are
searched, and only where nothing is found the deletion is proved. Whatever is killed in between, the record is there and
the work goes on.
"""

import logging
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from labeling.leases import TaskState
from service.clips.deleting import forget_clip
from service.context import Context
from service.database import Database
from service.naming.references import remove_references
from service.privacy.forgetting import DERIVED, PLACES
from service.privacy.proving import copies_of, what_is_left
from service.privacy.queries import forget_views, photos_of, unproved
from service.privacy.retention import Kind, expired
from service.records import (
    CaptureRecord,
    ClipRecord,
    DeletionRecord,
    ReferenceRecord,
    ReferenceVectorRecord,
    TaskRecord,
)

log = logging.getLogger(__name__)
LOOK_SECONDS = 600.0
EXPIRED = "expired"  # why the open tasks of a deleted capture are skipped
_AT_ONCE = 100


def keep_deleting(context: Context, stopping: threading.Event) -> None:
    """Until `stopping` is set, look every ten minutes whose time is over."""
    while not stopping.is_set():
        try:
            if count := delete_expired(context):
                log.info("%d captures and clips were deleted because their time is over", count)
        except (SQLAlchemyError, OSError):  # a database that restarts, an image store that is away
            log.exception("What expired could not be deleted; trying again in %g s", LOOK_SECONDS)
        stopping.wait(LOOK_SECONDS)


def delete_expired(context: Context) -> int:
    """Delete what expired, finish deletions that were interrupted, and return how many captures and clips went."""
    deleted = 0
    while gone := _delete_some(context):
        deleted += gone
    if prove_deletions(context):
        overwrite_free_space(context.database)
    with context.database.write() as session:
        forget_views(session, context.clock())
    return deleted


def _delete_some(context: Context) -> int:
    with context.database.write() as session:
        now = context.clock()
        captures = expired(session, Kind.CAPTURES, CaptureRecord, now, _AT_ONCE)
        clips = expired(session, Kind.CLIPS, ClipRecord, now, _AT_ONCE)
        for capture, since in captures:
            rows, keys = _forget_capture(session, capture, now)
            session.add(_deletion(Kind.CAPTURES, capture, since, now, rows, keys))
        for clip, since in clips:
            session.add(_deletion(Kind.CLIPS, clip, since, now, {}, forget_clip(session, clip, now)))
        return len(captures) + len(clips)


def _forget_capture(session: Session, capture: CaptureRecord, now: datetime) -> tuple[dict[str, int], list[str]]:
    """Delete what was made of a capture's photo. Its row stays, with what was counted in it, without the photo."""
    shown = session.scalars(select(ReferenceRecord.id).where(ReferenceRecord.capture_id == capture.id)).all()
    keys = [capture.image_key, *remove_references(session, shown, now)]
    rows = {"reference_pictures": len(shown)}
    for kind, of_capture in DERIVED.items():
        result: Any = session.execute(delete(kind).where(of_capture(capture.id)))
        rows[kind.__tablename__] = result.rowcount
    session.execute(
        update(TaskRecord)
        .where(TaskRecord.capture_id == capture.id, TaskRecord.state.in_((TaskState.QUEUED, TaskState.LEASED)))
        .values(state=TaskState.SKIPPED, skip_reason=EXPIRED, leased_until=None)
    )
    capture.deleted_at = now
    return rows, keys


def _deletion(
    kind: Kind,
    subject: CaptureRecord | ClipRecord,
    since: datetime,
    now: datetime,
    rows: Mapping[str, int],
    keys: list[str],
) -> DeletionRecord:
    return DeletionRecord(
        subject_id=subject.id,
        kind=kind,
        store_id=subject.store_id,
        at=now,
        expired_at=since,
        keys=keys,
        rows={name: count for name, count in rows.items() if count},
        left=keys,
    )


def prove_deletions(context: Context) -> int:
    """Delete files that are left of deletions which are not proved yet; return how many are proved now."""
    with context.database.read() as session:
        open_ones = unproved(session)
        photos = photos_of(session, [one.subject_id for one in open_ones])
    proved = 0
    for one in open_ones:
        for key in one.keys:
            context.images.delete(key)
        photo = photos.get(one.subject_id)
        for copy in copies_of(context, one.subject_id, photo):
            copy.unlink(missing_ok=True)
        left = what_is_left(context, one, photo)
        with context.database.write() as session:
            record = session.get_one(DeletionRecord, one.subject_id)
            record.left, record.proved_at = left, None if left else context.clock()
        proved += not left
    return proved


def overwrite_free_space(database: Database) -> None:
    """Make what was deleted unreadable in the database's files as well, as far as the database lets us.

    SQLite overwrites deleted rows (`secure_delete`), but its log holds them until it is cut off. PostgreSQL frees them
    with VACUUM; its write-ahead log is recycled by and by.
    """
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if database.is_sqlite:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        else:
            tables = [kind.__tablename__ for kind in PLACES]
            connection.execute(text(f"VACUUM {', '.join(tables)}, {ReferenceVectorRecord.__tablename__}"))
