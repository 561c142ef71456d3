"""A second model in a running service's home, and moving the champion through the service's door."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from service.database import Database
from service.models.files import file_sha256, keep_files
from service.records import ModelRecord
from service.settings import Settings
from vision.artefact import read_metadata
from vision.starter import ARTEFACT, CHECKPOINT

CANDIDATE = 2
_PATIENCE = 60.0


class NotMoved(RuntimeError):
    """The server did not follow the champion."""


def add_candidate(home: Path) -> None:
    """Register a copy of the starter as a model that passed its gate: what loading costs does not depend on weights."""
    settings = Settings(home=home)
    keep_files(settings, CANDIDATE, ARTEFACT, CHECKPOINT)
    database = Database(settings.resolved_database_url)
    with database.write() as session:
        session.add(
            ModelRecord(
                version=CANDIDATE,
                created_at=datetime.now(UTC),
                source="retraining",
                retraining_id="bench",
                artefact_sha256=file_sha256(ARTEFACT),
                metadata_json=read_metadata(ARTEFACT).model_dump(mode="json"),
                gate={"passed": True, "champion_version": 1, "checks": []},
            )
        )
    database.close()


@contextmanager
def moving(port: int, headers: Mapping[str, str], moves: Mapping[float, str]) -> Iterator[list[dict[str, Any]]]:
    """Beside the block, post moves so many seconds after its beginning; yields what became of them, at its end."""
    done: list[dict[str, Any]] = []
    errors: list[Exception] = []
    begin = time.perf_counter()

    def move() -> None:
        try:
            for at, path in sorted(moves.items()):
                time.sleep(max(0.0, begin + at - time.perf_counter()))
                done.append(_move(port, headers, path))
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=move)
    thread.start()
    try:
        yield done
    finally:
        thread.join()
    if errors:
        raise NotMoved(f"a move was not done: {errors[0]}") from errors[0]


def _move(port: int, headers: Mapping[str, str], path: str) -> dict[str, Any]:
    begin = time.perf_counter()
    version = _call(port, headers, path, {"reason": "bench"})["model_version"]
    answered = time.perf_counter() - begin
    while _call(port, headers, "/readyz")["model_version"] != version:
        if time.perf_counter() - begin > _PATIENCE:
            raise NotMoved(f"the server does not serve model {version} after {_PATIENCE:.0f} s")
        time.sleep(0.05)
    return {"move": path, "answered_ms": 1000 * answered, "serves_ms": 1000 * (time.perf_counter() - begin)}


def _call(port: int, headers: Mapping[str, str], path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", data, {**headers, "Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
        found: dict[str, Any] = json.load(answer)
    return found
