"""People say how a bay kept its planogram; it is kept apart from boxes."""

from typing import Any

import pytest
from sqlalchemy import func, select

from service.auth.permissions import Role
from service.records import AnnotationRecord, TaskRecord, VerdictAnnotationRecord
from tests.service.compliance.painted import gtin, paint

PLACES = [(shelf, slot) for shelf in (1, 2) for slot in range(1, 6)]


@pytest.fixture
def made(client) -> Any:
    def make(**request: Any) -> Any:
        return client.post("/v1/tasks/verdicts", json=request)

    return make


@pytest.fixture
def judged(planned, sent) -> str:
    """A photo in which the last product of the upper shelf lacks."""
    return str(sent(paint("rgby ", "cmwcb"))["id"])


@pytest.fixture
def submit(client, annotator) -> Any:
    def send(task_id: str, token: str, verdicts: dict[tuple[int, int], str], **more: Any) -> Any:
        given = [{"shelf": shelf, "slot": slot, "verdict": said} for (shelf, slot), said in verdicts.items()]
        body = {"lease_token": token, "verdicts": given, **more}
        return client.post(f"/v1/tasks/{task_id}/verdicts", json=body, headers=annotator)

    return send


def _all() -> dict[tuple[int, int], str]:
    return dict.fromkeys(PLACES, "correct") | {(1, 5): "out_of_stock"}


def test_verdicts_are_asked_for_given_and_kept(client, context, clock, annotator, judged, made, leased, submit) -> None:
    (task_id,) = made(capture_ids=[judged]).json()["task_ids"]
    token = leased()
    view = client.get(f"/v1/tasks/{task_id}/view", headers=annotator).json()
    assert view["kind"] == "verdicts"
    assert view["prelabels"] == []
    assert view["predicted_boxes"] == 10
    positions = {(one["shelf"], one["slot"]): one for one in view["planogram"]["positions"]}
    assert positions[1, 5]["verdict"] == "out_of_stock"
    assert positions[1, 1]["verdict"] == "correct"
    assert positions[1, 1]["box"] is not None
    assert view["products"][gtin("r")]["picture_url"]
    clock.advance(seconds=40)
    given = submit(task_id, token, _all(), seconds=31.5)
    assert given.status_code == 201, given.text
    answer = given.json()
    assert [(one["shelf"], one["slot"]) for one in answer["verdicts"]] == PLACES
    assert answer["verdicts"][4] == {
        "shelf": 1, "slot": 5, "gtin": gtin("r"), "verdict": "out_of_stock", "model_verdict": "out_of_stock",
    }  # fmt: skip
    assert (answer["planogram_id"], answer["planogram_version"], answer["guideline_version"]) == ("plan-b1", 1, 1)
    assert client.get(f"/v1/tasks/{task_id}/verdicts", headers=annotator).json() == answer
    with context.database.read() as session:
        assert session.get_one(TaskRecord, task_id).state == "labelled"
        kept = session.get_one(VerdictAnnotationRecord, answer["id"])
        assert (kept.seconds, kept.lead_seconds, kept.blind) == (31.5, 40.0, False)
        assert session.scalar(select(func.count()).select_from(AnnotationRecord)) == 0, "verdicts never train as boxes"
    assert submit(task_id, token, _all()).json()["code"] == "lease-already-used"


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({(3, 1): "correct"}, "verdicts[10]", "no position on shelf 3"),
        ({(1, 2): "unexpected"}, "verdicts[1].verdict", "Facings are unexpected"),
        ({(1, 2): None}, "verdicts", "Shelf 1, slot 2 is in view"),
    ],
)
def test_verdicts_that_do_not_fit_are_refused(
    judged, made, leased, submit, changes: dict[tuple[int, int], Any], field: str, says: str
) -> None:
    (task_id,) = made(capture_ids=[judged]).json()["task_ids"]
    verdicts = {place: said for place, said in (_all() | changes).items() if said is not None}
    refused = submit(task_id, leased(), verdicts)
    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "verdicts-invalid", field)
    assert says in refused.json()["detail"]


def test_a_position_has_one_verdict(client, annotator, judged, made, leased) -> None:
    (task_id,) = made(capture_ids=[judged]).json()["task_ids"]
    twice = [{"shelf": 1, "slot": 1, "verdict": said} for said in ("correct", "undecided")]
    body = {"lease_token": leased(), "verdicts": twice}
    refused = client.post(f"/v1/tasks/{task_id}/verdicts", json=body, headers=annotator)
    assert (refused.json()["code"], refused.json()["field"]) == ("verdicts-invalid", "verdicts[1]")


