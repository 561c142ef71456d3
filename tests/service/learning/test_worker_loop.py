"""What ends a worker, and what does not."""

import signal
from collections.abc import Callable, Iterator, Sequence

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from service import worker
from service.context import Context, make_context
from service.jobs import WorkerIsRunning, sole_worker
from service.settings import Settings
from service.worker import run_worker

Look = Callable[[Session], Sequence[str]]
AWAY = OperationalError("SELECT", {}, ConnectionError("the server closed the connection"))


def terminate() -> None:
    """Do what SIGTERM does, without sending one to the test runner."""
    handler = signal.getsignal(signal.SIGTERM)
    assert callable(handler)
    handler(signal.SIGTERM, None)


class Ended(BaseException):
    """Stands for the end of the process."""


class NoJobs:
    """Takes the place of DBOS: these tests never hand anything over."""

    def __init__(self, *_: object) -> None: ...


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Look], int]]:
    """Run a worker with what it sees at each look into the records, and return its exit status."""
    settings.vision.blur_faces = False
    ended: list[int] = []

    def end(status: int) -> None:
        with pytest.raises(WorkerIsRunning), sole_worker(settings, "w1"):  # the lock is held to the end
            pass
        ended.append(status)
        raise Ended

    def run(look: Look) -> int:
        monkeypatch.setattr("service.worker.unfinished_ids", look)
        with pytest.raises(Ended):
            run_worker(settings, "w1")
        return ended[0]

    made: list[Context] = []

    def make(settings: Settings) -> Context:
        made.append(make_context(settings))
        return made[-1]

    monkeypatch.setattr(worker, "make_context", make)
    monkeypatch.setattr("service.worker.Jobs", NoJobs)
    for keep in [name for name in vars(worker) if name.startswith("keep_")]:  # they would outlive the test
        monkeypatch.setattr(worker, keep, lambda *_, **__: None)
    monkeypatch.setattr("service.worker.POLL_SECONDS", 0.01)
    monkeypatch.setattr("service.worker.os._exit", end)
    monkeypatch.setattr("service.worker.logging.shutdown", lambda: None)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield run
    for context in made:  # a real worker's process ends, and its connections with it
        context.database.close()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_database_that_comes_back_does_not_end_it(
    run: Callable[[Look], int], caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[int] = []

    def look(_session: Session) -> Sequence[str]:
        looks.append(1)
        if len(looks) < 3:
            raise AWAY
        terminate()
        return []

    assert run(look) == 0
    assert len(looks) == 3
    assert caplog.text.count("The database did not answer") == 2


def test_a_bug_ends_it_at_once(run: Callable[[Look], int], caplog: pytest.LogCaptureFixture) -> None:
    def look(_session: Session) -> Sequence[str]:
        raise KeyError("a bug")

    assert run(look) == 1
    assert "KeyError: 'a bug'" in caplog.text


def test_a_lost_lock_is_taken_again_unless_somebody_has_it(settings: Settings) -> None:
    if not settings.database_url:
        pytest.skip("a file lock is not lost before its process ends")
    with sole_worker(settings, "w1") as hold:
        hold()
        _cut_connections_with_locks(settings)
        with pytest.raises(OperationalError):
            hold()
        hold()
        with pytest.raises(WorkerIsRunning), sole_worker(settings, "w1"):
            pass
        _cut_connections_with_locks(settings)
        with pytest.raises(OperationalError):
            hold()
        with sole_worker(settings, "w1"), pytest.raises(WorkerIsRunning):
            hold()


def _cut_connections_with_locks(settings: Settings) -> None:
    engine = create_engine(settings.database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"))
    engine.dispose()
