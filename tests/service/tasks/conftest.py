"""A queue of tasks, and people with keys of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.auth.permissions import Role
from service.context import Context
from service.ids import new_id
from service.records import BayRecord, CaptureRecord, RoundRecord, StoreRecord, TaskCategoryRecord, TaskRecord

FACING = {"kind": "facing", "box": [10, 20, 110, 220], "gtin": None}


@pytest.fixture
def queue(context: Context) -> Callable[..., list[str]]:
    """Queue tasks of rank 1, 2, … on captures of 640 x 480: `queue(3, store="s1", category="food")`; returns ids."""

    def add(number: int, store: str = "s1", category: str | None = None, **fields: Any) -> list[str]:
        now = context.clock()
        ids = [new_id(now) for _ in range(number)]
        with context.database.write() as session:
            if session.get(StoreRecord, store) is None:
                session.add(StoreRecord(id=store, name=store, format="convenience"))
                session.flush()
                session.add(BayRecord(id=f"{store}-b", store_id=store))
                known: dict[str, Any] = {"config": {}, "pool_digest": "", "pool_size": 0, "near_duplicates": {}}
                session.add(RoundRecord(id=store, created_at=now, by="a test", model_version=1, **known))
                session.flush()
            for rank, id in enumerate(ids, start=1):
                session.add(_capture(id, store, now))
                session.flush()
                task = TaskRecord(id=id, round_id=store, capture_id=id, store_id=store, created_at=now, rank=rank)
                task.state, task.arm, task.reason, task.predicted_boxes = "queued", "value", "2 boxes doubted", 10
                for name, value in fields.items():
                    setattr(task, name, value)
                session.add(task)
                session.flush()
                if category is not None:
                    session.add(TaskCategoryRecord(task_id=id, category=category))
        return ids

    return add


def _capture(id: str, store: str, now: Any) -> CaptureRecord:
    return CaptureRecord(
        id=id,
        sha256=id,
        store_id=store,
        bay_id=f"{store}-b",
        taken_at=now,
        received_at=now,
        width=640,
        height=480,
        image_key=f"{id}.jpg",
        image_sha256="",
        faces_blurred=0,
        stratum="neutral/frontal/convenience",
        model_version=1,
        truncated=False,
        detections=[FACING],
    )


@dataclass
class Person:
    """Somebody with a key, who leases tasks and does things to them."""

    client: TestClient
    key: dict[str, str]

    def lease(self, **request: Any) -> tuple[str, list[str]]:
        """Return the lease's token and the ids of its tasks."""
        answer = self.client.post("/v1/tasks/lease", json=request, headers=self.key)
        assert answer.status_code == 200, answer.text
        return answer.json()["lease_token"], [task["id"] for task in answer.json()["tasks"]]

    def does(self, what: str, task: str, token: str, **more: Any) -> Any:
        """Skip, release, escalate, extend, or label with `annotations`."""
        request = {"lease_token": token, **more}
        return self.client.post(f"/v1/tasks/{task}/{what}", json=request, headers=self.key)

    def gets(self, path: str) -> Any:
        return self.client.get(f"/v1/tasks{path}", headers=self.key)


@pytest.fixture
def person(client: TestClient, key_for: Callable[..., dict[str, str]]) -> Callable[..., Person]:
    """Give somebody a key: `person()` for an annotator, `person(Role.EXPERT)`."""

    def make(role: Role = Role.ANNOTATOR, store_ids: list[str] | None = None) -> Person:
        return Person(client, key_for(role, store_ids))

    return make


@pytest.fixture
def settings(settings: Any) -> Any:
    """No task is copied by chance."""
    settings.quality.gold_share = settings.quality.overlap_share = 0.0
    return settings
