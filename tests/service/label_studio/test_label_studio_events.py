"""The door for Label Studio's webhook, and what is taken of what it told; nobody is at the other end."""

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from labeling.annotations import AnnotatedBox
from labeling.formats.label_studio import results_of
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from service.auth.permissions import Role
from service.cli import app
from service.label_studio.queries import get_project, keep_numbers
from service.label_studio.signing import photo_url, webhook_secret
from service.label_studio.taking import take_waiting
from service.records import AnnotationRecord, LabelStudioEventRecord, LabelStudioTaskRecord

FACING = DetectionKind.FACING
BOXES = (AnnotatedBox(FACING, 10, 20, 110, 220), AnnotatedBox(FACING, 200, 20, 300, 220))


@pytest.fixture
def label_studio(stand_in):
    """Never asked anything here."""
    return stand_in


@pytest.fixture
def pushed(context, client, round_of):
    """A project of one task that has number 7 in Label Studio; its id, the task's, and the headers of its webhook."""
    project = client.post("/v1/label-studio/projects", json={"round_id": round_of(1)}).json()
    with context.database.write() as session:
        (task_id,) = session.scalars(select(LabelStudioTaskRecord.task_id)).all()
        keep_numbers(session, project["id"], {task_id: 7})
        key = get_project(session, project["id"]).key
    return project["id"], task_id, {"X-Shelfloop-Secret": webhook_secret(key)}


def event(boxes=BOXES, *, second=0, annotation=1, task=7, **change):
    said = {"id": annotation, "task": task, "was_cancelled": False, "completed_by": 1, "updated_by": 1}
    said |= {"result": results_of(boxes, (640, 480), {}), "lead_time": 3.0, "ground_truth": False}
    said["updated_at"] = f"2026-03-01T09:30:{second:02}.5Z"
    return {"action": "ANNOTATION_CREATED", "annotation": said | change, "project": {"id": 1}}


@pytest.fixture
def tell(client, context, pushed):
    """Tell of an event and let it be taken; returns what the project answers then."""
    id, _, headers = pushed

    def post(body, *, new=True):
        answer = client.post(f"/v1/label-studio/projects/{id}/events", json=body, headers=headers)
        assert (answer.status_code, answer.json()) == (202, {"new": new})
        take_waiting(context)
        return client.get(f"/v1/label-studio/projects/{id}").json()

    return post


@pytest.mark.parametrize("secret", [{}, {"X-Shelfloop-Secret": "0" * 64}, {"X-Shelfloop-Secret": "é".encode()}])
def test_without_the_secret_nothing_is_heard(client, context, pushed, secret):
    id, _, _ = pushed
    for project in (id, "f" * 32):
        answer = client.post(f"/v1/label-studio/projects/{project}/events", json=event(), headers=secret)
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong-secret")
    with context.database.read() as session:
        assert session.scalar(select(func.count()).select_from(LabelStudioEventRecord)) == 0


def test_events_about_something_else_are_answered_and_not_kept(client, context, pushed):
    id, _, headers = pushed
    url = f"/v1/label-studio/projects/{id}/events"
    assert client.post(url, json={"action": "PROJECT_UPDATED"}, headers=headers).json() == {"new": False}
    assert client.post(url, json={"annotation": "?"}, headers=headers).status_code == 422
    late = event() | {"annotation": event()["annotation"] | {"updated_at": "yesterday"}}
    assert client.post(url, json=late, headers=headers).status_code == 422


def test_nobody_is_told_a_secret(client, pushed, settings):
    _, _, headers = pushed
    token = settings.label_studio.token.get_secret_value()
    shown = client.get("/v1/label-studio/projects").text + repr(settings) + str(settings.model_dump())
    assert headers["X-Shelfloop-Secret"] not in shown
    assert token not in shown


def test_older_news_that_come_later_change_nothing(client, tell, pushed):
    _, task_id, _ = pushed
    tell(event(second=5))
    found = tell(event(BOXES[:1], second=4))
    assert found["events"] == {"taken": 1, "known": 1}
    assert len(client.get(f"/v1/tasks/{task_id}/annotation").json()["boxes"]) == 2
    found = tell(event(BOXES[:1], second=6))
    assert found["events"] == {"taken": 2, "known": 1}
    assert len(client.get(f"/v1/tasks/{task_id}/annotation").json()["boxes"]) == 1
    assert tell(event(BOXES[:1], second=6), new=False)["events"] == {"taken": 2, "known": 1}


