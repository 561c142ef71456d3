"""The worker process: runs retrainings, one at a time."""

import importlib.util
import logging
import os
import signal
import threading
from collections.abc import Callable
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from service.context import Context, make_context
from service.jobs import Jobs, sole_worker
from service.migrations import is_current, upgrade
from service.models.alias import keep_champion_alias
from service.retrainings.job import QUEUE, retrain
from service.retrainings.queries import unfinished_ids
from service.settings import Settings

log = logging.getLogger(__name__)
POLL_SECONDS = 1.0


class CannotWork(RuntimeError):
    """Something that a worker needs is missing; the message says what to do."""


def run_worker(settings: Settings, name: str) -> None:
    """Work until SIGTERM or SIGINT; the process ends here.

    Raises:
        CannotWork: without torch, or with tables that are not up to date.
        WorkerIsRunning: if another worker has this name, or this SQLite file.
    """
    if importlib.util.find_spec("torch") is None:
        raise CannotWork("a worker needs torch: install shelfloop[train]")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with sole_worker(settings, name) as hold:
        context = make_context(settings)
        _check_tables(context)
        status = 1
        try:
            _work(context, name, hold, stopping)
            status = 0
        except BaseException:
            log.exception("Worker %s ends because of an error", name)
        finally:
            # Not by returning: the lock would be given up while a fit goes on. A running fit cannot be interrupted
            # and need not be: ending here is the crash it resumes from.
            logging.shutdown()
            os._exit(status)


def _work(context: Context, name: str, hold: Callable[[], None], stopping: threading.Event) -> None:
    jobs = Jobs(context.settings.resolved_jobs_url, name, QUEUE, partial(retrain, context))
    threading.Thread(target=keep_champion_alias, args=(context, stopping), name="alias", daemon=True).start()
    log.info("Worker %s is ready", name)
    while not stopping.wait(POLL_SECONDS):
        try:
            hold()
            _hand_over_unfinished(context, jobs)
        except SQLAlchemyError:  # a database that restarts; jobs that run wait for it by themselves
            log.exception("The database did not answer; asking again")


def _hand_over_unfinished(context: Context, jobs: Jobs) -> None:
    with context.database.read() as session:
        waiting = unfinished_ids(session)
    for retraining_id in waiting:
        jobs.hand_over(retraining_id)


def _check_tables(context: Context) -> None:
    if context.database.is_sqlite:
        upgrade(context.database)
    elif not is_current(context.database):
        raise CannotWork("the database is not up to date: run 'shelfloop database upgrade' once")
