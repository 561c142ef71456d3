"""Durable jobs: a thin port over DBOS, which remembers the steps that are done and repeats the rest after a crash.

Nothing is handed to DBOS by the service. A job begins as a record, and the worker hands over the ids of unfinished
records: two databases cannot commit together, so the record is the order and a workflow's id is the record's id.
"""

import fcntl
import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeVar

from dbos import DBOS, DBOSConfig, SetWorkflowID
from dbos import error as dbos_errors
from sqlalchemy import create_engine, make_url, text

from service.failures import explained, may_pass
from service.settings import Settings

log = logging.getLogger(__name__)
APPLICATION = "shelfloop"
# Pinned: DBOS would hash the source code instead, and a new release would leave a killed job lying.
APPLICATION_VERSION = "1"
_BROKEN = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
ATTEMPTS, RETRY_SECONDS, REPAIR_SECONDS = 7, 2.0, 60.0
_CLOSE_SECONDS, _WRITE_DOWN_SECONDS = 5.0, 0.1
# Most of a day: a failure that is not recorded would leave a job running for ever.
ATTEMPTS_TO_FAIL = 30
# PostgreSQL's default is to hold the lock of a machine that lost its power for two hours.
_NOTICE_THE_DEAD = "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
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
        self._worker, self._running = worker, set[str]()
        self._jobs = {queue: self._workflow(queue, job) for queue, job in jobs.items()}
        self._handed_over: set[str] = set()
        DBOS.launch()
        for queue in jobs:
            DBOS.register_queue(queue, worker_concurrency=1)

    def hand_over(self, queue: str, job_id: str) -> None:
        """Queue a job; one that is queued, running or done already is left alone, one that broke begins anew."""
        if job_id not in self._handed_over:
            with SetWorkflowID(_unbroken(job_id)):
                DBOS.enqueue_workflow(queue, self._jobs[queue], job_id)
            self._handed_over.add(job_id)

    def of_other_workers(self) -> dict[str, list[str]]:
        """Return the ids of jobs that other workers took up and have not ended, by the worker's name."""
        owned: dict[str, list[str]] = {}
        for job in DBOS.list_workflows(status="PENDING", queue_name=list(self._jobs), load_input=False):
            if job.executor_id and job.executor_id != self._worker:
                owned.setdefault(job.executor_id, []).append(job.workflow_id)
        return owned

    def take_over(self, worker: str) -> list[str]:
        """Queue again what a worker left undone that is gone for good, and return those jobs' ids."""
        ids = self.of_other_workers().get(worker, [])
        for job in DBOS.list_workflows(workflow_ids=ids) if ids else []:
            DBOS.resume_workflow(job.workflow_id, queue_name=job.queue_name)
        return ids

    def lost(self) -> set[str]:
        """Return the ids of jobs that this process runs although another worker took them over meanwhile."""
        if not (running := set(self._running)):
            return running
        others = {id for ids in self.of_other_workers().values() for id in ids}
        return running & others & self._running

    def _workflow(self, queue: str, job: Callable[[str], None]) -> Callable[[str], None]:
        def run(job_id: str) -> None:
            self._running.add(workflow := str(DBOS.workflow_id))
            try:
                job(job_id)
            except Exception:  # not of the job, which writes its failures down: the jobs database did not do its part
                log.exception("Job %s broke and is handed over again in %g s", job_id, REPAIR_SECONDS)
                again = threading.Timer(REPAIR_SECONDS, self._handed_over.discard, (job_id,))
                again.daemon = True
                again.start()
                raise
            finally:
                self._running.discard(workflow)

        # Without a limit: DBOS would give up a job silently whose worker was killed a hundred times.
        return DBOS.workflow(name=queue, max_recovery_attempts=None)(run)

    def close(self) -> None:
        """Stop taking jobs; one that is about to end does, for some seconds, and is written down."""
        end = time.monotonic() + _CLOSE_SECONDS
        while self._running and time.monotonic() < end:
            time.sleep(_WRITE_DOWN_SECONDS)
        # DBOS writes a job's end down after the job itself, and would be left with an open connection.
        time.sleep(_WRITE_DOWN_SECONDS)
        DBOS.destroy(destroy_registry=True)


def _unbroken(job_id: str) -> str:
    """Return the job's id, with a number where a workflow of that id ended by an error: DBOS never begins it again."""
    ids = (job_id if number == 1 else f"{job_id}.{number}" for number in count(1))
    return next(id for id in ids if (found := DBOS.get_workflow_status(id)) is None or found.status not in _BROKEN)


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
        kind = MayPass if may_pass(error) else StepFailed
        raise kind(explained(error)) from error


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
def vacancy(settings: Settings, name: str) -> Iterator[bool]:
    """Say whether no worker has a name now, and let none take it until the end of the block.

    The other workers of a SQLite file are all gone: whoever asks holds the file's lock.
    """
    if settings.resolved_jobs_url.startswith("sqlite"):
        yield True
        return
    engine = create_engine(settings.resolved_jobs_url)
    try:
        with engine.begin() as connection:
            taken = connection.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _lock_key(name)})
            yield bool(taken)
    finally:
        engine.dispose()


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
    key = _lock_key(name)
    engine = create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"options": _NOTICE_THE_DEAD})
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


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{APPLICATION} worker {name}".encode()).digest()[:8], signed=True)


def _prepare_sqlite(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")  # stays with the file; DBOS's readers would block its writers
    connection.close()


def _let_dbos_log_through_us() -> None:
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # or DBOS installs a console of its own
