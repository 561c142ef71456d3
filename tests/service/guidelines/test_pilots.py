"""A pilot with two products that nobody can tell apart is a no-go that names the two."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from service.auth.permissions import Role
from service.context import Context
from service.guidelines.pilots import AHEAD
from service.records import AnnotationRecord, BlindAnnotationRecord, TaskCategoryRecord, TaskRecord

NAMES = {
    "04006381333931": "Still water 1 l",
    "00012345678905": "Sparkling water 1 l",
    "00000096385074": "Apple juice 1 l",
    "00000073513537": "Orange juice 1 l",
}
STILL, SPARKLING, *_ = PRODUCTS = list(NAMES)
TASKS, FACINGS = 10, 8
Says = Callable[[str, np.random.Generator], str]


def careful(gtin: str, rng: np.random.Generator) -> str:
    return str(rng.choice(PRODUCTS)) if rng.random() < 0.03 else gtin


def guessing(gtin: str, rng: np.random.Generator) -> str:
    return str(rng.choice([STILL, SPARKLING])) if gtin in (STILL, SPARKLING) else careful(gtin, rng)


def facing(place: int, gtin: str | None = None) -> dict[str, Any]:
    return {"kind": "facing", "box": [10 + 70 * place, 20, 70 + 70 * place, 200], "gtin": gtin}


def shown(place: int, task: int) -> str:
    return PRODUCTS[(place + task) % len(PRODUCTS)]


@pytest.fixture
def task_ids(client: TestClient, add_task: Callable[..., str], make_photo: Callable[..., bytes]) -> list[str]:
    """Ten waiting tasks of eight facings; the first task shows still water first, the second sparkling water."""
    for gtin, name in NAMES.items():
        client.put(f"/v1/products/{gtin}", json={"name": name, "category": ["drinks"]}).raise_for_status()
    detections = [facing(place) for place in range(FACINGS)]
    return [add_task(detections=detections, photo=make_photo(seed)) for seed in range(TASKS)]


@pytest.fixture
def team(key_for: Any) -> list[dict[str, str]]:
    return [key_for(Role.ANNOTATOR) for _ in range(3)]


def leased(client: TestClient, headers: dict[str, str]) -> dict[str, Any]:
    answer = client.post("/v1/tasks/lease", json={"count": 5}, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def label_everything(client: TestClient, headers: dict[str, str], task_ids: list[str], says: Says, seed: int) -> int:
    """Label as one annotator until nothing is left for him; return how many tasks that were."""
    rng, done = np.random.default_rng(seed), 0
    while tasks := (lease := leased(client, headers))["tasks"]:
        for task in tasks:
            number = task_ids.index(task["capture_id"])
            boxes = [facing(place, says(shown(place, number), rng)) for place in range(FACINGS)]
            body = {"lease_token": lease["lease_token"], "boxes": boxes}
            client.post(f"/v1/tasks/{task['id']}/annotations", json=body, headers=headers).raise_for_status()
            done += 1
    return done


def pilot_by(client: TestClient, team: list[dict[str, str]], task_ids: list[str], says: Says) -> dict[str, Any]:
    started = client.post("/v1/pilots", json={"name": "Waters", "annotators": 3})
    assert started.status_code == 201, started.text
    for seed, headers in enumerate(team):
        assert label_everything(client, headers, task_ids, says, seed) == TASKS
    found = client.get(f"/v1/pilots/{started.json()['id']}").json()
    assert (found["given"], found["wanted"]) == (3 * TASKS, 3 * TASKS)
    decided = client.post(f"/v1/pilots/{found['id']}/decide", json={})
    assert decided.status_code == 200, decided.text
    answer: dict[str, Any] = decided.json()
    return answer


def test_an_ambiguous_pair_of_products_is_a_no_go_that_names_the_pair(
    client: TestClient, team: list[dict[str, str]], task_ids: list[str]
) -> None:
    pilot = pilot_by(client, team, task_ids, guessing)
    assert pilot["verdict"] == "no_go"
    pair = pilot["result"]["worst_pair"]
    assert {pair["one"], pair["other"]} == {STILL, SPARKLING}
    assert 0.4 < pair["confusion"] < 0.6
    assert len(pilot["result"]["confused"]) == 1
    first = pilot["result"]["reasons"][0]
    assert "Still water 1 l" in first
    assert "Sparkling water 1 l" in first
    assert "Juice" not in " ".join(pilot["result"]["reasons"])


def test_without_it_the_same_team_is_a_go(
    client: TestClient, context: Context, team: list[dict[str, str]], task_ids: list[str]
) -> None:
    pilot = pilot_by(client, team, task_ids, careful)
    assert (pilot["verdict"], pilot["result"]["reasons"], pilot["result"]["worst_pair"]) == ("go", [], None)
    agreement = {one["boundary"]: one for one in pilot["result"]["agreement"]}
    assert agreement["product"]["alpha"] > 0.85
    assert agreement["presence"]["observed"] == 1
    assert client.post(f"/v1/pilots/{pilot['id']}/decide", json={}).json() == pilot
    with context.database.read() as session:
        assert session.query(BlindAnnotationRecord).count() == 2 * TASKS
        people = session.query(AnnotationRecord).where(AnnotationRecord.source == "person")
        assert people.count() == TASKS


def test_a_pilot_goes_ahead_and_tells_nobody(
    client: TestClient, context: Context, task_ids: list[str], key_for: Any
) -> None:
    with context.database.write() as session:
        session.add_all(TaskCategoryRecord(task_id=id, category="drinks") for id in task_ids[-3:])
    started = client.post("/v1/pilots", json={"name": "Drinks", "category": "drinks", "annotators": 2}).json()
    assert started["task_ids"] == sorted(task_ids[-3:])
    assert (started["wanted"], started["given"], started["result"]) == (6, 0, None)
    with context.database.read() as session:
        first = session.query(TaskRecord).where(TaskRecord.priority >= AHEAD).all()
    assert {task.copy_of or task.id for task in first} == set(task_ids[-3:])
    assert len(first) == 6
    annotator = key_for(Role.ANNOTATOR)
    leased = client.post("/v1/tasks/lease", json={"count": 1}, headers=annotator).json()["tasks"][0]
    assert leased["capture_id"] in task_ids[-3:]
    assert client.get("/v1/pilots", headers=annotator).json()["code"] == "role-not-allowed"


def test_a_draft_is_piloted_before_it_holds(
    client: TestClient,
    context: Context,
    team: list[dict[str, str]],
    task_ids: list[str],
    add_task: Any,
    make_photo: Any,
) -> None:
    other = add_task(detections=[facing(0)], photo=make_photo(99))
    guideline = client.get("/v1/guidelines/in-force").json()
    draft = {name: guideline[name] for name in ("text", "rules", "when_to_skip", "when_to_escalate")}
    draft["rules"] = [
        {**rule, "text": "The cap's colour decides."} if rule["id"] == "gtin-when-certain" else rule
        for rule in draft["rules"]
    ]
    client.put("/v1/guidelines", json={**draft, "draft": True}).raise_for_status()
    body = {"name": "Caps", "guideline_version": 2, "task_ids": task_ids[:3], "annotators": 2}
    pilot = client.post("/v1/pilots", json=body).json()
    for seed, headers in enumerate(team[:2]):
        label_everything(client, headers, [*task_ids, other], guessing, seed)
    with context.database.read() as session:
        versions = {one.task_id: one.guideline_version for one in session.query(AnnotationRecord)}
        copies = {task.id for task in session.query(TaskRecord).where(TaskRecord.copy_of.in_(task_ids[:3]))}
        blind = {one.guideline_version for one in session.query(BlindAnnotationRecord) if one.task_id in copies}
    assert {id for id, version in versions.items() if version == 2} >= set(task_ids[:3])
    assert versions[other] == 1
    assert blind == {2}
    refused = client.post(f"/v1/pilots/{pilot['id']}/decide", json={"early": True}).json()
    assert refused["verdict"] == "no_go"
    assert client.post("/v1/guidelines/2/put-in-force").json()["code"] == "pilot-no-go"
    spite = client.post("/v1/guidelines/2/put-in-force", params={"in_spite_of_pilot": True, "dry_run": True}).json()
    assert set(spite["task_ids"]) == {*task_ids, other} - set(task_ids[:3])  # what was labelled by it stays
    later = client.put("/v1/guidelines", json={**draft, "rules": guideline["rules"], "text": "Look."})
    assert later.status_code == 200, later.text
    assert set(later.json()["task_ids"]) == set(task_ids[:3])  # and goes back where the draft came to nothing


def test_what_cannot_be_piloted_is_said(client: TestClient, task_ids: list[str]) -> None:
    def refused(**request: Any) -> str:
        code: str = client.post("/v1/pilots", json={"name": "x", **request}).json()["code"]
        return code

    assert refused(category="nonsense") == "pilot-without-tasks"
    assert refused(guideline_version=7) == "guideline-not-found"
    assert refused(task_ids=[task_ids[0], "0" * 32]) == "pilot-without-tasks"
    pilot = client.post("/v1/pilots", json={"name": "x", "task_ids": task_ids[:2]}).json()
    assert client.post(f"/v1/pilots/{pilot['id']}/decide", json={}).json()["code"] == "pilot-not-finished"
    assert refused(task_ids=task_ids[:2]) == "pilot-without-tasks"
