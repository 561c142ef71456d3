"""What retrainings that failed leave on this machine's disk: enough to see why, not everything for ever."""

import logging
import shutil
from datetime import timedelta

from sqlalchemy import select

from service.context import Context
from service.records import RetrainingRecord

log = logging.getLogger(__name__)
KEPT, KEPT_FOR = 3, timedelta(days=7)


def drop_old_scratch(context: Context) -> None:
    """Delete photos and states of retrainings that are over, but for the last few that failed in the last week."""
    folders = {scratch.parent.name: scratch for scratch in context.settings.home.glob("retrainings/*/scratch")}
    over = select(RetrainingRecord).where(RetrainingRecord.finished_at.is_not(None))
    newest_first = over.order_by(RetrainingRecord.finished_at.desc())
    try:
        with context.database.read() as session:
            ended = [one for one in session.scalars(newest_first) if one.id in folders]
        failed = [one for one in ended if one.state == "failed"][:KEPT]
        kept = {one.id for one in failed if one.finished_at and context.clock() - one.finished_at < KEPT_FOR}
        for one in ended:
            if one.id not in kept:
                shutil.rmtree(folders[one.id], ignore_errors=True)
    except Exception:  # the database away: the next retraining that fails comes by here, too
        log.exception("Scratch files of old retrainings could not be deleted")
