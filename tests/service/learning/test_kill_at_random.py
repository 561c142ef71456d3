"""Workers killed at random over retraining, export, shadow and promotion, while a server answers."""

import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from sqlalchemy import func, select

from service.auth.keys import issue_key
from service.auth.permissions import Role
from service.context import Context
from service.models.files import artefact_of, file_sha256
from service.models.queries import champion_version, get_model
from service.models.registry import open_tracking
from service.records import ModelRecord, PromotionRecord, RetrainingRecord
from service.retrainings.queries import ENDED, SHADOWING, get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import start_retraining

EPOCHS, SLOW_MACHINE_SECONDS = 4, 1800
# Another worker waits for a minute before it takes over from one that was killed; nobody is patient here.
HASTY = "import service.taking_over as t; t.LOOK_SECONDS, t.GONE_AFTER_SECONDS = 0.3, 0.6"
STAGES = ["queued", "snapshot", "fit", "export", "evaluate", "register", "shadow", "done"]
Moment = Callable[[RetrainingRecord], bool]


def at_stage(stage: str) -> Moment:
    return lambda record: STAGES.index(record.progress["stage"]) >= STAGES.index(stage)


def after_epoch(epoch: int) -> Moment:
    return lambda record: record.progress.get("epoch", 0) >= epoch


def ended(record: RetrainingRecord) -> bool:
    return record.state in ENDED


# In the order in which they come: a worker is killed within a second or so after one of them.
MOMENTS: list[Moment] = [
    at_stage("snapshot"),
    at_stage("fit"),
    *(after_epoch(epoch) for epoch in range(1, EPOCHS + 1)),
    at_stage("export"),
    at_stage("evaluate"),
    at_stage("register"),
    lambda record: record.candidate_version is not None,
    lambda record: record.state == SHADOWING,
]


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """Short shadows; and a crowded machine is slow by itself, which is no reason to refuse or to roll back."""
    shadow = {"CAPTURES": "6", "SHARE": "1", "PHOTOS_PER_MINUTE": "600", "DISAGREEMENT": "1", "LATENCY": "100"}
    short = {f"SHELFLOOP_SHADOW__{name}": value for name, value in shadow.items()}
    return {**environment, **short, "SHELFLOOP_ROLLBACK__MINUTES": "0"}


class Asking:
    """A shop that sends photo after photo for as long as the block lasts."""

    def __init__(self, address: str, key: str) -> None:
        self.failed: list[str] = []
        self.versions: list[int] = []
        self._client = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=120)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Asking":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._client.close()

    def _ask(self) -> None:
        random_photos = np.random.default_rng(0)
        while not self._done.wait(0.3):
            patches = random_photos.integers(40, 215, (6, 8, 3)).astype(np.uint8)
            photo = cv2.imencode(".jpg", cv2.resize(patches, (320, 240), interpolation=cv2.INTER_NEAREST))[1].tobytes()
            try:
                form = {"store_id": "s1", "bay_id": "b1"}
                answer = self._client.post("/v1/captures", data=form, files={"photo": photo})
                answer.raise_for_status()
                self.versions.append(answer.json()["model_version"])
            except (httpx.HTTPError, KeyError) as error:
                self.failed.append(repr(error))


