"""The worker's look at the triggers."""

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from service.context import Context
from service.problems import Problem
from service.triggers.service import order_what_is_due

log = logging.getLogger(__name__)


def keep_looking(context: Context, stopping: threading.Event) -> None:
    """Until `stopping` is set, look every minute or so whether a trigger calls for a retraining."""
    settings = context.settings.triggers
    while settings.any_on and not stopping.is_set():
        try:
            ordered = order_what_is_due(context)
            if ordered is not None:
                log.info("Ordered retraining %s (%s): %s", ordered.id, ordered.trigger, ordered.reason)
        except Problem as problem:  # no model is registered yet, or a person ordered one a moment before
            log.debug("No trigger could order a retraining: %s", problem)
        except SQLAlchemyError:  # a database that restarts
            log.exception("The triggers could not be looked at; trying again in %g s", settings.look_seconds)
        stopping.wait(settings.look_seconds)
