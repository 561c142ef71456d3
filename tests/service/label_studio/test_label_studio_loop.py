"""Tasks out and annotations back, against the real Label Studio (slow) and, the same, against a stand-in."""

import time
from statistics import median

import httpx
import pytest
from sqlalchemy import func, select

from labeling.annotations import AnnotatedBox
from labeling.formats.label_studio import boxes_of, results_of
from retail.boxes import DetectionKind
from service.auth.permissions import Role
from service.label_studio.attending import attend
from service.label_studio.client import LabelStudio, LabelStudioError
from service.records import (
    AnnotationRecord,
    LabelStudioEventRecord,
    LabelStudioTaskRecord,
    ReviewRecord,
    TaskRecord,
    ViewRecord,
)
from service.settings import LabelStudioSettings

SIZE = (640, 480)
CORRECTED = (
    AnnotatedBox(DetectionKind.FACING, 10.5, 20.25, 110, 220, occluded=True),
    AnnotatedBox(DetectionKind.GAP, 300, 20, 400, 220, truncated=True),
)


@pytest.fixture
def work(context, clock):
    """Let a worker do what it does in two minutes, in which it is time for a sweep."""

    def look():
        clock.advance(minutes=2)
        attend(context, "worker")

    return look


@pytest.fixture
def pushed(client, round_of, work):
    """Push a round of so many tasks and return the project: `pushed(50)`."""

    def push(number):
        round_id, begun = round_of(number), time.perf_counter()
        answer = client.post("/v1/label-studio/projects", json={"round_id": round_id})
        assert answer.status_code == 202, answer.text
        work()
        push.seconds = time.perf_counter() - begun
        found = client.get(f"/v1/label-studio/projects/{answer.json()['id']}").json()
        assert found["error"] is None
        assert found["sent"]
        return found

    return push


def numbers_of(context, project):
    """The numbers of the tasks in Label Studio by their rank, in the order they were handed over."""
    with context.database.read() as session:
        rows = session.execute(
            select(LabelStudioTaskRecord.number, TaskRecord.rank, TaskRecord.id)
            .join(TaskRecord, TaskRecord.id == LabelStudioTaskRecord.task_id)
            .where(LabelStudioTaskRecord.project_id == project["id"])
            .order_by(LabelStudioTaskRecord.place)
        ).all()
    return [(number, rank, id) for number, rank, id in rows]


def counted(context):
    with context.database.read() as session:
        return {
            record.__tablename__: session.scalar(select(func.count()).select_from(record))
            for record in (AnnotationRecord, LabelStudioEventRecord)
        }


def states_of(client, project):
    found = client.get(f"/v1/label-studio/projects/{project['id']}").json()
    return found["tasks"], found["events"], [one["detail"] for one in found["refused"]]


def project_number(project):
    return int(project["url"].rpartition("/")[2])


