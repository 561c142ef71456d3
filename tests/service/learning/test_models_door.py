"""Models and retrainings over HTTP."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from service.auth.permissions import Role
from service.context import Context

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")  # MLflow's


def test_the_starter_is_there_and_serves(client: TestClient) -> None:
    body = client.get("/v1/models").json()
    assert (body["champion"], body["loaded"], body["loading_error"], body["waiting"]) == (1, 1, None, 0)
    assert [(m["version"], m["source"], m["serving"], m["gate_passed"]) for m in body["models"]] == [
        (1, "starter", True, None)
    ]
    assert [move["action"] for move in body["promotions"]] == ["starter"]
    details = client.get("/v1/models/1").json()
    assert details["metadata"]["classes"] == ["product", "shelf", "tag", "gap"]
    assert client.get("/v1/models/7").json()["code"] == "model-not-found"


def test_the_starter_is_the_last_that_a_rollback_reaches(client: TestClient) -> None:
    answer = client.post("/v1/models/rollback", json={"reason": "a test"})
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-to-roll-back")


def test_only_an_admin_may_force(client: TestClient, key_for: Callable[..., dict[str, str]]) -> None:
    request = {"reason": "a test", "force": True}
    refused = client.post("/v1/models/1/promote", json=request, headers=key_for(Role.ENGINEER))
    assert (refused.status_code, refused.json()["code"]) == (403, "force-not-allowed")
    assert client.post("/v1/models/1/promote", json=request).json()["code"] == "already-champion"
    assert client.post("/v1/models/1/promote", json=request, headers=key_for(Role.STORE)).status_code == 403


def test_a_retraining_is_ordered_watched_and_cancelled(client: TestClient, context: Context, labelled: object) -> None:
    request = {"reason": "a test", "overrides": {"epochs": 3}}
    refused = client.post("/v1/retrainings", json=request)
    assert (refused.status_code, refused.json()["code"]) == (422, "nothing-to-train")
    assert "Label tasks first" in refused.json()["remedy"]
    assert client.get("/v1/retrainings").json() == []
    labelled.add(1)  # type: ignore[attr-defined]
    ordered = client.post("/v1/retrainings", json=request)
    assert ordered.status_code == 202, ordered.text
    found = client.get(f"/v1/retrainings/{ordered.json()['id']}").json()
    assert (found["state"], found["base_version"], found["gate"]) == ("queued", 1, None)
    cancelled = client.post(f"/v1/retrainings/{found['id']}/cancel").json()
    assert cancelled["state"] == "cancelled"
    assert cancelled["finished_at"]
    again = client.post(f"/v1/retrainings/{found['id']}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "retraining-finished")
    assert client.get(f"/v1/retrainings/{'0' * 32}").json()["code"] == "retraining-not-found"


def test_an_annotator_may_not_train(client: TestClient, key_for: Callable[..., dict[str, str]]) -> None:
    assert client.post("/v1/retrainings", json={"reason": "x"}, headers=key_for(Role.ANNOTATOR)).status_code == 403
