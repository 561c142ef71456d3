"""A service around literal detections, on each database, and the servers and photos it needs."""

import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import dbos
import numpy as np
import pytest
from fastapi import FastAPI

from service.app import create_app, furnish
from service.auth.keys import issue_key
from service.auth.permissions import Role
from service.context import Context
from service.database import Database
from service.ids import new_id
from service.image_store import ImageStore
from service.models.serving import ServingModel
from service.naming.embedders import Embedders
from service.naming.queries import newest_naming
from service.naming.serving import Naming
from service.records import CaptureRecord, UnknownFacingRecord
from service.settings import Settings
from vision.artefact import ArtefactMetadata, BadArtefact
from vision.detector import Detector
from vision.runtime import RawOutputs

with warnings.catch_warnings():
    # Starlette asks for httpx's successor here; the project itself uses httpx.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient


# --- a model that finds what a person can check by hand ---


class LiteralRuntime:
    """Finds the same four things in every photo; its image vector is the photo's coarse brightness.

    In a photo of 640 x 480 the boxes are: a facing that is sure, a facing that is not, a shelf, a tag.
    """

    BOXES = ((10, 20, 110, 220), (200, 20, 300, 220), (0, 230, 640, 250), (20, 232, 60, 248))
    PROBABILITIES = (
        (0.99, 0.0, 0.0, 0.0),
        (0.5, 0.0, 0.0, 0.25),
        (0.0, 0.9, 0.0, 0.0),
        (0.0, 0.0, 0.8, 0.0),
    )

    def infer(self, framed: np.ndarray) -> RawOutputs:
        coarse = cv2.resize(np.float32(framed[0] / 255), (8, 8), interpolation=cv2.INTER_AREA)
        return RawOutputs(
            boxes=np.array(self.BOXES, np.float32),
            probabilities=np.array(self.PROBABILITIES, np.float32),
            edge_variances=np.full((4, 4), 4.0, np.float32),
            vectors=np.eye(4, dtype=np.float32),
            image_vector=(coarse - coarse.mean()).ravel().astype(np.float32) + 1e-3,
        )


CLASSES = ("product", "shelf", "tag", "gap")


class LiteralServing:
    """Stands where `service.models.serving.Serving` would: one model that never changes."""

    error = None
    loaded_version = 1

    def __init__(self) -> None:
        metadata = ArtefactMetadata(classes=CLASSES, architecture="literal")
        self._model = ServingModel(1, Detector(LiteralRuntime(), metadata), metadata)

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def refresh(self) -> None: ...

    def current(self) -> ServingModel:
        return self._model


class LiteralEmbedder:
    """Sees the mean colour of each quarter of a crop, nothing else."""

    crop_size, width = 16, 12

    def __init__(self, id: str = "literal-1") -> None:
        self.id = id

    def embed(self, crops: np.ndarray) -> np.ndarray:
        means = crops.reshape(len(crops), 2, 8, 2, 8, 3).mean((2, 4)).reshape(len(crops), 12) - 127.0
        means[:, 0] += 1e-3
        return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)


class LiteralEmbedders(Embedders):
    """Stands where `service.naming.embedders.Embedders` would: loading one costs nothing."""

    def installed(self) -> LiteralEmbedder:
        return LiteralEmbedder()

    def load(self, id: str) -> LiteralEmbedder:
        return LiteralEmbedder(id)

    def check(self, data: bytes) -> LiteralEmbedder:
        if not data.startswith(b"literal"):
            raise BadArtefact("the file is not ONNX")
        return LiteralEmbedder(data.decode())


# --- the service ---


@dataclass
class SetClock:
    """A clock that only moves when told to."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 9, 30, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(home=tmp_path / "home", database_url=database_url)


@pytest.fixture
def context(settings: Settings, clock: SetClock) -> Iterator[Context]:
    """A service's context on each database, with a literal model registered as version 1, and no face blurring."""
    settings.home.mkdir()
    database = Database(settings.resolved_database_url)
    images = ImageStore(settings.resolved_image_store)
    naming = Naming(settings, database, images, LiteralEmbedders(settings, images), clock)
    naming.refresh()  # a server would follow from its own thread, and be ready when it has
    yield Context(settings, database, images, LiteralServing(), None, naming, clock)  # type: ignore[arg-type]
    database.close()


KeyMaker = Callable[..., dict[str, str]]


@pytest.fixture
def key_for(context: Context) -> KeyMaker:
    """Make a key and return the header that carries it: `key_for(Role.STORE, ["s1"])`."""

    def make(role: Role, store_ids: list[str] | None = None) -> dict[str, str]:
        with context.database.write() as session:
            _, key = issue_key(session, name=f"a {role}", role=role, store_ids=store_ids, now=context.clock())
        return {"Authorization": f"Bearer {key}"}

    return make


@pytest.fixture(scope="session")
def app_around() -> Callable[[Context], FastAPI]:
    """Make an application around a context, of one set of routes: FastAPI works them out anew for each application."""
    apps: list[FastAPI] = []

    def make(context: Context) -> FastAPI:
        if apps:
            furnish(apps[0], context)
        else:
            apps.append(create_app(context))
        return apps[0]

    return make


