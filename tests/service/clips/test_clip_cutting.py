"""A clip is cut, only covered frames are kept, and the file as it was sent goes, whatever happens."""

import os
import threading
import time
from functools import partial

import numpy as np
import pytest
from sqlalchemy import select

from service.clips import cutting
from service.clips.cutting import QUEUE, Order, cut, cut_clip
from service.clips.keeping import sweep_files
from service.clips.queries import unfinished_clips
from service.jobs import Jobs
from service.records import ClipRecord, ClipTaskRecord
from tests.service.clips.filmed import wall, write_clip


@pytest.fixture
def jobs(context):
    url = f"sqlite:///{context.settings.home}/jobs.sqlite" if context.database.is_sqlite else None
    jobs = Jobs(url or context.settings.resolved_jobs_url, "w1", {QUEUE: partial(cut, context)})
    yield jobs
    jobs.close()


def unfinished(context) -> list[str]:
    with context.database.read() as session:
        return list(unfinished_clips(session))


def work_off(context, jobs) -> None:
    """Do as a worker does, until nothing is left to do and every file is known to be deleted."""
    end = time.monotonic() + 120
    while clip_of(context).raw_deleted_at is None:
        for order in unfinished(context):
            jobs.hand_over(QUEUE, order)
        assert time.monotonic() < end
        time.sleep(0.05)


def raw_files(context) -> list[str]:
    folder = context.settings.resolved_clip_folder
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def clip_of(context) -> ClipRecord:
    with context.database.read() as session:
        return session.scalars(select(ClipRecord)).one()


def make_old(context) -> None:
    for path in context.settings.resolved_clip_folder.iterdir():
        os.utime(path, (0, 0))


def test_the_worker_cuts_a_clip_and_deletes_its_file(client, context, jobs, send, literal_faces):
    sent = send()
    assert (sent.status_code, sent.json()["state"]) == (202, "waiting")
    id = sent.json()["id"]
    assert raw_files(context) == [f"{id}.1"]
    folder = context.settings.resolved_clip_folder
    assert (folder.stat().st_mode & 0o777, (folder / f"{id}.1").stat().st_mode & 0o777) == (0o700, 0o600)
    work_off(context, jobs)
    clip = client.get(f"/v1/clips/{id}").json()
    assert (clip["state"], clip["error"], clip["seconds"]) == ("cut", None, 18)
    assert (clip["width"], clip["height"], clip["pieces"]) == (320, 180, {"queued": 1})
    assert clip["raw_deleted_at"] is not None
    assert clip["faces"] >= 32
    assert context.images.keys() == [f"clips/{id}/0.mjpeg"]
    with context.database.read() as session:
        (piece,) = session.scalars(select(ClipTaskRecord))
    assert piece.times[0] <= 4.25  # a second before he comes, and the seconds without anybody are not kept
    assert 13 <= piece.ends <= 15.5
    assert len(piece.times) == len(piece.offsets) - 1
    assert [track["since"] for track in piece.tracks] == [5.0]


def test_what_cannot_be_cut_says_why_and_its_file_goes_too(client, context, jobs, send, literal_faces):
    id = send(b"\0\0\0\x18ftypisom" + bytes(500)).json()["id"]
    work_off(context, jobs)
    failed = client.get(f"/v1/clips/{id}").json()
    assert (failed["state"], failed["error"]) == ("failed", "no frame of the clip can be read")
    assert failed["raw_deleted_at"] is not None
    assert context.images.keys() == []
    again = send(b"\0\0\0\x18ftypisom" + bytes(500))
    assert (again.status_code, again.json()["id"], again.json()["state"]) == (202, id, "waiting")
    work_off(context, jobs)
    assert client.get(f"/v1/clips/{id}").json()["state"] == "failed"


