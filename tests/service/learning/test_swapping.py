"""Moving the champion while requests run, back again, and what happens when a file or MLflow is missing."""

import threading
import time
from collections.abc import Callable
from itertools import groupby

import numpy as np
import pytest

from service.context import Context
from service.models.files import WrongArtefact, artefact_of, checkpoint_of, file_sha256, keep_files
from service.models.history import champions_by_age
from service.models.queries import champion_version, list_promotions
from service.models.registry import open_tracking, registered_version
from service.models.service import promote, roll_back
from service.models.serving import Serving
from service.problems import Problem
from service.records import ModelRecord, PromotionRecord
from vision import starter
from vision.artefact import read_metadata

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),  # MLflow's
]
Gate = dict[str, object]
PASSED: Gate = {"passed": True, "champion_version": 1, "checks": []}
FAILED: Gate = {"passed": False, "champion_version": 1, "checks": [{"name": "overall", "passed": False}]}


@pytest.fixture
def add_model(context: Context) -> Callable[..., None]:
    """Register a copy of the starter as another version, in MLflow too; `keep` puts its files on this machine."""
    with context.database.read() as session:
        mlflow_version = registered_version(open_tracking(context.settings), session.get_one(ModelRecord, 1))

    def add(version: int, gate: Gate = PASSED, keep: bool = True, sha256: str | None = None) -> None:
        with context.database.write() as session:
            session.add(
                ModelRecord(
                    version=version,
                    created_at=context.clock(),
                    source="retraining",
                    retraining_id=f"r{version}",
                    mlflow_version=mlflow_version,
                    artefact_sha256=sha256 or file_sha256(starter.ARTEFACT),
                    metadata_json=read_metadata(starter.ARTEFACT).model_dump(mode="json"),
                    gate=gate,
                )
            )
        if keep:
            keep_files(context.settings, version, starter.ARTEFACT, starter.CHECKPOINT)

    return add