@pytest.fixture
def client(context: Context, app_around: Callable[[Context], FastAPI], key_for: KeyMaker) -> Iterator[TestClient]:
    """A client with an admin's key; give `headers=key_for(...)` to call as somebody else."""
    with TestClient(app_around(context), headers=key_for(Role.ADMIN), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def bay(client: TestClient) -> dict[str, str]:
    """A registered bay, as the fields that a capture names it with."""
    client.put("/v1/stores/s1", json={"name": "Corner shop", "format": "convenience"}).raise_for_status()
    client.put("/v1/stores/s1/bays/b1").raise_for_status()
    return {"store_id": "s1", "bay_id": "b1"}


# --- photos ---


PhotoMaker = Callable[..., bytes]


@pytest.fixture(scope="session")
def make_photo() -> PhotoMaker:
    """Make a photo (width, height) of coloured patches; photos of different seeds look different."""

    def make(seed: int = 0, size: tuple[int, int] = (640, 480), kind: str = ".jpg") -> bytes:
        patches = np.random.default_rng(seed).integers(40, 215, (8, 8, 3)).astype(np.uint8)
        image = cv2.resize(patches, size, interpolation=cv2.INTER_NEAREST)
        return bytes(cv2.imencode(kind, image)[1])

    return make


# --- facings that show no known product ---


@pytest.fixture
def capture_of(client: TestClient, make_photo: PhotoMaker) -> Callable[[str, int], str]:
    """Send a photo of a store's bay and return the capture's id."""

    def send(store_id: str, seed: int = 0) -> str:
        client.put(f"/v1/stores/{store_id}", json={"name": store_id, "format": "convenience"}).raise_for_status()
        client.put(f"/v1/stores/{store_id}/bays/{store_id}-b").raise_for_status()
        form = {"store_id": store_id, "bay_id": f"{store_id}-b"}
        sent = client.post("/v1/captures", data=form, files={"photo": make_photo(seed)})
        sent.raise_for_status()
        return sent.json()["id"]

    return send


@pytest.fixture
def unknown(context: Context, capture_of: Callable[[str, int], str]) -> Callable[..., list[str]]:
    """Let facings of a kind be unknown; those of one kind look alike: `unknown(kind, count, store_id)`."""

    def add(kind: int, count: int, store_id: str = "s1", *, embedder_id: str | None = None) -> list[str]:
        capture_id = capture_of(store_id, kind)
        with context.database.write() as session:
            capture = session.get_one(CaptureRecord, capture_id)
            naming = newest_naming(session)
            facings = []
            for place in range(count):
                vector = np.eye(LiteralEmbedder.width)[kind]
                vector[-1] = 0.05 * place / count
                facings.append(
                    UnknownFacingRecord(
                        id=new_id(context.clock()),
                        capture_id=capture_id,
                        store_id=capture.store_id,
                        detection=place,
                        box=[10.0, 20.0, 50.0 + place, 100.0],  # no two pictures are the same
                        embedder_id=embedder_id or naming.embedder_id,
                        vector=(vector / np.linalg.norm(vector)).astype("<f2").tobytes(),
                        unknown_score=0.9,
                        created_at=context.clock(),
                        state="open",
                    )
                )
            session.add_all(facings)
        return [facing.id for facing in facings]

    return add


@pytest.fixture
def juice(client: TestClient) -> str:
    """A product of the catalogue, by its GTIN."""
    product = {"name": "Apple juice 1 l", "category": ["drinks", "juice"]}
    client.put("/v1/products/04006381333931", json=product).raise_for_status()
    return "04006381333931"


# --- jobs ---


@pytest.fixture(scope="session", autouse=True)
def impatient_jobs() -> Iterator[None]:
    """Let DBOS look for queues, and into them, ten times a second: a job would wait for two seconds to begin."""
    watch_queues = dbos._dbos.queue_thread

    def watch_closely(stopping: threading.Event, of: dbos.DBOS) -> None:
        class Impatient(threading.Event):
            """What the threads wait for, a second each time."""

            is_set = stopping.is_set

            def wait(self, timeout: float | None = None) -> bool:
                return stopping.wait(0.1)

        watch_queues(Impatient(), of)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dbos._dbos.queue_thread", watch_closely)
        yield


# --- what takes long ---


_LONG = ("test_kill_cutting.py", "test_kill_reembedding.py", "test_kill_resigning.py", "test_ten_minutes.py")
_LONG_ON_POSTGRESQL = (
    "test_kill_",
    "test_durability",
    "test_faults",
    "test_measuring",
    "test_embedder_retraining",
    "test_scale_in_process",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Kill processes and fit embedders on SQLite in every run; on PostgreSQL, and the longest, in slow ones."""
    for item in items:
        name = item.path.name
        on_postgresql = name.startswith(_LONG_ON_POSTGRESQL) and "postgresql" in item.name
        if name in _LONG or on_postgresql:
            item.add_marker(pytest.mark.slow)
