"""The records decide which model serves; MLflow's alias follows, and nobody waits for it."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from service.context import Context
from service.models.alias import keep_champion_alias, move_champion_alias, try_to_move_champion_alias
from service.models.files import file_sha256, keep_files
from service.models.queries import lock_champion
from service.models.registry import open_tracking
from service.models.service import promote, roll_back
from service.records import ModelRecord
from training.tracking import RetrainingRecord, Tracking
from vision import starter
from vision.artefact import read_metadata

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),  # MLflow's
]


@pytest.fixture
def second(context: Context) -> str:
    """Register a copy of the starter as model 2 and return its version in MLflow."""
    record = RetrainingRecord("r2", "a test", "", {}, (), {}, "{}", starter.ARTEFACT, starter.CHECKPOINT)
    version = open_tracking(context.settings).log_retraining(record).version
    with context.database.write() as session:
        session.add(
            ModelRecord(
                version=2,
                created_at=context.clock(),
                source="retraining",
                mlflow_version=version,
                artefact_sha256=file_sha256(starter.ARTEFACT),
                metadata_json=read_metadata(starter.ARTEFACT).model_dump(mode="json"),
            )
        )
    keep_files(context.settings, 2, starter.ARTEFACT, starter.CHECKPOINT)
    return version


def test_the_alias_follows_and_the_starter_is_registered_when_it_comes_back(context: Context, second: str) -> None:
    promote(context, 2, reason="better", by="Ada")
    move_champion_alias(context)
    assert open_tracking(context.settings).get_alias("champion") == second
    roll_back(context, reason="or not", by="Ada")
    move_champion_alias(context)
    with context.database.read() as session:
        first = session.get_one(ModelRecord, 1).mlflow_version
    assert first not in (None, second)
    assert open_tracking(context.settings).get_alias("champion") == first


def test_while_mlflow_is_away_models_come_and_go_and_the_alias_follows_later(
    context: Context, second: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    context.settings.mlflow_uri = "http://127.0.0.1:9"
    promote(context, 2, reason="better", by="Ada")
    roll_back(context, reason="or not", by="Ada")
    promote(context, 2, reason="after all", by="Ada")
    try_to_move_champion_alias(context)
    assert "alias is moved later" in caplog.text
    stopping = threading.Event()
    keeping = threading.Thread(target=keep_champion_alias, args=(context, stopping, 0.1))
    keeping.start()
    while "once more in 0.1 s" not in caplog.text:
        time.sleep(0.02)
    context.settings.mlflow_uri = ""
    tracking = open_tracking(context.settings)
    while tracking.get_alias("champion") != second:
        time.sleep(0.05)
    stopping.set()
    keeping.join()


def test_of_two_that_move_the_alias_at_once_the_newer_news_stay(
    context: Context, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote(context, 2, reason="better", by="Ada")
    set_alias = Tracking.set_alias
    moved: list[str] = []

    def set_while_somebody_rolls_back(tracking: Tracking, alias: str, version: str) -> None:
        if not moved:
            roll_back(context, reason="meanwhile", by="Eve")
        moved.append(version)
        set_alias(tracking, "champion", version)

    monkeypatch.setattr(Tracking, "set_alias", set_while_somebody_rolls_back)
    move_champion_alias(context)
    with context.database.read() as session:
        assert moved == [second, session.get_one(ModelRecord, 1).mlflow_version]


@pytest.fixture
def mlflow_hangs(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """MLflow gets the order to move an alias, which sets the first event, and answers when the second is set."""
    asked, answering = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        asked.set()
        answering.wait(60)

    monkeypatch.setattr(Tracking, "set_alias", hang)
    yield asked, answering
    answering.set()


def test_captures_are_stored_while_mlflow_hangs(
    client: TestClient,
    context: Context,
    second: str,
    labelled: object,
    mlflow_hangs: tuple[threading.Event, threading.Event],
) -> None:
    asked, answering = mlflow_hangs
    stopping = threading.Event()
    keeping = threading.Thread(target=keep_champion_alias, args=(context, stopping, 0.1))
    client.post("/v1/models/2/promote", json={"reason": "better"}).raise_for_status()
    keeping.start()
    assert asked.wait(30)
    begin = time.monotonic()
    labelled.add(1)  # type: ignore[attr-defined]
    client.post("/v1/models/rollback", json={"reason": "or not"}).raise_for_status()
    assert time.monotonic() - begin < 10
    assert client.get("/v1/models").json()["champion"] == 1
    answering.set()
    stopping.set()
    keeping.join()


def test_captures_are_stored_while_the_champion_is_moved(context: Context, labelled: object) -> None:
    if context.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    with context.database.write() as session:
        lock_champion(session)
        storing = threading.Thread(target=labelled.add, args=(1,), daemon=True)  # type: ignore[attr-defined]
        storing.start()
        storing.join(20)
        assert not storing.is_alive()


def test_one_at_a_time_moves_the_champion(context: Context) -> None:
    def take_the_lock_too(taken: Callable[[], None]) -> None:
        with context.database.write() as session:
            lock_champion(session)
            taken()

    second_has_it = threading.Event()
    with context.database.write() as session:
        lock_champion(session)
        waiting = threading.Thread(target=take_the_lock_too, args=(second_has_it.set,))
        waiting.start()
        assert not second_has_it.wait(0.5)
    assert second_has_it.wait(20)
    waiting.join()