def test_tasks_go_out_in_order_and_annotations_come_back_once(context, work, client, label_studio, service, pushed):
    number = 50 if label_studio.real else 12
    project = pushed(number)
    handed_over = numbers_of(context, project)
    assert [rank for _, rank, _ in handed_over] == list(range(1, number + 1)), "in the queue's order"
    assert client.post("/v1/tasks/lease", json={"count": number}).json()["tasks"] == [], "nobody else gets them"

    there = sorted(label_studio.tasks(project_number(project)), key=lambda task: task["id"])
    assert [task["data"]["shelfloop_task"] for task in there] == [id for _, _, id in handed_over]
    for task in there:
        predicted = boxes_of(task["predictions"][0]["result"], SIZE)
        assert [box.kind.value for box in predicted] == ["facing", "facing", "shelf", "tag"]
        assert (predicted[0].x1, predicted[0].y2) == (10, 220)
    if label_studio.real:
        following = label_studio.ask("GET", f"/api/projects/{project_number(project)}/next")
        assert following["id"] == handed_over[0][0], "Label Studio shows the first one first"

    with service.up():
        begun = time.perf_counter()
        for task in there:
            label_studio.annotate(
                task["id"], task["predictions"][0]["result"][1:] + results_of(CORRECTED[1:], SIZE, {})
            )
        back_seconds = time.perf_counter() - begun
    assert len(service.bodies) == number
    work()
    tasks, events, refused = states_of(client, project)
    assert (tasks, refused) == ({"labelled": number}, [])
    assert events == {"taken": number}

    with context.database.read() as session:
        kept = session.scalars(select(AnnotationRecord)).all()
    assert {(one.source, one.annotator, one.seconds) for one in kept} == {("label_studio", "label-studio:1", 12.5)}
    assert {tuple(box["kind"] for box in one.boxes) for one in kept} == {("facing", "shelf", "tag", "gap")}
    assert {str(one.actions) for one in kept} == {
        str({"accepted": 3, "relabelled": 0, "adjusted": 0, "drawn": 1, "deleted": 1})
    }
    assert kept[0].boxes[3] == {"kind": "gap", "box": [300, 20, 400, 220], "gtin": None, "truncated": True}

    for body in service.bodies:  # each once more, as it was sent
        url = f"/v1/label-studio/projects/{project['id']}/events"
        headers = {"X-Shelfloop-Secret": label_studio_secret(context, project), "Content-Type": "application/json"}
        answer = client.post(url, content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (202, {"new": False})
    work()
    assert counted(context) == {"annotations": number, "label_studio_events": number}
    assert median(service.seconds) < 0.5, "Label Studio waits for one second"
    answered = f"answers {median(service.seconds):.3f} s, at most {max(service.seconds):.3f} s"
    print(f"{number} out {pushed.seconds:.2f} s, back {back_seconds:.2f} s, {answered}")


def label_studio_secret(context, project):
    from service.label_studio.queries import get_project
    from service.label_studio.signing import webhook_secret

    with context.database.read() as session:
        return webhook_secret(get_project(session, project["id"]).key)


def test_what_is_told_while_nobody_listens_is_swept(context, work, client, label_studio, service, pushed):
    project = pushed(3)
    (first, _, _), (second, _, _), (third, _, _) = numbers_of(context, project)
    with service.up():
        label_studio.annotate(first, results_of(CORRECTED, SIZE, {}))
    lost = label_studio.annotate(second, results_of(CORRECTED, SIZE, {}))  # the service is down
    label_studio.annotate(third, [], skip=True)
    assert len(service.bodies) == 1

    work()
    tasks, events, refused = states_of(client, project)
    assert (tasks, events, refused) == ({"labelled": 2, "skipped": 1}, {"taken": 3}, [])
    with context.database.read() as session:
        sources = session.scalars(select(LabelStudioEventRecord.source)).all()
    assert sorted(sources) == ["sweep", "sweep", "webhook"]

    label_studio.change(lost["id"], result=results_of(CORRECTED[:1], SIZE, {}), lead_time=20.0)  # lost again
    work()
    work()
    assert counted(context) == {"annotations": 3, "label_studio_events": 4}
    with context.database.read() as session:
        counting = session.scalars(select(AnnotationRecord).where(AnnotationRecord.superseded_by.is_(None))).all()
    assert sorted(len(one.boxes) for one in counting) == [1, 2]


def test_a_skipped_task_comes_back_as_skipped_and_may_be_labelled_after_all(
    context, work, client, label_studio, service, pushed
):
    project = pushed(1)
    ((number, _, id),) = numbers_of(context, project)
    with service.up():
        skipped = label_studio.annotate(number, [], skip=True)
        work()
        task = client.get(f"/v1/tasks/{id}").json()
        assert (task["state"], task["skip_reason"], task["note"]) == (
            "skipped",
            "other",
            "Skipped by label-studio:1",
        )
        label_studio.change(skipped["id"], result=results_of(CORRECTED, SIZE, {}), was_cancelled=False)
        work()
    assert client.get(f"/v1/tasks/{id}").json()["state"] == "labelled"
    boxes = client.get(f"/v1/tasks/{id}/annotation").json()["boxes"]
    assert [box["kind"] for box in boxes] == ["facing", "gap"]


def test_a_second_persons_judgement_is_a_review(context, work, client, label_studio, second_person, service, pushed):
    project = pushed(2)
    (first, _, first_id), (second, _, second_id) = numbers_of(context, project)
    with service.up():
        good = label_studio.annotate(first, results_of(CORRECTED, SIZE, {}))
        wrong = label_studio.annotate(second, results_of(CORRECTED, SIZE, {}))
        work()
        second_person.change(good["id"], ground_truth=True)
        second_person.change(wrong["id"], result=results_of(CORRECTED[:1], SIZE, {}))
        work()
    _, _, refused = states_of(client, project)
    assert refused == []
    with context.database.read() as session:
        reviews = session.scalars(select(ReviewRecord).order_by(ReviewRecord.decision)).all()
        counting = session.scalars(select(AnnotationRecord).where(AnnotationRecord.superseded_by.is_(None))).all()
    assert [(one.decision, one.task_id, one.annotator) for one in reviews] == [
        ("accept", first_id, "label-studio:1"),
        ("correct", second_id, "label-studio:1"),
    ]
    assert {one.decided_by for one in reviews} == {one.annotator for one in counting} - {"label-studio:1"}
    assert sorted((one.source, len(one.boxes)) for one in counting) == [("label_studio", 2), ("review", 1)]


def test_a_worker_that_is_killed_while_it_sends_leaves_nothing_twice(
    context, work, client, label_studio, service, round_of, monkeypatch
):
    """The first three tasks arrive, and whoever sent them is gone before he could note their numbers."""
    monkeypatch.setattr("service.label_studio.pushing.AT_ONCE", 3)
    project = client.post("/v1/label-studio/projects", json={"round_id": round_of(5)}).json()
    really, calls = LabelStudio.add_tasks, []

    def add_tasks(self, *arguments):
        really(self, *arguments)
        calls.append(arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(LabelStudio, "add_tasks", add_tasks)
    with pytest.raises(KeyboardInterrupt):
        work()
    monkeypatch.setattr(LabelStudio, "add_tasks", really)
    work()  # of the same name, started again
    found = client.get(f"/v1/label-studio/projects/{project['id']}").json()
    assert (len(calls), found["sent"], found["error"]) == (1, True, None)
    there = sorted(label_studio.tasks(project_number(found)), key=lambda task: task["id"])
    assert [task["data"]["rank"] for task in there] == [1, 2, 3, 4, 5]
    assert [number for number, _, _ in numbers_of(context, found)] == [task["id"] for task in there]
    projects = label_studio.ask("GET", "/api/projects", params={"title": found["id"]})["results"]
    assert len(projects) == 1


def test_photos_are_shown_as_long_as_their_tasks_are_out(context, work, client, clock, label_studio, service, pushed):
    project = pushed(1)
    (task,) = label_studio.tasks(project_number(project))
    old = task["data"]["image"]
    with service.up(), httpx.Client(trust_env=False) as anybody:
        shown = anybody.get(old)
        assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/jpeg")
        assert shown.headers["Access-Control-Allow-Origin"] == "*"

        clock.advance(days=4)  # more than half of the lease: a worker renews it
        work()
        (task,) = label_studio.tasks(project_number(project))
        assert task["data"]["image"] != old
        clock.advance(days=4)
        work()
        assert anybody.get(old).status_code == 401
        (task,) = label_studio.tasks(project_number(project))
        assert anybody.get(task["data"]["image"]).status_code == 200
        assert states_of(client, project)[0] == {"leased": 1}

        assert client.post(f"/v1/label-studio/projects/{project['id']}/close").json()["tasks"] == {"queued": 1}
        assert anybody.get(task["data"]["image"]).status_code == 401
    work()
    assert label_studio.ask("GET", "/api/webhooks/", params={"project": project_number(project)}) == []
    assert len(client.post("/v1/tasks/lease", json={"count": 9}).json()["tasks"]) == 1
    with context.database.read() as session:
        views = session.scalars(select(ViewRecord).where(ViewRecord.key_id == "label-studio")).all()
    assert {view.subject_id for view in views} == {task["data"]["capture"]}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_personal_access_token_is_exchanged(real_label_studio):
    allowed = {"api_tokens_enabled": True, "legacy_api_tokens_enabled": True}
    real_label_studio.ask("POST", "/api/jwt/settings", json=allowed)
    token = real_label_studio.ask("POST", "/api/token/", json={})["token"]
    with LabelStudio(LabelStudioSettings(url=real_label_studio.url, token=token)) as api:
        assert api.find_project("there is none of this title") is None


def test_a_wrong_token_is_told_without_repeating_it(label_studio):
    wrong = LabelStudioSettings(url=label_studio.url, token="f" * 40)
    with LabelStudio(wrong) as api, pytest.raises(LabelStudioError, match="401") as told:
        api.find_project("any")
    assert "f" * 40 not in str(told.value) + repr(wrong)


def test_a_label_studio_that_is_not_there_is_told_and_asked_again_later(
    context, work, client, label_studio, settings, round_of, monkeypatch
):
    project = client.post("/v1/label-studio/projects", json={"round_id": round_of(1)}).json()
    monkeypatch.setattr(settings.label_studio, "url", "http://127.0.0.1:9")
    work()
    found = client.get(f"/v1/label-studio/projects/{project['id']}").json()
    assert (found["sent"], found["error"]) == (False, "Label Studio does not answer: ConnectError")
    monkeypatch.undo()
    work()
    found = client.get(f"/v1/label-studio/projects/{project['id']}").json()
    assert (found["sent"], found["error"]) == (True, None)


def test_only_engineers_push(client, key_for, round_of):
    request = {"round_id": round_of(1)}
    for role, status in ((Role.ANNOTATOR, 403), (Role.EXPERT, 403), (Role.STORE, 403), (Role.ENGINEER, 202)):
        answer = client.post("/v1/label-studio/projects", json=request, headers=key_for(role))
        assert answer.status_code == status, role
    assert client.post("/v1/label-studio/projects", json=request).json()["code"] == "nothing-to-push"
