"""A worker that is killed while it cuts a clip leaves nothing behind that the next one does not finish."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from service.records import ClipRecord
from tests.service.clips.filmed import with_person, write_clip
from vision.faces import FaceModelMissing, find_face_model

SECONDS = 120


@pytest.fixture
def start_worker(context, tmp_path):
    """Start `shelfloop worker` as a process of its own, its jobs in a file beside the records."""
    url = context.settings.database_url
    if url.startswith("sqlite"):
        (context.settings.home / "shelfloop.sqlite").symlink_to(url.removeprefix("sqlite:///"))
        url = ""
    environment = {
        **os.environ,
        "SHELFLOOP_HOME": str(context.settings.home),
        "SHELFLOOP_DATABASE_URL": url,
        "SHELFLOOP_VISION__THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    started = []

    def start():
        with (tmp_path / "worker.log").open("ab") as log:
            command = [sys.executable, "-c", "from service.cli import app; app()", "worker"]
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.wait()


@pytest.mark.timeout(600)
def test_a_killed_worker_cuts_the_clip_anew_and_deletes_its_file(client, context, clock, bay, start_worker, tmp_path):
    try:
        find_face_model()
    except FaceModelMissing as missing:
        pytest.skip(str(missing))
    clock.now = datetime.now(UTC)
    walk = [with_person(20 + number % 200, looking=False) for number in range(SECONDS * 4)]
    sent = client.post("/v1/clips", params={"store_id": "s1"}, content=write_clip(tmp_path / "walk.mp4", walk))
    id, folder = sent.json()["id"], context.settings.resolved_clip_folder

    def clip() -> ClipRecord:
        with context.database.read() as session:
            return session.get_one(ClipRecord, id)

    def wait_until(reached) -> None:
        end = time.monotonic() + 240
        while not reached():
            assert time.monotonic() < end, (tmp_path / "worker.log").read_text()
            time.sleep(0.01)

    worker = start_worker()
    wait_until(lambda: clip().parts > 0)  # it is about to write frames, or does
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert (clip().state, clip().raw_deleted_at) == ("waiting", None)
    assert [path.name for path in folder.iterdir()] == [f"{id}.1"]
    assert client.get("/v1/clips/tasks").json() == []

    again = start_worker()
    wait_until(lambda: clip().raw_deleted_at is not None)
    assert clip().state == "cut"
    assert list(folder.iterdir()) == []
    pieces = client.get("/v1/clips/tasks").json()
    assert len(pieces) == clip().parts >= SECONDS / 20
    assert context.images.keys() == sorted(f"clips/{id}/{part}.mjpeg" for part in range(len(pieces)))
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0
