"""The worker process: durable jobs, of each kind one at a time, and what is looked after beside them."""

import importlib.util
import logging
import os
import signal
import threading
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.catalogue.expiring import keep_expiring
from service.clips.cutting import QUEUE as CLIPS
from service.clips.cutting import cut
from service.clips.keeping import keep_clips
from service.clips.queries import unfinished_clips
from service.context import Context, make_context
from service.drift.watching import keep_watching
from service.guidelines.catching_up import keep_catching_up
from service.jobs import Jobs, sole_worker
from service.label_studio.attending import keep_attending
from service.migrations import is_current, upgrade
from service.models.alias import keep_champion_alias
from service.naming.queries import unfinished_orders
from service.naming.reembedding import QUEUE as EMBEDDINGS
from service.naming.reembedding import reembed
from service.privacy.deleting import keep_deleting
from service.quality.label_errors import keep_searching
from service.retrainings.job import QUEUE as RETRAININGS
from service.retrainings.job import retrain
from service.retrainings.queries import unfinished_ids
from service.rollback.guarding import keep_guarding
from service.rounds.resigning import QUEUE as SIGNATURES
from service.rounds.resigning import due_resignings, resign
from service.savings.measuring import keep_measuring
from service.settings import Settings
from service.shadow.watching import keep_shadowing
from service.taking_over import keep_taking_over
from service.triggers.looking import keep_looking
from service.webhooks.delivering import keep_delivering

log = logging.getLogger(__name__)
POLL_SECONDS = 1.0


class CannotWork(RuntimeError):
    """Something that a worker needs is missing; the message says what to do."""


def run_worker(settings: Settings, name: str) -> None:
    """Work until SIGTERM or SIGINT; the process ends here.

    Raises:
        CannotWork: with tables that are not up to date.
        WorkerIsRunning: if another worker has this name, or this SQLite file.
    """
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
    kinds: dict[str, Callable[[str], None]] = {
        EMBEDDINGS: partial(reembed, context),
        SIGNATURES: partial(resign, context),
        CLIPS: partial(cut, context),
    }
    waiting: dict[str, Callable[[Session], Sequence[str]]] = {
        EMBEDDINGS: unfinished_orders,
        SIGNATURES: due_resignings,
        CLIPS: unfinished_clips,
    }
    if importlib.util.find_spec("torch") is None:
        log.warning("Retrainings wait for a worker that has torch: install shelfloop[train]")
    else:
        kinds[RETRAININGS], waiting[RETRAININGS] = partial(retrain, context), unfinished_ids
    jobs = Jobs(context.settings.resolved_jobs_url, name, kinds)
    deliver = partial(keep_delivering, holder=name)
    threads: dict[str, Callable[[Context, threading.Event], None]] = {
        "alias": keep_champion_alias,
        "expiry": keep_expiring,
        "webhooks": deliver,
        "drift": keep_watching,
        "triggers": keep_looking,
        "savings": keep_measuring,
        "label studio": partial(keep_attending, holder=name),
        "clips": keep_clips,
        "quality": keep_searching,
        "guidelines": keep_catching_up,
        "retention": keep_deleting,
        "rollback": keep_guarding,
        "shadow": partial(keep_shadowing, holder=name),
    }
    for thread, target in threads.items():
        threading.Thread(target=target, args=(context, stopping), name=thread, daemon=True).start()
    take_over = (jobs, context.settings, stopping)
    threading.Thread(target=keep_taking_over, args=take_over, name="taking over", daemon=True).start()
    log.info("Worker %s is ready", name)
    while not stopping.wait(POLL_SECONDS):
        try:
            hold()
            for queue, unfinished in waiting.items():
                with context.database.read() as session:
                    ids = unfinished(session)
                for id in ids:
                    jobs.hand_over(queue, id)
        except SQLAlchemyError:  # a database that restarts; jobs that run wait for it by themselves
            log.exception("The database did not answer; asking again")


def _check_tables(context: Context) -> None:
    if context.database.is_sqlite:
        upgrade(context.database)
    elif not is_current(context.database):
        raise CannotWork("the database is not up to date: run 'shelfloop database upgrade' once")
