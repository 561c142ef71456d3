"""What the worker looks after from minute to minute: no file outlives its use, the queue is in order."""

import logging
import threading
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from service.clips.ordering import order_pieces
from service.clips.queries import FAILED, last_labelled_at, waiting_clips
from service.clips.raw_files import sweep
from service.clips.receiving import delete_raw
from service.context import Context

log = logging.getLogger(__name__)
LOOK_SECONDS = 60.0


def keep_clips(context: Context, stopping: threading.Event) -> None:
    """Until `stopping` is set, look every minute: files without use are deleted, pieces put in order."""
    ordered: tuple[datetime | None, int] | None = None
    while not stopping.is_set():
        try:
            sweep_files(context)
            with context.database.read() as session:
                now = last_labelled_at(session)
            if now != ordered:
                with context.database.write() as session:
                    order_pieces(session, [event.id for event in context.settings.clips.events])
                ordered = now
        except (SQLAlchemyError, OSError):  # a database that restarts, a disk that is away
            log.exception("Clips could not be looked after; trying again in %g s", LOOK_SECONDS)
        stopping.wait(LOOK_SECONDS)


def sweep_files(context: Context) -> int:
    """Delete files of clips that nobody cut in time, and all that no waiting clip needs; return how many."""
    now, longest = context.clock(), context.settings.clips.keep_hours * 3600
    with context.database.write() as session:
        for clip in waiting_clips(session):
            if (now - clip.received_at).total_seconds() > longest:
                clip.state, clip.error = FAILED, "nobody cut it in time: is a worker running?"
                delete_raw(context.settings, clip, now)
        session.flush()
        deleted = sweep(context.settings, waiting_clips(session), now)
    if deleted:
        log.warning("%d files of clips that lay without a use were deleted", deleted)
    return deleted
