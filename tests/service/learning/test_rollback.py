"""A promoted model that fails or is slow in service is rolled back by itself; one that is neither stays."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from fastapi.testclient import TestClient

from service.context import Context
from service.models.files import file_sha256, keep_files
from service.models.queries import champion_version, list_promotions
from service.models.service import promote, roll_back
from service.models.use import ModelUse
from service.models.use_queries import Use, add_use, use_between
from service.records import BayRecord, CaptureRecord, ModelRecord, ModelUseRecord, StoreRecord
from service.rollback.guarding import KEPT, Guard
from service.rollback.judging import fails_more, seems_slow
from service.settings import RollbackSettings
from vision import starter
from vision.artefact import METADATA_KEY, ArtefactMetadata, read_metadata

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")  # MLflow's
SETTINGS = RollbackSettings()
AddModel = Callable[[int, Path], None]


@pytest.mark.parametrize(
    ("new", "old", "back"),
    [
        (Use(3, 3, 0), Use(0, 0, 0), False),  # may be chance
        (Use(4, 4, 0), Use(0, 0, 0), True),
        (Use(1000, 20, 1), Use(1000, 0, 1), False),  # as many as are allowed
        (Use(1000, 60, 1), Use(1000, 0, 1), True),
        (Use(1000, 60, 1), Use(1000, 60, 1), False),  # the model before failed as often
        (Use(1000, 0, 1), Use(1000, 999, 1), False),
        (Use(0, 0, 0), Use(0, 0, 0), False),
    ],
)
def test_errors_count_beside_those_of_the_model_before(new: Use, old: Use, back: bool) -> None:
    assert (fails_more(new, old, SETTINGS) is not None) == back


@pytest.mark.parametrize(
    ("new", "old", "slow"),
    [
        (Use(100, 0, 16.0), Use(100, 0, 10.0), True),
        (Use(100, 0, 14.0), Use(100, 0, 10.0), False),
        (Use(40, 0, 40.0), Use(100, 0, 10.0), False),  # too few to say
        (Use(100, 80, 40.0), Use(100, 0, 10.0), False),
    ],
)
def test_slow_means_slower_than_the_model_before(new: Use, old: Use, slow: bool) -> None:
    assert seems_slow(new, old, SETTINGS) == slow


def _changed(path: Path, change: Callable[[onnx.ModelProto], None]) -> Path:
    model = onnx.load(starter.ARTEFACT)
    change(model)
    onnx.save(model, path)
    return path


@pytest.fixture(scope="session")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artefact that takes square photos alone: it loads, and fails in service."""

    def insist_on_squares(model: onnx.ModelProto) -> None:
        image = model.graph.input[0].name
        for node in model.graph.node:
            node.input[:] = ["square" if name == image else name for name in node.input]
        side = read_metadata(starter.ARTEFACT).input_size
        shape = onnx.numpy_helper.from_array(np.array([1, 3, side, side], np.int64), "square_shape")
        model.graph.initializer.append(shape)
        model.graph.node.insert(0, onnx.helper.make_node("Reshape", [image, "square_shape"], ["square"]))

    return _changed(tmp_path_factory.mktemp("fragile") / "detector.onnx", insist_on_squares)