@pytest.fixture
def server(context: Context, environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """A server process beside the workers, by its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    program = "from service.cli import app; app()"
    with (tmp_path / "server.log").open("wb") as log:
        command = [sys.executable, "-c", program, "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield _when_ready(process, f"http://127.0.0.1:{port}", tmp_path / "server.log")
    finally:
        process.kill()
        process.wait()


def _when_ready(process: "subprocess.Popen[bytes]", address: str, log: Path) -> str:
    end = time.monotonic() + SLOW_MACHINE_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            if httpx.get(f"{address}/readyz").status_code == 200:
                return address
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture
def key(context: Context) -> str:
    with context.database.write() as session:
        return issue_key(session, name="a shop", role=Role.ADMIN, store_ids=None, now=context.clock())[1]


class Killing:
    """Runs one retraining to its end, killing its workers on the way."""

    def __init__(self, context: Context, start_worker: Callable[..., "subprocess.Popen[bytes]"], log: Path) -> None:
        self.kills = 0
        self._context, self._start, self._log = context, start_worker, log
        self._chance, self._name = random.Random(8), "worker-1"

    def run(self, request: RetrainingRequest, most_kills: int) -> str:
        """Order a retraining, kill its workers at random moments until it ended or enough were killed."""
        ordered = start_retraining(self._context, request, by="Ada")
        moment, times = 0, 0
        while self.kills < most_kills:
            earliest = moment + times // 2  # not for ever in one place: five deaths there end a retraining
            if earliest >= len(MOMENTS):
                break
            last, moment = moment, self._chance.randrange(earliest, min(earliest + 3, len(MOMENTS)))
            times = times + 1 if moment == last else 1
            if self._record(ordered.id).state != SHADOWING:  # another worker waits for minutes before it goes on there
                self._name = self._chance.choice(["worker-1", "worker-2"])
            worker = self._start_to_work(ordered.id)
            self._wait(ordered.id, MOMENTS[moment], worker)
            time.sleep(self._chance.uniform(0, 1.5))
            worker.kill()
            worker.wait()
            self.kills += 1
            self._check_champion()
            if ended(self._record(ordered.id)):
                break
        worker = self._start(self._name, HASTY)
        self._wait(ordered.id, ended, worker)
        worker.kill()
        worker.wait()
        return ordered.id

    def _start_to_work(self, retraining_id: str) -> "subprocess.Popen[bytes]":
        """Start a worker and wait until it works: killed while Python starts, it could not break anything."""
        before, ready = self._record(retraining_id).progress.get("starts"), self._ready()
        worker = self._start(self._name, HASTY)
        self._wait(retraining_id, lambda _: self._ready() > ready, worker)
        self._wait(retraining_id, lambda one: one.state == SHADOWING or one.progress.get("starts") != before, worker)
        return worker

    def _ready(self) -> int:
        return self._log.read_text().count("is ready") if self._log.exists() else 0

    def _wait(self, retraining_id: str, moment: Moment, worker: "subprocess.Popen[bytes]") -> None:
        end = time.monotonic() + SLOW_MACHINE_SECONDS
        while not (moment(record := self._record(retraining_id)) or ended(record)):
            assert worker.poll() is None, f"the worker ended by itself:\n{self._log.read_text()}"
            assert time.monotonic() < end, f"{record.state} {record.progress}\n{self._log.read_text()}"
            time.sleep(0.05)

    def _record(self, retraining_id: str) -> RetrainingRecord:
        with self._context.database.read() as session:
            return get_retraining(session, retraining_id)

    def _check_champion(self) -> None:
        """Whoever died: the champion's files are here and whole."""
        with self._context.database.read() as session:
            champion = get_model(session, champion_version(session))
        assert file_sha256(artefact_of(self._context.settings, champion)) == champion.artefact_sha256


@pytest.mark.timeout(7200)
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")  # MLflow's
@pytest.mark.parametrize("kills", [3, pytest.param(30, marks=pytest.mark.slow)])
def test_every_retraining_ends_once_and_the_champion_is_always_whole(
    context: Context,
    labelled: object,
    tiny: Callable[..., RetrainingRequest],
    start_worker: Callable[..., "subprocess.Popen[bytes]"],
    server: str,
    key: str,
    tmp_path: Path,
    kills: int,
) -> None:
    labelled.add(5)  # type: ignore[attr-defined]
    overrides = {"epochs": EPOCHS, "image_size": 192, "batch": 4, "lighting": {}, "mosaic": 0}
    killing, states = Killing(context, start_worker, tmp_path / "worker.log"), {}
    with Asking(server, key) as asking:
        while killing.kills < kills:
            id = killing.run(tiny(overrides=overrides), kills)
            with context.database.read() as session:
                states[id] = get_retraining(session, id).state
    assert killing.kills == kills
    with context.database.read() as session:
        for id, state in states.items():
            check_ended_once(session.get_one(RetrainingRecord, id), state)
            assert session.scalar(select(func.count()).where(ModelRecord.retraining_id == id)) == 1
        promoted = session.scalars(select(PromotionRecord.model_version).order_by(PromotionRecord.id)).all()
        registered = session.scalars(select(ModelRecord.version)).all()
    assert 0 < list(states.values()).count("promoted") == len(promoted) - 1 == len(set(promoted)) - 1
    assert asking.failed == []
    assert asking.versions == sorted(asking.versions)
    assert set(asking.versions) <= set(registered)
    assert open_tracking(context.settings).get_alias("candidate") == str(len(states))  # none is registered twice


def check_ended_once(record: RetrainingRecord, state: str) -> None:
    """It ended, stayed as it was, and lost no epoch that was reported."""
    assert record.state == state
    assert record.state in ("promoted", "gate_failed"), (record.error, record.progress)
    assert record.finished_at is not None
    epochs = [line["epoch"] for line in record.progress["history"]]
    # One may be missing: killed after its state was written, before it was reported. None comes twice.
    assert all(0 < later - earlier <= 2 for earlier, later in pairwise([0, *epochs, EPOCHS + 1])), record.progress