@pytest.fixture
def mlflow_away(context: Context, add_model: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    context.settings.mlflow_uri = "http://127.0.0.1:9"


def test_no_request_notices_the_swap(context: Context, add_model: Callable[..., None]) -> None:
    add_model(2)
    context.serving.start()
    photo, answered, failures = np.zeros((64, 64, 3), np.uint8), [], []
    done = threading.Event()

    def keep_asking() -> None:
        while not done.is_set():
            try:
                model = context.serving.current()
                model.detector.detect(photo)
                answered.append(model.version)
            except Exception as error:
                failures.append(error)

    asking = threading.Thread(target=keep_asking)
    asking.start()
    promote(context, 2, reason="a test", by="Ada")
    wait_for(context.serving, 2)
    before = len(answered)
    while len(answered) < before + 3:
        time.sleep(0.01)
    done.set()
    asking.join()
    assert failures == []
    assert [version for version, _ in groupby(answered)] == [1, 2]


def wait_for(serving: Serving, version: int) -> None:
    while serving.loaded_version != version:
        assert serving.error is None
        time.sleep(0.02)


def test_rolling_back_goes_further_back_each_time(context: Context, add_model: Callable[..., None]) -> None:
    add_model(2)
    add_model(3)
    promote(context, 2, reason="better", by="Ada")
    promote(context, 3, reason="better still", by="Ada")
    assert [roll_back(context, reason="not so good", by="Ada").model_version for _ in range(2)] == [2, 1]
    with pytest.raises(Problem, match="Model 1 serves, and no model served before it") as refused:
        roll_back(context, reason="further", by="Ada")
    assert refused.value.code == "nothing-to-roll-back"
    promote(context, 3, reason="after all", by="Ada")
    assert roll_back(context, reason="or not", by="Ada").model_version == 1


def test_the_history_is_a_stack() -> None:
    moves = [(1, "starter"), (2, "promote"), (3, "promote"), (2, "rollback"), (4, "promote")]
    promotions = [PromotionRecord(model_version=version, action=action) for version, action in moves]
    assert champions_by_age(promotions) == [1, 2, 4]
    assert champions_by_age(promotions[:4]) == [1, 2]


def test_a_failed_gate_is_in_the_way_unless_forced(context: Context, add_model: Callable[..., None]) -> None:
    add_model(2, gate=FAILED)
    with pytest.raises(Problem, match="did not pass its gate: overall") as refused:
        promote(context, 2, reason="please", by="Ada")
    assert refused.value.code == "gate-not-passed"
    promote(context, 2, reason="I know better", by="Root", force=True)
    with pytest.raises(Problem, match="champion already"):
        promote(context, 2, reason="again", by="Root", force=True)


def test_a_model_that_cannot_be_fetched_is_not_promoted(
    context: Context, add_model: Callable[..., None], mlflow_away: None
) -> None:
    add_model(2, keep=False)
    with pytest.raises(Problem) as refused:
        promote(context, 2, reason="better", by="Ada")
    assert (refused.value.status, refused.value.code) == (503, "mlflow-unreachable")
    with context.database.read() as session:
        assert champion_version(session) == 1
        assert len(list_promotions(session)) == 1


def test_a_model_whose_file_is_another_one_is_not_promoted(context: Context, add_model: Callable[..., None]) -> None:
    add_model(2, sha256="0" * 64)
    with pytest.raises(Problem, match="was registered with 000000000000") as refused:
        promote(context, 2, reason="better", by="Ada")
    assert (refused.value.status, refused.value.code) == (409, "wrong-artefact")
    with context.database.read() as session:
        assert champion_version(session) == 1


def test_a_champion_that_cannot_be_loaded_leaves_the_old_one_and_is_rolled_back_without_mlflow(
    context: Context, add_model: Callable[..., None], mlflow_away: None, caplog: pytest.LogCaptureFixture
) -> None:
    add_model(2)
    context.serving.refresh()
    promote(context, 2, reason="better", by="Ada")
    (context.settings.home / "models/2/detector.onnx").write_bytes(b"damaged")
    context.serving.refresh()
    assert context.serving.current().version == 1
    assert "MLflow did not do what it was asked" in (context.serving.error or "")
    assert "model 1 goes on" in caplog.text
    roll_back(context, reason="broken", by="Ada")
    context.serving.refresh()
    assert context.serving.error is None


@pytest.mark.parametrize("damaged", ["detector.onnx", "checkpoint.safetensors"])
def test_a_missing_file_is_fetched_again(context: Context, add_model: Callable[..., None], damaged: str) -> None:
    add_model(2)
    (context.settings.home / "models/2" / damaged).unlink()
    with context.database.read() as session:
        model = session.get_one(ModelRecord, 2)
    assert file_sha256(artefact_of(context.settings, model)) == model.artefact_sha256
    assert file_sha256(checkpoint_of(context.settings, model)) == file_sha256(starter.CHECKPOINT)
    assert [path.name for path in (context.settings.home / "models").iterdir()] == ["2"]


def test_a_torn_file_is_fetched_again(context: Context, add_model: Callable[..., None]) -> None:
    add_model(2)
    (context.settings.home / "models/2/detector.onnx").write_bytes(b"torn")
    context.serving.refresh()
    promote(context, 2, reason="better", by="Ada")
    context.serving.refresh()
    assert (context.serving.error, context.serving.loaded_version) == (None, 2)


def test_a_damaged_starter_asks_for_a_new_installation(context: Context) -> None:
    with context.database.write() as session:
        model = session.get_one(ModelRecord, 1)
        model.artefact_sha256 = "0" * 64
    with pytest.raises(WrongArtefact, match="reinstall shelfloop"):
        artefact_of(context.settings, model)


def test_a_model_is_fetched_once_and_then_kept(context: Context, add_model: Callable[..., None]) -> None:
    add_model(2, keep=False)
    promote(context, 2, reason="better", by="Ada")
    context.serving.refresh()
    assert (context.serving.error, context.serving.loaded_version) == (None, 2)
    context.settings.mlflow_uri = "http://127.0.0.1:9"
    restarted = Serving(context.settings, context.database)
    restarted.refresh()
    assert (restarted.error, restarted.loaded_version) == (None, 2)
