"""Durable jobs: a thin port over DBOS, which remembers the steps that are done and repeats the rest after a crash.

Nothing is handed to DBOS by the service. A job begins as a record, and the worker hands over the ids of unfinished
records: two databases cannot commit together, so the record is the order and a workflow's id is the record's id.
"""

import fcntl
import hashlib
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos import error as dbos_errors
from sqlalchemy import create_engine, make_url, text

from service.settings import Settings

APPLICATION = "shelfloop"
# Pinned: DBOS would hash the source code instead, and a new release would leave a killed job lying.
APPLICATION_VERSION = "1"
ATTEMPTS, RETRY_SECONDS = 7, 2.0
T = TypeVar("T")


class MayPass(RuntimeError):
    """A step could not do its work now; tried again, it may. The message says what was in the way."""


class WorkerIsRunning(RuntimeError):
    """Another worker holds this name, or this SQLite file."""


class Jobs:
    """Runs one kind of job from a queue, one at a time in this process."""

    def __init__(self, url: str, worker: str, queue: str, job: Callable[[str], None]) -> None:
        """Connect and pick up the jobs that a killed worker of the same name left.

        Args:
            url: SQLAlchemy address of the jobs database.
            worker: stable name; unfinished jobs belong to it.
            queue: name of the queue, part of what is stored.
            job: called with a job's id; its side effects belong in `step`.
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
        self._queue, self._job = queue, DBOS.workflow(name=queue)(job)
        self._handed_over: set[str] = set()
        DBOS.launch()
        DBOS.register_queue(queue, worker_concurrency=1)

    def hand_over(self, job_id: str) -> None:
        """Queue a job; one that is queued, running or done already is left alone."""
        if job_id not in self._handed_over:
            with SetWorkflowID(job_id):
                DBOS.enqueue_workflow(self._queue, self._job, job_id)
            self._handed_over.add(job_id)

    def close(self) -> None:
        """Stop taking jobs."""
        DBOS.destroy(destroy_registry=True)


def step(name: str, function: Callable[[], T], attempts: int = ATTEMPTS) -> T:
    """Run a part of a job: after a crash a finished step is not repeated, an unfinished one runs again.

    A step that raises `MayPass` is tried again after 2 s, 4 s, 8 s and so on, at most an hour, before that is let out.
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
            function,
        )
    except dbos_errors.DBOSMaxStepRetriesExceeded as exceeded:
        raise exceeded.errors[-1] from exceeded


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
