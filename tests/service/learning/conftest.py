"""The whole loop with nothing replaced: the starter, MLflow in a file, durable jobs, a fit of seconds."""

import hashlib
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from service.context import Context, utc_now
from service.database import Database
from service.image_store import ImageStore
from service.models.registry import open_tracking
from service.models.serving import Serving
from service.models.starter import ensure_starter
from service.naming.embedders import Embedders
from service.naming.serving import Naming
from service.records import AnnotationRecord, BayRecord, CaptureRecord, RoundRecord, StoreRecord, TaskRecord
from service.retrainings.schemas import RetrainingRequest
from service.settings import Settings, ShadowSettings, VisionSettings

WIDTH, HEIGHT = 160, 128


@pytest.fixture(scope="session")
def mlflow_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow file with its tables, which take seconds to make."""
    home = tmp_path_factory.mktemp("mlflow")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow uses what SQLAlchemy 2.1 deprecates
        open_tracking(Settings(home=home)).get_alias("champion")
    return home / "mlflow.sqlite"


@pytest.fixture
def settings(tmp_path: Path, database_url: str, mlflow_template: Path) -> Settings:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(mlflow_template, home / "mlflow.sqlite")
    url = "" if database_url.startswith("sqlite") else database_url
    if not url:
        shutil.copy(database_url.removeprefix("sqlite:///"), home / "shelfloop.sqlite")
    # One thread: torch's and OpenVINO's wait for each other busily, which is slow beside other tests.
    return Settings(
        home=home,
        database_url=url,
        champion_poll_seconds=0.05,
        vision=VisionSettings(threads=1),
        shadow=ShadowSettings(captures=0),  # nothing takes photos beside a test
    )


@pytest.fixture
def context(settings: Settings) -> Iterator[Context]:
    database = Database(settings.resolved_database_url)
    with database.write() as session:
        ensure_starter(session, utc_now())
    serving = Serving(settings, database)
    images = ImageStore(settings.resolved_image_store)
    naming = Naming(settings, database, images, Embedders(settings, images), utc_now)
    yield Context(settings, database, images, serving, None, naming)
    serving.stop()
    database.close()


@dataclass
class Labelled:
    """How many captures of each arm to label."""

    context: Context

    def add(self, number: int, arm: str = "value") -> None:
        """Store captures of a synthetic shelf with one facing and one shelf each, and their annotations."""
        now = self.context.clock()
        with self.context.database.write() as session:
            session.merge(StoreRecord(id="s1", name="Corner shop", format="convenience"))
            session.merge(BayRecord(id="b1", store_id="s1"))
            session.add(
                RoundRecord(
                    id=arm,
                    created_at=now,
                    by="a test",
                    config={},
                    pool_digest="",
                    pool_size=0,
                    model_version=1,
                    near_duplicates={},
                )
            )
            session.flush()
            for seed in range(number):
                capture = self._capture(f"{arm}-{seed}", _shelf(seed))
                session.add(capture)
                session.flush()
                session.add(_task(capture, arm, seed))
                session.flush()
                session.add(_annotation(capture, seed))

    def _capture(self, id: str, picture: bytes) -> CaptureRecord:
        self.context.images.put(f"{id}.jpg", picture)
        digest, now = hashlib.sha256(picture).hexdigest(), self.context.clock()
        return CaptureRecord(
            id=id,
            sha256=id,
            store_id="s1",
            bay_id="b1",
            taken_at=now,
            received_at=now,
            width=WIDTH,
            height=HEIGHT,
            image_key=f"{id}.jpg",
            image_sha256=digest,
            faces_blurred=0,
            stratum="neutral/frontal/convenience",
            model_version=1,
            truncated=False,
            detections=[],
        )


def _shelf(seed: int) -> bytes:
    image = np.full((HEIGHT, WIDTH, 3), 40 + 10 * seed, np.uint8)
    x = 10 + 8 * seed
    cv2.rectangle(image, (x, 20), (x + 40, 90), (200, 60, 10 * seed), -1)
    cv2.rectangle(image, (0, 92), (WIDTH - 1, 100), (250, 250, 250), -1)
    return bytes(cv2.imencode(".jpg", image)[1])


def _task(capture: CaptureRecord, arm: str, rank: int) -> TaskRecord:
    return TaskRecord(
        id=capture.id,
        round_id=arm,
        capture_id=capture.id,
        store_id=capture.store_id,
        created_at=capture.received_at,
        state="labelled",
        rank=rank,
        arm=arm,
        reason="",
        predicted_boxes=0,
    )


def _annotation(capture: CaptureRecord, seed: int) -> AnnotationRecord:
    x = 10 + 8 * seed
    return AnnotationRecord(
        id=capture.id,
        task_id=capture.id,
        capture_id=capture.id,
        annotator="a test",
        created_at=capture.received_at,
        boxes=[
            {"kind": "facing", "box": [x, 20, x + 40, 90], "gtin": None},
            {"kind": "shelf", "box": [0, 92, WIDTH, 100], "gtin": None},
        ],
        catalogue_version=0,
        guideline_version=1,
        prelabel_model_version=1,
    )


@pytest.fixture
def labelled(context: Context) -> Labelled:
    return Labelled(context)


@pytest.fixture
def tiny() -> Callable[..., RetrainingRequest]:
    """A retraining of seconds."""

    def request(**changes: object) -> RetrainingRequest:
        overrides = {"epochs": 2, "image_size": 192, "batch": 2, "lighting": {}, "mosaic": 0}
        return RetrainingRequest.model_validate({"reason": "a test", "overrides": overrides, **changes})

    return request


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    """What makes a process of its own one of this installation."""
    return {
        **os.environ,
        "SHELFLOOP_HOME": str(settings.home),
        "SHELFLOOP_DATABASE_URL": settings.database_url,
        "SHELFLOOP_CHAMPION_POLL_SECONDS": "0.2",
        "SHELFLOOP_VISION__BLUR_FACES": "false",
        "SHELFLOOP_VISION__THREADS": "1",
        "SHELFLOOP_SHADOW__CAPTURES": str(settings.shadow.captures),
        "OMP_NUM_THREADS": "1",
    }


@pytest.fixture
def start_worker(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[bytes]"]]:
    """Start `shelfloop worker` as a process of its own; its output goes to worker.log.

    A fault that a test injects is Python that the process runs first: `start_worker(name, "import os; …")`.
    """
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str = "worker-1", fault: str = "") -> "subprocess.Popen[bytes]":
        with (tmp_path / "worker.log").open("ab") as log:
            program = f"{fault}\nfrom service.cli import app; app()"
            command = [sys.executable, "-c", program, "worker", "--name", name]
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()