@pytest.mark.parametrize(
    ("box", "word"),
    [
        (AnnotatedBox(FACING, 10, 20, 110, 220, Gtin("04006381333931")), "04006381333931"),
        (AnnotatedBox(FACING, 600, 20, 700, 220), "outside the photo"),
    ],
)
def test_what_cannot_be_taken_is_said_and_its_correction_is_taken(tell, box, word):
    found = tell(event((box,), second=1))
    assert (found["tasks"], found["events"]) == ({"leased": 1}, {"refused": 1})
    assert word in found["refused"][0]["detail"]
    found = tell(event(second=2))
    assert (found["tasks"], found["events"]) == ({"labelled": 1}, {"refused": 1, "taken": 1})


def test_a_task_that_somebody_else_has_meanwhile_is_his(client, clock, context, tell, pushed):
    clock.advance(days=8)
    lease = client.post("/v1/tasks/lease", json={}).json()
    assert [task["id"] for task in lease["tasks"]] == [pushed[1]]
    assert "somebody else" in tell(event(second=1))["refused"][0]["detail"]
    clock.advance(seconds=1)
    request = {"lease_token": lease["lease_token"], "boxes": []}
    client.post(f"/v1/tasks/{pushed[1]}/annotations", json=request).raise_for_status()
    assert "labelled elsewhere" in tell(event(second=2))["refused"][0]["detail"]
    with context.database.read() as session:
        assert [one.source for one in session.scalars(select(AnnotationRecord))] == ["person"]


def test_a_lease_that_is_over_and_that_nobody_took_is_no_hindrance(client, clock, tell):
    clock.advance(days=8)
    assert tell(event())["tasks"] == {"labelled": 1}


def test_a_number_that_is_not_noted_yet_is_waited_for_and_a_strange_one_refused(context, pushed, tell):
    id, task_id, _ = pushed
    with context.database.write() as session:
        session.get_one(LabelStudioTaskRecord, (id, task_id)).number = None
    assert tell(event())["events"] == {"waiting": 1}
    with context.database.write() as session:
        keep_numbers(session, id, {task_id: 7})
    assert tell(event(task=8, annotation=2))["events"] == {"taken": 1, "refused": 1}


def test_named_facings_teach_the_gallery_and_leave_no_pictures_that_nobody_knows(client, settings, juice, tell):
    box = AnnotatedBox(FACING, 10, 20, 110, 220, Gtin(juice))
    folder = settings.home / "photos" / "references"

    def counts():
        references = client.get(f"/v1/products/{juice}/references").json()["references"]
        return len(references), sum(file.is_file() for file in folder.rglob("*"))

    tell(event((box,), second=5))
    assert counts() == (1, 1)
    assert tell(event((box,), second=6, lead_time=4.0))["events"] == {"taken": 1, "known": 1}  # it says the same
    assert tell(event((), second=4))["events"] == {"taken": 1, "known": 2}
    assert counts() == (1, 1)


def test_a_closed_project_hears_and_shows_nothing(client, context, clock, pushed, settings):
    id, task_id, headers = pushed
    with context.database.read() as session:
        project = get_project(session, id)
        until = session.get_one(LabelStudioTaskRecord, (id, task_id)).photo_until
    shown = photo_url("", id, project.key, task_id, until)
    assert client.get(shown).status_code == 200
    for wrong in (shown[:-1] + "x", shown.replace("until=1", "until=2"), shown.replace(task_id, "f" * 32)):
        assert client.get(wrong).status_code == 401
    assert client.post(f"/v1/label-studio/projects/{id}/close").json()["tasks"] == {"queued": 1}
    assert client.get(shown).status_code == 401
    answer = client.post(f"/v1/label-studio/projects/{id}/events", json=event(), headers=headers)
    assert answer.json() == {"new": False}


def test_without_settings_nothing_can_be_pushed(client, context, round_of, monkeypatch):
    monkeypatch.setattr(context.settings.label_studio, "url", "")
    answer = client.post("/v1/label-studio/projects", json={"round_id": round_of(1)})
    assert (answer.status_code, answer.json()["code"]) == (409, "label-studio-not-configured")


def test_from_the_command_line(client, key_for, round_of, monkeypatch):
    monkeypatch.setattr("httpx.request", lambda method, url, timeout, **rest: client.request(method, url, **rest))
    monkeypatch.setenv("SHELFLOOP_KEY", key_for(Role.ENGINEER)["Authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("SHELFLOOP_URL", "http://testserver")

    def run(*arguments):
        ended = CliRunner().invoke(app, ["label-studio", *arguments])
        assert ended.exit_code == 0, ended.output
        return " ".join(ended.output.split())

    pushed = run("push", round_of(3), "--store", "s1", "--count", "2")
    assert "being sent 2 leased" in pushed
    id = pushed.split()[0]
    assert run("list").startswith(id)
    assert run("sweep", id).startswith(id)
    assert "closed 2 queued" in run("close", id)
