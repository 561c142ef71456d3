"""A database of its own for every test, on each kind that there is."""

import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from service.database import Database
from service.guidelines.publishing import keep_shipped
from service.migrations import upgrade
from service.models.starter import ensure_starter


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
    # Where pytest keeps its folders too: in memory, if there is room; a test's database is some hundred files.
    folder = Path(tempfile.mkdtemp(prefix="shelfloop-postgres-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
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
        ensure_starter(session, datetime(2026, 3, 1, tzinfo=UTC))
        keep_shipped(session)
    database.close()


def _execute(server: str, statement: str) -> None:
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Let all engines of a kind of database share what they compiled: anew in each test it is a tenth of all work."""
    first: dict[str, Engine] = {}
    connect_lazily = Database.__init__

    def share(self: Database, url: str) -> None:
        connect_lazily(self, url)
        shared = first.setdefault(self.engine.dialect.name, self.engine)
        self.engine.dialect = self.engine.pool._dialect = shared.dialect
        self.engine._compiled_cache = shared._compiled_cache

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "__init__", share)
        yield


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
    _execute(server, f"CREATE DATABASE {name} TEMPLATE template_shelfloop STRATEGY FILE_COPY")
    yield f"{server}/{name}"
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")
