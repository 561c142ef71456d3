"""A worker that is killed while it looks again at captures goes on with those that are left."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from service.context import Context
from service.records import BayRecord, CaptureRecord, LooksRecord, SignatureRecord, StoreRecord
from service.rounds.signature_queries import count_unsigned
from service.signature_numbers import packed

CAPTURES = 80
StartWorker = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def captured(context: Context) -> list[str]:
    """Many captures, all of one picture, that a former starter left without value."""
    picture = np.full((128, 160, 3), 90, np.uint8)  # nothing to find, so nothing to wait for
    context.images.put("shelf.jpg", cv2.imencode(".jpg", picture)[1].tobytes())
    ids = [f"{number:032x}" for number in range(CAPTURES)]
    now = context.clock()
    place = {"store_id": "s1", "bay_id": "b1", "stratum": "neutral/frontal/convenience", "received_at": now}
    photo = {"width": 160, "height": 128, "image_key": "shelf.jpg", "image_sha256": "", "faces_blurred": 0}
    with context.database.write() as session:
        session.add(StoreRecord(id="s1", name="Corner shop", format="convenience"))
        session.flush()
        session.add(BayRecord(id="b1", store_id="s1"))
        session.flush()
        for id in ids:
            seen = {"model_version": 1, "truncated": False, "detections": []}
            session.add(CaptureRecord(id=id, sha256=id, taken_at=now, **place, **photo, **seen))
        session.flush()
        for id in ids:
            left = {"model_version": 0, "image_vector": b"", "numbers": packed(value=0, boxes=0), "predicted_boxes": 0}
            session.add(SignatureRecord(capture_id=id, near_duplicate=False, **place, **left))
    return ids


def waiting(context: Context) -> int:
    with context.database.read() as session:
        return count_unsigned(session, 1)


def wait_until(reached: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + 240
    while not reached():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.02)


@pytest.mark.timeout(600)
def test_a_killed_resigning_goes_on_with_what_is_left(
    context: Context, captured: list[str], start_worker: StartWorker, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    assert waiting(context) == CAPTURES

    worker = start_worker()
    wait_until(lambda: waiting(context) < CAPTURES, log)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    assert 0 < (left := waiting(context)) < CAPTURES
    with context.database.read() as session:
        done = session.get_one(LooksRecord, captured[-1]).looks  # the newest came first

    again = start_worker()
    wait_until(lambda: waiting(context) == 0, log)
    with context.database.read() as session:
        signatures = [session.get_one(SignatureRecord, id) for id in captured]
        assert session.get_one(LooksRecord, captured[0]).looks == done
    assert {(one.model_version, len(one.image_vector)) for one in signatures} == {(1, 256)}
    assert left % 32 == CAPTURES % 32  # nothing is committed by halves
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0
