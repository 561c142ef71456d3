"""Labels by people who had leased before a version held: what the version alters of them is queued again, too."""

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from service.context import Context
from service.guidelines import queries
from service.guidelines.publishing import requeue_since

log = logging.getLogger(__name__)
LOOK_SECONDS = 60.0


def keep_catching_up(context: Context, stopping: threading.Event) -> None:
    """Until `stopping` is set, look every minute for labels by rules that changed while they were made."""
    while not stopping.is_set():
        try:
            catch_up(context)
        except SQLAlchemyError:  # a database that restarts
            log.exception("Labels by earlier rules could not be looked for; trying again in %g s", LOOK_SECONDS)
        stopping.wait(LOOK_SECONDS)


def catch_up(context: Context) -> int:
    """Queue again what the version in force alters of labels made since it holds; return how many tasks."""
    with context.database.read() as session:
        newest = queries.newest_in_force(session)
        if newest is None or newest.in_force_since is None or not queries.has_late_labels(session, newest):
            return 0
    return len(requeue_since(context, newest.version, newest.in_force_since).altered)
