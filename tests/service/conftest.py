"""A service around literal detections, on each database, and the servers and photos it needs."""

import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import create_engine, text

from service.app import create_app
from service.auth.keys import issue_key
from service.auth.permissions import Role
from service.context import Context
from service.database import Database
from service.image_store import ImageStore
from service.migrations import upgrade
from service.models.serving import ServingModel
from service.models.starter import ensure_starter
from service.settings import Settings
from vision.artefact import ArtefactMetadata
from vision.detector import Detector
from vision.runtime import RawOutputs

with warnings.catch_warnings():
    # Starlette asks for httpx's successor here; the project itself uses httpx.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient


# --- databases ---


def _postgres_program(name: str) -> str | None:
    return shutil.which(name) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), None)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server(missing: Callable[[str], None]) -> Iterator[str]:
    """Address of a PostgreSQL server of this test run, without a database's name."""
    initdb, pg_ctl = _postgres_program("initdb"), _postgres_program("pg_ctl")
    if initdb is None or pg_ctl is None:
        missing("PostgreSQL (initdb and pg_ctl)")
    assert initdb
    assert pg_ctl
    folder = Path(tempfile.mkdtemp(prefix="shelfloop-postgres-"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = pwd.getpwnam("postgres" if "postgres" in {u.pw_name for u in pwd.getpwall()} else "nobody")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    data, port = folder / "data", _free_port()

    def run(*command: str) -> None:
        # Not a pipe: the server would keep it open after pg_ctl is gone.
        with (folder.parent / f"{folder.name}.log").open("a") as log:
            subprocess.run(
                [*as_user, *command], check=True, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )

    run(initdb, "-D", str(data), "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off -c max_connections=200"
    run(pg_ctl, "-D", str(data), "-w", "-o", options, "-l", str(folder / "server.log"), "start")
    try:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}"
    finally:
        run(pg_ctl, "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
        (folder.parent / f"{folder.name}.log").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """Server with a database `template_shelfloop`, tables and starter in it: copying is faster than making."""
    _execute(postgres_server, "CREATE DATABASE template_shelfloop")
    _fill(f"{postgres_server}/template_shelfloop")
    return postgres_server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File with all tables and the starter."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    _fill(f"sqlite:///{path}")
    return path


def _fill(url: str) -> None:
    database = Database(url)
    upgrade(database)
    with database.write() as session:
        ensure_starter(session, SetClock().now)
    database.close()


def _execute(server: str, statement: str) -> None:
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an database with all tables and the starter, once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "records.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_template")
    name = f"test_{os.getpid()}_{abs(hash(request.node.nodeid)):x}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE template_shelfloop")
    yield f"{server}/{name}"
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


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
    serving = LiteralServing()
    yield Context(settings, database, ImageStore(settings.resolved_image_store), serving, None, clock)  # type: ignore[arg-type]
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


@pytest.fixture
def client(context: Context, key_for: KeyMaker) -> Iterator[TestClient]:
    """A client with an admin's key; give `headers=key_for(...)` to call as somebody else."""
    with TestClient(create_app(context), headers=key_for(Role.ADMIN), raise_server_exceptions=False) as client:
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
