import asyncio
import threading

import pytest

from service.captures.admission import Admission
from service.problems import Problem


def test_ready_means_able_to_answer(client, context, monkeypatch):
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready", "model_version": 1}

    def no_model() -> None:
        raise Problem(503, "model-not-loaded", "No model can answer yet.", retry_after=5)

    monkeypatch.setattr(context.serving, "current", no_model)
    assert client.get("/readyz").json()["code"] == "model-not-loaded"
    monkeypatch.setattr(type(context.database), "is_up", lambda _: False)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["code"], answer.headers["Retry-After"]) == (503, "database-down", "5")
    assert client.get("/healthz").status_code == 200


def test_metrics_count_by_route_not_by_address(client, bay, make_photo):
    id = client.post("/v1/captures", files={"photo": make_photo()}, data=bay).json()["id"]
    client.get(f"/v1/captures/{id}")
    text = client.get("/metrics").text
    assert 'shelfloop_requests_total{method="GET",route="/v1/captures/{id}",status="200"}' in text
    assert id not in text
    assert "shelfloop_model_version 1.0" in text
    assert "shelfloop_photos_admitted 0.0" in text
    for stage in ("decode", "infer", "store"):
        assert f'shelfloop_stage_seconds_count{{stage="{stage}"}}' in text


def test_more_photos_than_may_wait_are_refused_at_once(client, bay, make_photo):
    admission = client.app.state.admission
    admission._inside = admission._most
    answer = client.post("/v1/captures", files={"photo": make_photo()}, data=bay)
    assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
    assert answer.json()["retryable"] is True
    assert int(answer.headers["Retry-After"]) > 0
    admission._inside = 0
    assert client.post("/v1/captures", files={"photo": make_photo()}, data=bay).status_code == 201


def test_admission_works_in_order_and_gives_places_back():
    admission, done = Admission(at_once=1, waiting=1), []
    first_may_end = threading.Event()

    async def one(name: str, wait: bool) -> None:
        with admission.admit():
            await admission.run(lambda: (first_may_end.wait(5) if wait else None, done.append(name)))

    async def three() -> None:
        first, second = asyncio.create_task(one("first", True)), asyncio.create_task(one("second", False))
        await asyncio.sleep(0)
        with pytest.raises(Problem, match="waiting"):
            await one("third", False)
        first_may_end.set()
        await asyncio.gather(first, second)
        await one("fourth", False)

    asyncio.run(three())
    admission.close()
    assert done == ["first", "second", "fourth"]


def test_errors_of_all_kinds_are_problems(client):
    for path, status in (("/v1/nothing", 404), ("/v1/captures/xyz", 422)):
        answer = client.get(path)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code == status