def test_what_was_written_of_a_clip_that_fails_goes_too(client, context, jobs, send, literal_faces, monkeypatch):
    id = send().json()["id"]

    def broken(*_: object) -> None:
        assert context.images.keys() == [f"clips/{id}/0.mjpeg"]
        raise ValueError("a broken record")

    monkeypatch.setattr(cutting, "_keep", broken)
    work_off(context, jobs)
    failed = client.get(f"/v1/clips/{id}").json()
    assert (failed["state"], failed["error"]) == ("failed", "ValueError: a broken record")
    end = time.monotonic() + 30
    while context.images.keys():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_killed_cut_begins_anew_and_keeps_the_same(client, context, send, cut_all, monkeypatch):
    id = send().json()["id"]
    keep = cutting._keep

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cutting, "_keep", killed)
    with pytest.raises(KeyboardInterrupt):
        cut_all()
    assert raw_files(context) == [f"{id}.1"]
    written = context.images.get(f"clips/{id}/0.mjpeg")
    assert client.get(f"/v1/clips/{id}").json()["pieces"] == {}
    monkeypatch.setattr(cutting, "_keep", keep)
    cut_all()
    assert (raw_files(context), client.get(f"/v1/clips/{id}").json()["state"]) == ([], "cut")
    assert context.images.get(f"clips/{id}/0.mjpeg") == written
    cut_clip(Order(context, id, 1))  # it was killed before it could say that it is done
    with context.database.read() as session:
        assert len(session.scalars(select(ClipTaskRecord)).all()) == 1


def test_a_clip_that_is_deleted_while_it_is_cut_leaves_nothing(client, context, jobs, send, literal_faces, monkeypatch):
    id = send().json()["id"]
    write, done = cutting._write_frames, threading.Event()

    def deleted_meanwhile(*given):
        written = write(*given)
        assert client.delete(f"/v1/clips/{id}").status_code == 204
        assert context.images.keys() == []
        context.images.put(f"clips/{id}/0.mjpeg", b"frames")  # slower than who deletes
        done.set()
        return written

    monkeypatch.setattr(cutting, "_write_frames", deleted_meanwhile)
    jobs.hand_over(QUEUE, f"{id}/1")
    assert done.wait(30)
    end = time.monotonic() + 30
    while context.images.keys():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert (raw_files(context), unfinished(context)) == ([], [])


def test_the_sweep_deletes_what_no_waiting_clip_needs(context, send):
    id = send().json()["id"]
    folder = context.settings.resolved_clip_folder
    for name in ("0123.part", f"{id}.0", "of-a-killed-server.1"):
        (folder / name).write_bytes(b"faces")
    assert sweep_files(context) == 0  # all of them may just be under way
    make_old(context)
    (folder / "4567.part").write_bytes(b"is coming now")
    os.utime(folder / "4567.part", (context.clock().timestamp(),) * 2)
    assert sweep_files(context) == 3
    assert raw_files(context) == sorted(["4567.part", f"{id}.1"])
    assert clip_of(context).state == "waiting"


def test_a_file_that_nobody_cuts_in_time_is_deleted(context, send, clock):
    send()
    clock.advance(hours=23)
    sweep_files(context)
    assert len(raw_files(context)) == 1
    clock.advance(hours=2)
    sweep_files(context)
    assert raw_files(context) == []
    clip = clip_of(context)
    assert (clip.state, clip.raw_deleted_at) == ("failed", clock.now)
    assert "worker" in (clip.error or "")


def test_a_missing_file_is_a_failure_that_names_the_remedy(client, context, jobs, send, literal_faces):
    id = send().json()["id"]
    (context.settings.resolved_clip_folder / f"{id}.1").unlink()
    work_off(context, jobs)
    assert "share clips.folder" in client.get(f"/v1/clips/{id}").json()["error"]


def test_a_clip_in_which_nothing_happens_has_no_piece(client, context, send, cut_all, tmp_path):
    id = send(write_clip(tmp_path / "still.mp4", [wall()] * 30)).json()["id"]
    cut_all()
    clip = client.get(f"/v1/clips/{id}").json()
    assert (clip["state"], clip["pieces"], clip["faces"]) == ("cut", {}, 0)
    assert np.isclose(clip["seconds"], 7.5)
    assert context.images.keys() == []
