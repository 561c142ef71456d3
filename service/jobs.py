"""Durable jobs: a thin port over DBOS, which remembers the steps that are done and repeats the rest after a crash.

Nothing is handed to DBOS by the service. A job begins as a record, and the worker hands over the ids of unfinished
records: two databases cannot commit together, so the record is the order and a workflow's id is the record's id.
"""

import fcntl
import hashlib
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos import error as dbos_errors
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from service.problems import Problem
from service.settings import Settings

log = logging.getLogger(__name__)
APPLICATION = "shelfloop"
# Pinned: DBOS would hash the source code instead, and a new release would leave a killed job lying.
APPLICATION_VERSION = "1"
ATTEMPTS, RETRY_SECONDS = 7, 2.0
# Most of a day: a failure that is not recorded would leave a job running for ever.
ATTEMPTS_TO_FAIL = 30
T = TypeVar("T")


class MayPass(RuntimeError):
    """A step could not do its work now; tried again, it may. The message says what was in the way."""


class WorkerIsRunning(RuntimeError):
    """Another worker holds this name, or this SQLite file."""


class StepFailed(RuntimeError):
    """A step went wrong; the message says how."""


class Jobs:
    """Runs jobs from queues, of each kind one at a time in this process."""

    def __init__(self, url: str, worker: str, jobs: Mapping[str, Callable[[str], None]]) -> None:
        """Connect and pick up the jobs that a killed worker of the same name left.

        Args:
            url: SQLAlchemy address of the jobs database.
            worker: stable name; unfinished jobs belong to it.
            jobs: by the name of their queue, which is part of what is stored; called with a job's id, their side
                effects belong in `step`.
        """
        _let_dbos_log_through_us()
        if url.startswith("sqlite"):
            _prepare_sqlite(Path(make_url(url).database or ""))
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": url,
            "executor_id": worker,
            "application_version": APPLICATION_VERSION,
            "log_level": "WARNING",
            "enable_otlp": False,
        }
        DBOS(config=config)
        self._jobs = {queue: DBOS.workflow(name=queue)(job) for queue, job in jobs.items()}
        self._handed_over: set[str] = set()
        DBOS.launch()
        for queue in jobs:
            DBOS.register_queue(queue, worker_concurrency=1)

    def hand_over(self, queue: str, job_id: str) -> None:
        """Queue a job; one that is queued, running or done already is left alone."""
        if job_id not in self._handed_over:
            with SetWorkflowID(job_id):
                DBOS.enqueue_workflow(queue, self._jobs[queue], job_id)
            self._handed_over.add(job_id)

    def close(self) -> None:
        """Stop taking jobs."""
        DBOS.destroy(destroy_registry=True)


def step(name: str, function: Callable[[], T], attempts: int = ATTEMPTS, let_out: type[Exception] | None = None) -> T:
    """Run a part of a job: after a crash a finished step is not repeated, an unfinished one runs again.

    What passes by itself (the database, MLflow or the image store away) is waited for: 2 s, 4 s, 8 s and so on, at most
    an hour each time. Errors are let out as `let_out`, or as these, which survive being stored:

    Raises:
        MayPass: if it did not pass.
        StepFailed: for anything else.
    """
    try:
        return DBOS.run_step(
            {
                "name": name,
                "retries_allowed": True,
                "max_attempts": attempts,
                "interval_seconds": RETRY_SECONDS,
                "backoff_rate": 2.0,
                "should_retry": lambda error: isinstance(error, MayPass),
            },
            partial(_with_plain_errors, name, function, let_out),
        )
    except dbos_errors.DBOSMaxStepRetriesExceeded as exceeded:
        raise exceeded.errors[-1] from exceeded


def _with_plain_errors(name: str, part: Callable[[], T], let_out: type[Exception] | None) -> T:
    """Let out only errors that survive being stored: a step's error is read back after a crash."""
    try:
        return part()
    except Exception as error:
        if let_out is not None and isinstance(error, let_out):
            raise
        log.exception("A job could not %s", name)
        kind = MayPass if _may_pass(error) else StepFailed
        raise kind(f"{type(error).__name__}: {error}") from error


def _may_pass(error: Exception) -> bool:
    if isinstance(error, Problem):
        return error.retry_after is not None
    if isinstance(error, OSError):  # the image store, or the disk
        return not isinstance(error, FileNotFoundError)
    return isinstance(error, OperationalError | InterfaceError | NoConnectionFree)


@contextmanager
def sole_worker(settings: Settings, name: str) -> Iterator[Callable[[], None]]:
    """Make sure that no other worker has this name; with SQLite, that there is no other worker at all.

    Yields a function to call from time to time, which makes sure of it again: a lock in PostgreSQL is lost with its
    connection. It raises `WorkerIsRunning` too, and OperationalError while the database is away.

    Raises:
        WorkerIsRunning: if there is one.
    """
    if settings.resolved_jobs_url.startswith("sqlite"):
        with _file_lock(settings.home / "worker.lock") as hold:
            yield hold
    else:
        with _advisory_lock(settings.resolved_jobs_url, name) as hold:
            yield hold


@contextmanager
def _file_lock(path: Path) -> Iterator[Callable[[], None]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WorkerIsRunning(
                f"another worker holds {path}: SQLite allows one worker; stop it, or set database_url to PostgreSQL"
            ) from error
        yield lambda: None


@contextmanager
def _advisory_lock(url: str, name: str) -> Iterator[Callable[[], None]]:
    # In the database, not in a file: workers of one name on two machines would recover each other's jobs.
    key = int.from_bytes(hashlib.sha256(f"{APPLICATION} worker {name}".encode()).digest()[:8], signed=True)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:

            def hold() -> None:
                with connection.begin():  # a broken connection is replaced at the next `begin`
                    # Counts higher each time it is asked for, and goes as a whole with the connection.
                    taken = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key})
                if not taken:
                    raise WorkerIsRunning(f"another worker is named {name!r}: stop it, or start this one with --name")

            hold()
            yield hold
    finally:
        engine.dispose()


def _prepare_sqlite(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")  # stays with the file; DBOS's readers would block its writers
    connection.close()


def _let_dbos_log_through_us() -> None:
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # or DBOS installs a console of its own
