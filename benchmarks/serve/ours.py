"""Our service, as `shelfloop serve` runs it, in a home of its own."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serve.client import Door, ask_once
from benchmarks.serve.photos import distinct
from benchmarks.serve.processes import PROGRAMS, ROOT, Server, clean_environment, free_port, running
from vision.runtime import Precision

BAYS = 64  # one for each client of an overload
SHELFLOOP = str(PROGRAMS / "shelfloop")


class NotWhatWasAsked(RuntimeError):
    """The service answers, but does not do the work that is to be measured."""


@dataclass(frozen=True, slots=True)
class Ours:
    """The service, where its captures go, and how it was on its first photo.

    Attributes:
        ready_seconds: from the start of the process until `/readyz` said yes.
        first_ms: time to answer the first photo, sent at once then.
    """

    server: Server
    door: Door
    ready_seconds: float
    first_ms: float


@contextmanager
def our_service(
    folder: Path,
    precision: Precision,
    at_once: int,
    photo: bytes,
    *,
    blur: bool,
    recognise: bool = False,
    most_tiles: int = 1,
) -> Iterator[Ours]:
    """Start the service in an empty folder, register bays, and check that captures are kept.

    By default a photo is looked at in one pass, as everybody else does.

    Raises:
        NotWhatWasAsked: if the first photo after ready is not answered, or an upload is not recognised for what it is.
    """
    folder.mkdir()
    environment = {
        "SHELFLOOP_HOME": str(folder),
        "SHELFLOOP_VISION__BLUR_FACES": str(blur).lower(),
        "SHELFLOOP_VISION__PRECISION": precision,
        "SHELFLOOP_ADMISSION__AT_ONCE": str(at_once),
        "SHELFLOOP_VISION__MOST_TILES": str(most_tiles),
    }
    key, port = create_key(environment), free_port()
    with running([SHELFLOOP, "serve", "--port", str(port)], environment, port, folder / "log") as server:
        ready = server.wait_for("/readyz")
        _register(port, key)
        fields = {"store_id": "s1", "bay_id": "bay-{client}", "recognise": str(recognise).lower()}
        door = Door(port, "/v1/captures", fields, {"Authorization": f"Bearer {key}"})
        yield Ours(server, door, ready, _check(door, photo))


def create_key(environment: Mapping[str, str]) -> str:
    """Make a key that may do everything in this home."""
    command = [SHELFLOOP, "keys", "create", "--role", "admin", "--name", "bench"]
    done = subprocess.run(
        command, cwd=ROOT, env=clean_environment(environment), check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def _register(port: int, key: str) -> None:
    _put(port, key, "/v1/stores/s1", {"name": "Bench", "format": "supermarket"})
    for number in range(BAYS):
        _put(port, key, f"/v1/stores/s1/bays/bay-{number}", {})


def _put(port: int, key: str, path: str, body: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers, method="PUT")
    urllib.request.urlopen(request, timeout=60).close()


def _check(door: Door, photo: bytes) -> float:
    """Return milliseconds of the first photo, after seeing that nothing is saved by leaving work out."""
    status, first, seconds = ask_once(door, photo)
    if status != 201:
        raise NotWhatWasAsked(f"the first photo after ready was answered with {status}")
    status, again, _ = ask_once(door, distinct(photo, 0))
    if status != 201 or again["near_duplicate_of"] != first["id"]:
        raise NotWhatWasAsked("the same picture as other bytes must be a new capture, marked as near-duplicate")
    return seconds * 1000