@pytest.fixture(scope="session")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artefact that looks at fewer pixels than the starter, and needs a tenth of its time."""

    def look_at_fewer(model: onnx.ModelProto) -> None:
        (entry,) = (one for one in model.metadata_props if one.key == METADATA_KEY)
        metadata = ArtefactMetadata.model_validate_json(entry.value)
        entry.value = metadata.model_copy(update={"input_size": 160}).model_dump_json()

    return _changed(tmp_path_factory.mktemp("quick") / "detector.onnx", look_at_fewer)


@pytest.fixture
def add_model(context: Context) -> AddModel:
    """Register a model that passed its gate."""

    def add(version: int, artefact: Path) -> None:
        with context.database.write() as session:
            session.add(
                ModelRecord(
                    version=version,
                    created_at=context.clock(),
                    source="retraining",
                    retraining_id=f"r{version}",
                    artefact_sha256=file_sha256(artefact),
                    metadata_json=read_metadata(artefact).model_dump(mode="json"),
                    gate={"passed": True, "champion_version": 1, "checks": []},
                )
            )
        keep_files(context.settings, version, artefact, starter.CHECKPOINT)

    return add


def use(context: Context, version: int, passes: int, errors: int, seconds: float, at: datetime) -> None:
    with context.database.write() as session:
        add_use(session, version, at, "a server", passes, errors, seconds)


def moves(context: Context) -> list[tuple[str, int]]:
    with context.database.read() as session:
        return [(move.action, move.model_version) for move in list_promotions(session)]


def test_a_model_that_fails_in_service_is_rolled_back(
    context: Context, add_model: AddModel, fragile: Path, client: TestClient
) -> None:
    add_model(2, fragile)
    photo = bytes(cv2.imencode(".jpg", np.full((96, 160, 3), 128, np.uint8))[1])

    def ask(times: int) -> list[int]:
        return [client.post("/v1/analyze", files={"photo": photo}).status_code for _ in range(times)]

    context.settings.vision.runtime = "onnxruntime"  # OpenVINO does not notice
    context.serving.stop()  # or a look from its own thread would write counts down early
    guard = Guard(context)
    assert ask(2) == [200, 200]
    promote(context, 2, reason="looked good", by="Ada")
    context.serving.refresh()
    assert (context.serving.error, context.serving.loaded_version) == (None, 2)
    assert guard.look() is None
    assert ask(6) == [500] * 6
    context.serving.stop()  # writes down what was counted
    in_service = client.get("/v1/models/2").json()["in_service"]
    assert in_service == {"passes": 6, "errors": 6, "milliseconds": None}
    move = guard.look()
    assert move is not None
    assert (move.model_version, move.previous_version, move.by) == (1, 2, "system")
    assert move.reason == ("by itself, 0 minutes after its promotion: 6 of 6 passes failed, of the model before 0 of 2")
    context.serving.refresh()
    assert ask(2) == [200, 200]
    assert guard.look() is None
    assert moves(context) == [("starter", 1), ("promote", 2), ("rollback", 1)]


def test_one_that_cannot_be_loaded_is_rolled_back_and_the_former_goes_on(
    context: Context, add_model: AddModel, tmp_path: Path
) -> None:
    add_model(2, starter.ARTEFACT)
    context.serving.refresh()
    torn = context.settings.home / "models/2/detector.onnx"
    promote(context, 2, reason="looked good", by="Ada")
    torn.write_bytes(b"not ONNX")
    with context.database.write() as session:
        session.get_one(ModelRecord, 2).artefact_sha256 = file_sha256(torn)
    for _ in range(4):
        context.serving.refresh()
        assert context.serving.current().version == 1
    context.serving.start()
    context.serving.stop()
    move = Guard(context).look()
    assert move is not None
    assert "5 of 5 passes failed" in move.reason


def _captures(context: Context) -> None:
    with context.database.write() as session:
        session.add(StoreRecord(id="s1", name="Corner shop", format="convenience"))
        session.flush()
        session.add(BayRecord(id="b1", store_id="s1"))
        session.flush()
        for seed in range(2):
            picture = bytes(cv2.imencode(".jpg", np.full((480, 640, 3), 100 + seed, np.uint8))[1])
            context.images.put(f"{seed}.jpg", picture)
            session.add(
                CaptureRecord(
                    id=str(seed),
                    sha256=str(seed),
                    store_id="s1",
                    bay_id="b1",
                    taken_at=context.clock(),
                    received_at=context.clock(),
                    width=640,
                    height=480,
                    image_key=f"{seed}.jpg",
                    image_sha256=str(seed),
                    faces_blurred=0,
                    stratum="neutral/frontal/convenience",
                    model_version=1,
                    truncated=False,
                    detections=[],
                )
            )


def test_a_slow_model_is_rolled_back(context: Context, add_model: AddModel, quick: Path) -> None:
    add_model(2, quick)
    add_model(3, starter.ARTEFACT)
    _captures(context)
    promote(context, 2, reason="looked good", by="Ada")
    use(context, 2, 100, 0, 10.0, context.clock() - timedelta(minutes=5))
    promote(context, 3, reason="looked good", by="Ada")
    use(context, 3, 100, 0, 40.0, context.clock())
    move = Guard(context).look()
    assert move is not None
    assert "400 ms a pass, before 100; " in move.reason
    assert "times the model before on the same photos, 1.5 are allowed" in move.reason


def test_a_busy_hour_is_not_taken_for_a_slow_model(context: Context, add_model: AddModel, quick: Path) -> None:
    for version in (2, 3):
        add_model(version, quick)
    _captures(context)
    promote(context, 2, reason="looked good", by="Ada")
    use(context, 2, 100, 0, 10.0, context.clock() - timedelta(minutes=5))
    promote(context, 3, reason="looked good", by="Ada")
    use(context, 3, 100, 0, 40.0, context.clock())
    context.settings.rollback.latency = 2.5  # of equal models, on a machine that does other things, too
    guard = Guard(context)
    assert guard.look() is None
    assert guard.look() is None
    assert moves(context)[-1] == ("promote", 3)


def test_only_fresh_promotions_are_watched(context: Context, add_model: AddModel) -> None:
    add_model(2, starter.ARTEFACT)
    promote(context, 2, reason="looked good", by="Ada")
    use(context, 2, 50, 50, 0, context.clock())
    guard = Guard(replace(context, clock=lambda: context.clock() + timedelta(minutes=61)))
    assert guard.look() is None
    context.settings.rollback.minutes = 0
    assert Guard(context).look() is None
    assert moves(context) == [("starter", 1), ("promote", 2)]


def test_what_a_person_did_meanwhile_is_not_undone(
    context: Context, add_model: AddModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_model(2, starter.ARTEFACT)
    add_model(3, starter.ARTEFACT)
    promote(context, 2, reason="looked good", by="Ada")
    use(context, 2, 50, 50, 0, context.clock())

    def promote_meanwhile(*_: object, **__: object) -> str:
        promote(context, 3, reason="better", by="Eve")
        return "errors"

    monkeypatch.setattr("service.rollback.guarding.fails_more", promote_meanwhile)
    assert Guard(context).look() is None
    assert moves(context) == [("starter", 1), ("promote", 2), ("promote", 3)]


def test_servers_add_up_and_old_counts_are_forgotten(context: Context) -> None:
    now = context.clock()
    servers = [ModelUse(), ModelUse()]
    for server in servers:
        for _ in range(2):
            with server.counted(1):
                pass
            server.failed(1)
            with context.database.write() as session:
                server.write(session, now)
            assert not server
    use(context, 1, 7, 0, 1.0, now - KEPT - timedelta(minutes=2))
    with context.database.read() as session:
        found = use_between(session, 1, now - timedelta(minutes=1), now + timedelta(minutes=1))
        assert (found.passes, found.errors, found.answered) == (8, 4, 4)
        assert use_between(session, 2, now, now).milliseconds is None
    Guard(context).look()
    with context.database.read() as session:
        assert {row.server for row in session.query(ModelUseRecord)} == {server.server for server in servers}


def test_a_restarted_server_falls_back_to_the_last_champion_it_has(
    context: Context, add_model: AddModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow is away, and the champion's files are not on this machine: the one before answers."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    for version in (2, 3):
        add_model(version, starter.ARTEFACT)
        promote(context, version, reason="better", by="Ada")
    context.settings.mlflow_uri = "http://127.0.0.1:9"
    (context.settings.home / "models/3/detector.onnx").unlink()
    context.serving.refresh()
    assert context.serving.loaded_version == 2
    assert "MLflow did not do what it was asked" in (context.serving.error or "")
    keep_files(context.settings, 3, starter.ARTEFACT, starter.CHECKPOINT)
    context.serving.refresh()
    assert (context.serving.error, context.serving.loaded_version) == (None, 3)
    roll_back(context, reason="a test", by="Ada")
    with context.database.read() as session:
        assert champion_version(session) == 2
