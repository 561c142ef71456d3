"""Rounds: pool in, tasks out, never the same capture twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select as select_rows
from sqlalchemy import update

from labeling.costs import ASSUMED_COST
from sampling.difficulty import Observed
from sampling.selection import select
from service.auth.permissions import Role
from service.context import Context
from service.records import AnnotationRecord, RoundRecord, SignatureRecord, TaskRecord
from service.rounds.difficulty import measure_difficulty, product_difficulties
from service.rounds.state import read_inputs
from service.signature_numbers import changed

Send = Callable[..., list[str]]


@pytest.fixture
def send(client: TestClient, bay: dict[str, str], make_photo: Callable[..., bytes]) -> Send:
    """Send so many photos that look different, and return the ids of their captures; each has 4 detections.

    The photos of `start=3` are other ones than the first three.
    """

    def captures(number: int, start: int = 0) -> list[str]:
        ids = []
        for seed in range(start, start + number):
            fields = {**bay, "taken_at": f"2026-02-{1 + seed:02d}T10:00:00Z"}
            answer = client.post("/v1/captures", data=fields, files={"photo": ("a.jpg", make_photo(seed))})
            answer.raise_for_status()
            ids.append(answer.json()["id"])
        return ids

    return captures


def test_a_round_makes_a_task_of_each_pick_with_a_reason(client: TestClient, send: Send) -> None:
    ids = send(6)
    found = client.post("/v1/rounds", json={"boxes": 12, "seed": 1})
    assert found.status_code == 201, found.text
    body = found.json()
    assert (body["pool_size"], body["boxes"], sum(body["arms"].values())) == (6, 12, 3)
    assert [pick["rank"] for pick in body["picks"]] == [1, 2, 3]
    assert {pick["capture_id"] for pick in body["picks"]} < set(ids)
    assert all(pick["reason"] and pick["task_state"] == "queued" for pick in body["picks"])
    assert {pick["propensity"] is None for pick in body["picks"] if pick["arm"] == "value"} <= {True}
    assert [r["id"] for r in client.get("/v1/rounds").json()] == [body["id"]]
    assert client.get(f"/v1/rounds/{body['id']}").json() == body


def test_the_next_round_takes_other_captures_until_the_pool_is_empty(client: TestClient, send: Send) -> None:
    send(3)
    first = client.post("/v1/rounds", json={"boxes": 8}).json()
    second = client.post("/v1/rounds", json={"boxes": 8}).json()
    picked = [pick["capture_id"] for body in (first, second) for pick in body["picks"]]
    assert (len(picked), len(set(picked))) == (3, 3)
    third = client.post("/v1/rounds", json={"boxes": 8})
    assert (third.status_code, third.json()["code"]) == (409, "pool-empty")
    assert "POST /v1/captures" in third.json()["remedy"]


def replayed(client: TestClient, body: dict[str, Any]) -> tuple[bool, bool]:
    """Replay a round: whether its picks are the same, and whether its pool is."""
    answer = client.post(f"/v1/rounds/{body['id']}/replay").json()
    return answer["identical"], answer["pool_unchanged"]


def label(client: TestClient, seconds: float | None = None, **facing: Any) -> int:
    """Label every task that waits with one facing, and return how many these were."""
    drawn, count = {"kind": "facing", "box": [10, 10, 60, 90], "gtin": None, **facing}, 0
    while (leased := client.post("/v1/tasks/lease", json={}).json())["tasks"]:
        for task in leased["tasks"]:
            work = {"lease_token": leased["lease_token"], "boxes": [drawn], "seconds": seconds}
            client.post(f"/v1/tasks/{task['id']}/annotations", json=work).raise_for_status()
            count += 1
    return count


def test_a_replay_picks_the_same(client: TestClient, send: Send, clock: Any) -> None:
    send(5)
    clock.advance(seconds=1)
    body = client.post("/v1/rounds", json={"boxes": 12, "random_share": 0.5, "seed": 3}).json()
    clock.advance(seconds=1)
    client.post("/v1/rounds", json={"boxes": 4}).raise_for_status()
    assert replayed(client, body) == (True, True)


def flips(context: Context, flip: float, capture_id: str) -> None:
    """Let a capture have verdicts that would flip with a probability."""
    with context.database.write() as session:
        signature = session.get_one(SignatureRecord, capture_id)
        signature.numbers = changed(signature.numbers, flip=flip)


def test_a_capture_whose_verdicts_may_flip_is_worth_more(
    client: TestClient, context: Context, send: Send, clock: Any
) -> None:
    ids = send(3)
    flips(context, 0.75, ids[1])
    clock.advance(seconds=1)
    body = client.post("/v1/rounds", json={"boxes": 12, "random_share": 0, "terms": {"flip": 1}}).json()
    found = {pick["capture_id"]: pick["terms"] for pick in body["picks"]}
    assert {id: terms["flip"] for id, terms in found.items()} == {ids[0]: 1, ids[1]: 1.75, ids[2]: 1}
    assert found[ids[1]]["value_rank"] == 1
    clock.advance(seconds=1)
    flips(context, 0.5, send(1, start=3)[0])  # which is nothing to a round before
    assert replayed(client, body) == (True, True)


@pytest.fixture
def put_planogram(client: TestClient, bay: dict[str, str], juice: str) -> Callable[[int], None]:
    """Put a version of planogram `fridge` with so many facings, and let the bay follow it."""

    def put(facings: int) -> None:
        position = {"shelf": 1, "slot": 1, "gtin": juice, "wide": facings}
        client.put("/v1/planograms/fridge", json={"positions": [position]}).raise_for_status()
        client.put(f"/v1/bays/{bay['bay_id']}/planogram", json={"planogram_id": "fridge"}).raise_for_status()

    return put


def test_a_reset_bay_has_a_share_until_one_of_its_captures_is_picked(
    client: TestClient, send: Send, clock: Any, put_planogram: Callable[[int], None]
) -> None:
    def arms(body: dict[str, Any]) -> dict[str, str]:
        return {pick["capture_id"]: pick["arm"] for pick in body["picks"]}

    config = {"random_share": 0, "event_share": 0.5}
    clock.now = datetime(2026, 1, 31, tzinfo=UTC)
    put_planogram(1)  # the first one is no reset
    before = send(2)  # taken on 1 and 2 February
    clock.now = datetime(2026, 2, 3, tzinfo=UTC)
    assert set(arms(client.post("/v1/rounds", json={"boxes": 4, **config}).json()).values()) == {"value"}
    put_planogram(2)
    clock.now = datetime(2026, 3, 1, tzinfo=UTC)
    after = send(3, start=2)
    clock.advance(seconds=1)
    body = client.post("/v1/rounds", json={"boxes": 8, **config}).json()
    picked = arms(body)
    assert [arm for id, arm in picked.items() if id in after].count("event") == 1
    assert "event" not in [arm for id, arm in picked.items() if id in before]
    (event,) = (pick for pick in body["picks"] if pick["arm"] == "event")
    assert event["reason"].startswith("the planogram of this bay was reset")
    clock.advance(seconds=1)
    assert set(arms(client.post("/v1/rounds", json={"boxes": 4, **config}).json()).values()) == {"value"}
    assert replayed(client, body) == (True, True)


def test_a_replay_is_not_moved_by_what_came_later(client: TestClient, send: Send, clock: Any, juice: str) -> None:
    """Another cost model, other strata, labels, products and rounds: the round keeps what it started from."""
    send(6)
    clock.advance(seconds=1)
    client.post("/v1/rounds", json={"boxes": 8, "random_share": 1}).raise_for_status()
    label(client, gtin=juice)
    clock.advance(seconds=1)
    body = client.post("/v1/rounds", json={"seconds": 90, "random_share": 0.3}).json()
    assert (body["inputs"]["labelled_classes"], body["inputs"]["lead_times"]) == ({juice: 2}, 0)
    assert sum(body["inputs"]["labelled_strata"].values()) == 2
    assert sum(body["inputs"]["recent_strata"].values()) == 6
    clock.advance(days=40)
    send(3, start=6)
    label(client, gtin=juice, seconds=500.0)
    client.post("/v1/rounds", json={"boxes": 4}).raise_for_status()
    client.put(f"/v1/products/{juice}", json={"name": "Juice", "category": ["elsewhere"]}).raise_for_status()
    assert replayed(client, body) == (True, True)


def test_costs_are_fitted_to_enough_lead_times(
    client: TestClient, context: Context, send: Send, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(4)
    client.post("/v1/rounds", json={"boxes": 12, "random_share": 1}).raise_for_status()
    assert label(client, seconds=20.0) == 3
    with context.database.write() as session:
        for count, annotation in enumerate(session.scalars(select_rows(AnnotationRecord)), start=1):
            session.get_one(TaskRecord, annotation.task_id).predicted_boxes = 10 * count
            annotation.seconds = 8.0 + 3.0 * 10 * count
            annotation.actions = {"accepted": 10 * count}
    with context.database.read() as session:
        assumed = read_inputs(session, 1, {}, {}, clock.now)
        monkeypatch.setattr("service.rounds.state.LEAST_LEAD_TIMES", 3)
        fitted = read_inputs(session, 1, {}, {}, clock.now)
    assert (assumed.cost, assumed.lead_times) == (ASSUMED_COST, 0)
    assert (fitted.cost.per_task, fitted.cost.per_box) == pytest.approx((8, 3), abs=0.2)
    clock.advance(seconds=1)
    body = client.post("/v1/rounds", json={"seconds": 60}).json()
    assert body["notes"][0] == "annotator seconds are fitted to 3 lead times: 8.2 and 2.99 a box"
    assert [pick["terms"]["seconds"] for pick in body["picks"]] == [pytest.approx(20, abs=0.2)]
    monkeypatch.undo()
    clock.advance(seconds=1)
    assert client.post(f"/v1/rounds/{body['id']}/replay").json()["identical"]


def test_the_difficulty_of_products_is_measured_on_random_picks(
    client: TestClient, context: Context, send: Send, juice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(4)
    config = {"boxes": 8, "random_share": 0}
    client.post("/v1/rounds", json=config).raise_for_status()
    label(client, gtin=juice)
    with context.database.read() as session:
        assert measure_difficulty(session) == {}
    client.post("/v1/rounds", json={**config, "random_share": 1}).raise_for_status()
    label(client, gtin=juice)
    seen: list[Observed] = []

    def note(observed: list[Observed], _: Any) -> dict[str, float]:
        seen.extend(observed)
        return {}

    monkeypatch.setattr("service.rounds.difficulty.class_difficulty", note)
    with context.database.read() as session:
        measure_difficulty(session)
    assert {(one.name, one.category, one.difficulty) for one in seen} == {(juice, "drinks/juice", 1.0)}
    assert len(seen) == 2  # the random picks


def test_difficulty_of_facings() -> None:
    boxes = [{"box": [0, 0, 10, 10]}, {"box": [20, 0, 30, 10]}, {"box": [40, 0, 50, 10]}, {"box": [60, 0, 70, 10]}]
    named = {0: "a", 1: "a", 2: "b", 3: "c"}
    naming = {"products": [{"gtin": "b", "probability": 0.5}, {"gtin": "a", "probability": 0.25}]}
    detections = [
        {"kind": "facing", "box": [0, 0, 10, 10], "confidence": 0.8, "gtin": None, "naming": None},
        {"kind": "shelf", "box": [20, 0, 30, 10], "confidence": 1.0, "gtin": None, "naming": None},
        {"kind": "facing", "box": [40, 0, 50, 5], "confidence": 0.8, "gtin": "b", "naming": naming},
        {"kind": "facing", "box": [60, 0, 70, 10], "confidence": 0.9, "gtin": "a", "naming": None},
    ]
    # a: found for .8, and missed; b: half the box, named with .5; c: taken for another product.
    expected = {"a": (0.2 + 1) / 2, "b": 1 - 0.8 * 0.5 * 0.5, "c": 1.0}
    assert product_difficulties(boxes, named, detections) == pytest.approx(expected)
    assert product_difficulties(boxes, named, []) == {"a": 1, "b": 1, "c": 1}
    assert product_difficulties([], {}, detections) == {}


def test_a_round_of_an_earlier_sampler_says_so(client: TestClient, context: Context, send: Send) -> None:
    send(3)
    body = client.post("/v1/rounds", json={"boxes": 8}).json()
    with context.database.write() as session:
        session.execute(update(RoundRecord).values(inputs=None, config={"boxes": 8, "verdict_flips": True}))
    answer = client.post(f"/v1/rounds/{body['id']}/replay").json()
    assert (answer["identical"], answer["explanation"][:32]) == (False, "The sampler itself was changed s")


def test_picks_say_their_terms_and_the_round_what_it_lacked(client: TestClient, send: Send) -> None:
    send(4)
    body = client.post("/v1/rounds", json={"boxes": 12, "terms": {"drift": 0}}).json()
    terms = {"uncertainty", "redundancy", "difficulty", "novelty", "drift", "flip", "cost"}
    for pick in body["picks"]:
        assert terms | {"value", "value_rank", "boxes", "seconds"} <= pick["terms"].keys()
        assert pick["terms"]["drift"] == 1
    assert body["notes"][0].startswith("annotator seconds are assumed")
    assert any(note.startswith("cold start") for note in body["notes"])
    assert {pick["recipe"] for pick in body["picks"] if pick["arm"] == "value"} == {"covering"}
    assert body["config"]["recipe_shares"]["covering_value"] > 0


def test_two_rounds_at_once_never_pick_the_same(client: TestClient, send: Send) -> None:
    send(8)
    with ThreadPoolExecutor(4) as engineers:
        answers = list(engineers.map(lambda _: client.post("/v1/rounds", json={"boxes": 16}), range(4)))
    created = [answer.json() for answer in answers if answer.status_code == 201]
    refused = {answer.json()["code"] for answer in answers if answer.status_code != 201}
    picked = [pick["capture_id"] for body in created for pick in body["picks"]]
    assert created
    assert len(picked) == len(set(picked)) == len(client.get("/v1/tasks").json())
    assert refused <= {"round-overtaken", "pool-empty"}


def test_captures_of_an_earlier_model_wait_and_are_counted(client: TestClient, context: Context, send: Send) -> None:
    ids = send(3)

    def left_by(model_version: int, *some: str) -> None:
        with context.database.write() as session:
            session.execute(
                update(SignatureRecord).where(SignatureRecord.capture_id.in_(some)).values(model_version=model_version)
            )

    left_by(0, *ids)
    answer = client.post("/v1/rounds", json={"boxes": 8})
    assert (answer.status_code, answer.json()["code"]) == (409, "pool-being-renewed")
    assert answer.headers["Retry-After"] == "60"
    left_by(1, ids[0])
    body = client.post("/v1/rounds", json={"boxes": 8}).json()
    assert [pick["capture_id"] for pick in body["picks"]] == ids[:1]
    assert "2 captures wait until a worker has looked at them with model 1" in body["notes"]


def test_a_capture_that_comes_during_the_selection_is_not_in_the_replay(
    client: TestClient, send: Send, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(3)

    def slow(*given: Any) -> Any:
        clock.advance(seconds=1)
        send(2, start=3)
        return select(*given)

    monkeypatch.setattr("service.rounds.service.select", slow)
    body = client.post("/v1/rounds", json={"boxes": 8}).json()
    monkeypatch.undo()
    assert body["created_at"] == "2026-03-01T09:30:00Z"
    assert replayed(client, body) == (True, True)


def test_a_replay_says_why_the_pool_is_another(client: TestClient, context: Context, send: Send) -> None:
    send(3)
    body = client.post("/v1/rounds", json={"boxes": 8}).json()
    with context.database.write() as session:
        session.execute(update(SignatureRecord).values(model_version=2))
    assert replayed(client, body) == (False, False)
    explanation = client.post(f"/v1/rounds/{body['id']}/replay").json()["explanation"]
    assert "renewed with another model" in explanation
    assert "were being stored while the round began" in explanation


@pytest.mark.parametrize("config", [{}, {"boxes": 3, "seconds": 9}, {"boxes": 0}, {"boxes": 3, "budget": 1}])
def test_a_wrong_budget_is_refused(client: TestClient, config: dict[str, Any]) -> None:
    answer = client.post("/v1/rounds", json=config)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


def test_an_annotator_may_not_start_rounds(client: TestClient, key_for: Any) -> None:
    answer = client.post("/v1/rounds", json={"boxes": 3}, headers=key_for(Role.ANNOTATOR))
    assert answer.status_code == 403