def test_later_verdicts_count_instead_of_earlier_ones(client, context, judged, made, leased, submit) -> None:
    (task_id,) = made(capture_ids=[judged]).json()["task_ids"]
    first = submit(task_id, leased(), _all()).json()
    with context.database.write() as session:
        task = session.get_one(TaskRecord, task_id)
        task.state, task.leased_by = "queued", None
    second = submit(task_id, leased(), _all() | {(1, 5): "undecided"}).json()
    assert client.get(f"/v1/tasks/{task_id}/verdicts").json() == second
    with context.database.read() as session:
        assert session.get_one(VerdictAnnotationRecord, first["id"]).superseded_by == second["id"]


def test_boxes_and_verdicts_are_not_mixed_up(client, annotator, judged, made, task_of, leased, submit) -> None:
    boxes = task_of(judged)
    (verdicts,) = made(capture_ids=[judged]).json()["task_ids"]
    token = leased()
    refused = submit(boxes, token, _all())
    assert (refused.status_code, refused.json()["code"]) == (422, "boxes-wanted")
    drawn = {"lease_token": token, "boxes": []}
    refused = client.post(f"/v1/tasks/{verdicts}/annotations", json=drawn, headers=annotator)
    assert (refused.status_code, refused.json()["code"]) == (422, "verdicts-wanted")


def test_a_photo_is_asked_about_once(judged, made, sent) -> None:
    assert len(made(capture_ids=[judged, judged]).json()["task_ids"]) == 1
    unjudged = sent(paint("rgb"), planogram="false")["id"]
    again = made(capture_ids=[judged, unjudged]).json()
    assert again["task_ids"] == []
    assert again["left_out"] == [
        {"capture_id": unjudged, "why": "There is no such capture, or it was not judged."},
        {"capture_id": judged, "why": "It has a task of verdicts already."},
    ]


def test_a_bays_most_doubtful_photos_come_first(context, judged, made, sent) -> None:
    other = sent(paint("rgbyr", "cmwcb"), minute=120)["id"]
    made_ = made(bay_id="b1", most=1, priority=3).json()
    assert made_["left_out"] == []
    rest = made(bay_id="b1").json()["task_ids"]
    with context.database.read() as session:
        tasks = [session.get_one(TaskRecord, id) for id in (*made_["task_ids"], *rest)]
        assert {task.capture_id for task in tasks} == {judged, other}
        assert [(task.priority, task.round_id, task.kind) for task in tasks] == [
            (3, None, "verdicts"),
            (0, None, "verdicts"),
        ]
    assert made(bay_id="b1").json() == {"task_ids": [], "left_out": []}


def test_who_may_ask_for_verdicts(client, judged, key_for) -> None:
    body = {"capture_ids": [judged]}
    assert client.post("/v1/tasks/verdicts", json=body, headers=key_for(Role.ANNOTATOR)).status_code == 403
    engineer = key_for(Role.ENGINEER, ["s2"])
    refused = client.post("/v1/tasks/verdicts", json=body, headers=engineer).json()
    assert refused["left_out"] == [{"capture_id": judged, "why": "There is no such capture, or it was not judged."}]
    assert client.post("/v1/tasks/verdicts", json={"bay_id": "b1"}, headers=engineer).json()["code"] == "bay-not-found"
    for body in ({}, {"capture_ids": [judged], "bay_id": "b1"}):
        assert client.post("/v1/tasks/verdicts", json=body).json()["code"] == "invalid-request"


def test_an_annotator_sees_his_own_verdicts_alone(client, judged, made, leased, submit, key_for) -> None:
    (task_id,) = made(capture_ids=[judged]).json()["task_ids"]
    submit(task_id, leased(), _all()).raise_for_status()
    other = client.get(f"/v1/tasks/{task_id}/verdicts", headers=key_for(Role.ANNOTATOR, ["s1"]))
    assert other.status_code == 404
    assert client.get(f"/v1/tasks/{task_id}/verdicts", headers=key_for(Role.EXPERT)).status_code == 200


def test_verdicts_leave_a_photo_in_the_pool(client, context, judged, made) -> None:
    made(capture_ids=[judged]).raise_for_status()
    arms = {"boxes": 100, "random_share": 1.0}
    picked = client.post("/v1/rounds", json=arms)
    assert picked.status_code == 201, picked.text
    assert [pick["capture_id"] for pick in picked.json()["picks"]] == [judged]
