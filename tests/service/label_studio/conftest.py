"""A Label Studio, the real one or a stand-in, and a service that it can reach."""

import os
import secrets
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from labeling.leases import TaskState
from service.ids import new_id
from service.records import CaptureRecord, RoundRecord, TaskRecord
from service.settings import LabelStudioSettings, Settings
from tests.service.label_studio.stand_in import StandIn

TOKEN = "0123456789abcdef" * 2 + "01234567"
REAL = Path(__file__).parents[3] / ".venv-label-studio" / "bin" / "label-studio"
SECONDS_TO_START = 400.0


@contextmanager
def _listening() -> Iterator[tuple[socket.socket, str]]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def _served(app: Any, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@dataclass
class LabelStudioServer:
    """A running server, and an annotator's hands in it."""

    url: str
    http: httpx.Client
    real: bool
    who: int | None = None

    def ask(self, method: str, path: str, **request: Any) -> Any:
        answer = self.http.request(method, path, **request)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def tasks(self, project: int) -> list[dict[str, Any]]:
        asked = {
            "project": project,
            "page": 1,
            "page_size": 100,
            "fields": "all",
            "query": '{"filters": {"items": []}}',
        }
        if self.real:
            del asked["query"]
        return self.ask("GET", "/api/tasks", params=asked)["tasks"]

    def annotate(self, number: int, result: list[dict[str, Any]], *, skip: bool = False) -> dict[str, Any]:
        said = {"result": result, "was_cancelled": skip, "lead_time": 12.5}
        return self.ask("POST", f"/api/tasks/{number}/annotations/", json=said)

    def change(self, annotation: int, **change: Any) -> dict[str, Any]:
        said = change if self.who is None else {**change, "updated_by": self.who}
        return self.ask("PATCH", f"/api/annotations/{annotation}/", json=said)


@pytest.fixture(scope="session")
def stand_in() -> Iterator[LabelStudioServer]:
    headers = {"Authorization": f"Token {TOKEN}"}
    with (
        _listening() as (listener, url),
        _served(StandIn(TOKEN).app, listener),
        httpx.Client(base_url=url, headers=headers, trust_env=False) as http,
    ):
        yield LabelStudioServer(url, http, real=False)


@pytest.fixture(scope="session")
def real_label_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabelStudioServer]:
    """The real server, started once; its first start, with all migrations, takes half a minute and more."""
    if not REAL.is_file():
        pytest.skip("there is no real Label Studio: 'make label-studio' installs it (1 GB)")
    folder = tmp_path_factory.mktemp("label-studio")
    with _listening() as (listener, url):
        port = listener.getsockname()[1]
    options = [
        *("--no-browser", "--internal-host", "127.0.0.1", "--port", str(port), "--data-dir", str(folder)),
        *("--username", "ci@example.com", "--password", "ci-pass-123", "--user-token", TOKEN),
        "--enable-legacy-api-token",
    ]
    quiet = {"COLLECT_ANALYTICS": "false", "LATEST_VERSION_CHECK": "false", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": ""}
    local = {"SSRF_PROTECTION_ENABLED": "false", "LABEL_STUDIO_BASE_DATA_DIR": str(folder)}
    known = {name: value for name, value in os.environ.items() if not name.startswith(("SHELFLOOP", "PYTHON"))}
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [str(REAL), "start", *options],
            cwd=folder,
            env={**known, **quiet, **local, "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        with httpx.Client(
            base_url=url, headers={"Authorization": f"Token {TOKEN}"}, trust_env=False, timeout=60
        ) as http:
            _wait_until_healthy(process, http, folder / "server.log")
            yield LabelStudioServer(url, http, real=True)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def _wait_until_healthy(process: subprocess.Popen[bytes], http: httpx.Client, log: Path) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            if http.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    pytest.fail(f"Label Studio did not start within {SECONDS_TO_START:g} s: {log.read_text()[-3000:]}")


@pytest.fixture(
    params=["stand_in", pytest.param("real_label_studio", marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)
def label_studio(request: pytest.FixtureRequest) -> LabelStudioServer:
    return request.getfixturevalue(request.param)


@pytest.fixture
def second_person(label_studio: LabelStudioServer) -> Iterator[LabelStudioServer]:
    """Somebody else, signed up as the page does it. The stand-in knows people by what they say only."""
    if not label_studio.real:
        yield LabelStudioServer(label_studio.url, label_studio.http, real=False, who=2)
        return
    form = {"email": f"{secrets.token_hex(4)}@example.com", "password": "ci-pass-123"}
    known = {"base_url": label_studio.url, "trust_env": False, "timeout": 60}
    with httpx.Client(**known, follow_redirects=True) as page:
        page.get("/user/signup/")
        form["csrfmiddlewaretoken"] = page.cookies["csrftoken"]
        page.post("/user/signup/", data=form, headers={"Referer": label_studio.url})
        token = page.get("/api/current-user/token").json()["token"]
    with httpx.Client(**known, headers={"Authorization": f"Token {token}"}) as http:
        yield LabelStudioServer(label_studio.url, http, real=True)


@pytest.fixture
def door() -> Iterator[tuple[socket.socket, str]]:
    """Where the service is going to listen; its address is in the settings before it is there."""
    with _listening() as found:
        yield found


@pytest.fixture
def settings(tmp_path: Path, database_url: str, label_studio: LabelStudioServer, door: tuple[Any, str]) -> Settings:
    found = LabelStudioSettings(url=label_studio.url, token=TOKEN, own_url=door[1])
    quality = {"overlap_share": 0}  # whether somebody else is to label the same is chance
    return Settings(home=tmp_path / "home", database_url=database_url, label_studio=found, quality=quality)


@dataclass
class Service:
    """The service as Label Studio reaches it: what its webhook sent, and how long it waited for the answer."""

    app: Any
    listener: socket.socket
    bodies: list[bytes] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, begun = b"", time.perf_counter()

        async def noted() -> Any:
            nonlocal body
            message = await receive()
            body += message.get("body", b"")
            return message

        await self.app(scope, noted, send)
        if scope["type"] == "http" and scope["path"].endswith("/events"):
            self.bodies.append(body)
            self.seconds.append(time.perf_counter() - begun)

    def up(self) -> Any:
        """Answer while the block lasts."""
        return _served(self, self.listener.dup())


@pytest.fixture
def service(client: Any, door: tuple[socket.socket, str]) -> Service:
    return Service(client.app, door[0])


RoundMaker = Callable[[int], str]


@pytest.fixture
def round_of(context: Any, client: Any, bay: dict[str, str], make_photo: Callable[..., bytes]) -> RoundMaker:
    """Make a round of so many captures whose ranks run against the order in which they came, and return its id."""

    def make(number: int) -> str:
        ids = []
        for seed in range(number):
            sent = client.post("/v1/captures", data=bay, files={"photo": make_photo(seed)})
            sent.raise_for_status()
            ids.append(sent.json()["id"])
        now = context.clock()
        with context.database.write() as session:
            model_version = session.get_one(CaptureRecord, ids[0]).model_version
            found = RoundRecord(
                id=new_id(now),
                created_at=now,
                by="a test",
                config={},
                pool_digest="",
                pool_size=number,
                model_version=model_version,
                near_duplicates={},
            )
            session.add(found)
            session.flush()
            session.add_all(_task(found.id, id, number - place, now) for place, id in enumerate(ids))
        return found.id

    return make


def _task(round_id: str, capture_id: str, rank: int, now: Any) -> TaskRecord:
    return TaskRecord(
        id=new_id(now),
        round_id=round_id,
        capture_id=capture_id,
        store_id="s1",
        created_at=now,
        state=TaskState.QUEUED,
        rank=rank,
        arm="value",
        reason=f"it is number {rank}",
        predicted_boxes=4,
    )
