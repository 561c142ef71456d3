"""A clip of ten minutes from its upload to events that are read back, looked at with the real face finder."""

import itertools
import time
from functools import partial

import cv2
import numpy as np
import pytest

from service.auth.permissions import Role
from service.clips.cutting import QUEUE, cut
from service.clips.queries import unfinished_clips
from service.jobs import Jobs
from tests.service.clips.filmed import frames_of, wall, write_clip
from vision.faces import FaceFinder, FaceModelMissing, find_face_model

SECONDS, PER_SECOND = 600, 4
VISITS = ((60, 75), (200, 212), (400, 445))  # seconds in which somebody is there
TURNED = {64, 65, 205, 420}  # in which he shows the back of his head


@pytest.fixture
def head(shop_data):
    """A man's head, 110 pixels wide; the face in it is at (30, 20, 76, 74)."""
    try:
        find_face_model()
    except FaceModelMissing as missing:
        pytest.skip(str(missing))
    photo = cv2.imread(str(next(shop_data.glob("beverage3/*/images/IMG_2440*.jpg"))))
    return cv2.cvtColor(cv2.resize(photo[50:105, 25:80], (110, 110), interpolation=cv2.INTER_CUBIC), cv2.COLOR_BGR2RGB)


def place_at(number: int) -> int | None:
    """Where the head is in a frame, None where nobody is there; he walks to and fro."""
    second = number / PER_SECOND
    if not any(begin <= second < end for begin, end in VISITS):
        return None
    return 20 + abs(number * 6 % 320 - 160)


def film(head):
    still = wall()
    for number in range(SECONDS * PER_SECOND):
        if (place := place_at(number)) is None:
            yield still
            continue
        frame = still.copy()
        turned = number // PER_SECOND in TURNED
        frame[20:130, place : place + 110] = cv2.GaussianBlur(head, (0, 0), 9) if turned else head
        cv2.rectangle(frame, (place + 20, 130), (place + 90, 179), (60, 90, 160), cv2.FILLED)
        yield frame


@pytest.mark.timeout(600)
def test_ten_minutes_are_cut_queued_labelled_exported_and_read_back(client, context, bay, key_for, head, tmp_path):
    data = write_clip(tmp_path / "ten-minutes.mp4", film(head))
    sent = client.post("/v1/clips", params={"store_id": "s1"}, content=data)
    assert sent.status_code == 202, sent.text
    url = f"sqlite:///{context.settings.home}/jobs.sqlite" if context.database.is_sqlite else None
    jobs = Jobs(url or context.settings.resolved_jobs_url, "w1", {QUEUE: partial(cut, context)})
    try:
        end = time.monotonic() + 240
        while (clip := client.get(f"/v1/clips/{sent.json()['id']}").json())["raw_deleted_at"] is None:
            with context.database.read() as session:
                for order in unfinished_clips(session):
                    jobs.hand_over(QUEUE, order)
            assert time.monotonic() < end
            time.sleep(0.2)
    finally:
        jobs.close()
    assert (clip["state"], clip["seconds"]) == ("cut", SECONDS), clip["error"]
    assert list(context.settings.resolved_clip_folder.iterdir()) == []

    annotator = key_for(Role.ANNOTATOR)
    leased = client.post("/v1/clips/tasks/lease", json={"count": 20}, headers=annotator).json()
    pieces = sorted(leased["tasks"], key=lambda task: task["part"])
    spans = [(piece["start"], piece["end"]) for piece in pieces]
    for begin, end in VISITS:  # all of it is kept, and a second or two beside it
        held = [span for span in spans if span[0] < end and span[1] > begin]
        assert held[0][0] <= begin
        assert held[0][0] >= begin - 3
        assert held[-1][1] >= end
        assert held[-1][1] <= end + 3
        assert all(before[1] == after[0] for before, after in itertools.pairwise(held))
    assert len(pieces) == 5
    assert all(end - begin <= 20 for begin, end in spans)
    dwell = [track["id"] for track in pieces[-1]["tracks"]]
    assert any(track["id"] in dwell for track in pieces[-2]["tracks"])  # over the cut

    # As sure as for photos: less sure, and the edge of a cover looks like a face now and then.
    find = FaceFinder(find_face_model(), long_side=320, threads=1).find
    shown = 0
    for piece in pieces:
        frames = frames_of(client.get(piece["frames_url"], headers=annotator).content, piece["offsets"])
        for at, frame in zip(piece["times"], frames, strict=True):
            assert len(find(frame)) == 0, at
            if (place := place_at(round(at * PER_SECOND))) is not None:
                face = frame[40:94, place + 30 : place + 76].astype(int)
                assert (np.abs(face - 128).max(-1) < 12).mean() > 0.95, at
                shown += 1
    assert shown == sum((end - begin) * PER_SECOND for begin, end in VISITS)

    for piece in pieces:
        event = {"event": "long_dwell" if piece["start"] > 390 else "pickup"}
        marks = [{**event, "start": piece["times"][2], "end": piece["end"], "track": piece["tracks"][0]["id"]}]
        body = {"lease_token": leased["lease_token"], "events": marks}
        done = client.post(f"/v1/clips/tasks/{piece['id']}/annotations", json=body, headers=annotator)
        assert done.status_code == 201, done.text
    exported = client.get("/v1/clips/export")
    document = exported.json()
    assert [(one["name"], one["pieces"]) for one in document["categories"]] == [
        ("pickup", 2),
        ("concealment", 0),
        ("self_checkout_bypass", 0),
        ("long_dwell", 3),
        ("none", 0),
    ]
    assert [(one["start"], one["end"]) for one in document["annotations"]] == [
        (piece["times"][2], piece["end"]) for piece in pieces
    ]
    table = client.get("/v1/clips/export", params={"format": "csv"}).text
    for format, text in (("json", exported.text), ("csv", table)):
        back = client.post("/v1/clips/import", params={"format": format}, content=text.encode())
        assert back.json() == {"pieces": 5, "changed": 0}
