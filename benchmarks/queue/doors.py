"""The same work over HTTP: `shelfloop serve` as it is started by everybody, and annotators with a connection each."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.queue.annotators import LEASE_SECONDS, Desk, waiting
from benchmarks.serve.processes import PROGRAMS, free_port, running
from service.auth.keys import issue_key
from service.auth.permissions import Role
from service.context import utc_now
from service.database import Database
from service.problems import Problem
from service.tasks.schemas import AnnotateRequest, LeaseAnswer, LeasedTask


@dataclass(frozen=True, slots=True)
class AtDoor:
    """Opens desks at a running service."""

    url: str
    port: int
    keys: Mapping[str, str]

    def __call__(self, annotator: str) -> Desk:
        """Open a desk, with one connection and one key of its own."""
        connection, database = HTTPConnection("127.0.0.1", self.port), Database(self.url)
        headers = {"Authorization": f"Bearer {self.keys[annotator]}", "Content-Type": "application/json"}

        def post(path: str, body: str) -> dict[str, Any]:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            said: dict[str, Any] = json.loads(answer.read())
            if answer.status >= 400:
                raise Problem(answer.status, said["code"], said["detail"])
            return said

        def lease() -> tuple[str, datetime, list[LeasedTask]]:
            answer = LeaseAnswer.model_validate(post("/v1/tasks/lease", "{}"))
            return answer.lease_token, answer.leased_until, answer.tasks

        def submit(task_id: str, request: AnnotateRequest) -> None:
            post(f"/v1/tasks/{task_id}/annotations", request.model_dump_json())

        def is_over() -> bool:
            with database.read() as session:
                return not waiting(session.scalar)

        return Desk(lease, submit, is_over)


@contextmanager
def service(url: str, folder: Path, annotators: int) -> Iterator[AtDoor]:
    """Run one server process on a database that has tasks; yields what opens desks at it."""
    database, keys = Database(url), {}
    with database.write() as session:
        for number in range(annotators):
            name = f"a{number}"
            _, keys[name] = issue_key(session, name=name, role=Role.ANNOTATOR, store_ids=None, now=utc_now())
    database.close()
    port = free_port()
    environment = {
        "SHELFLOOP_HOME": str(folder),
        "SHELFLOOP_DATABASE_URL": url,
        "SHELFLOOP_LEASE_MINUTES": str(LEASE_SECONDS / 60),
        "SHELFLOOP_QUALITY__GOLD_SHARE": "0",
        "SHELFLOOP_QUALITY__OVERLAP_SHARE": "0",
        "SHELFLOOP_VISION__BLUR_FACES": "false",
        "SHELFLOOP_NAMING__ENABLED": "false",
    }
    folder.mkdir()
    command = [str(PROGRAMS / "shelfloop"), "serve", "--port", str(port)]
    with running(command, environment, port, folder / "serve.log") as server:
        server.wait_for("/readyz")
        yield AtDoor(url, port, keys)
