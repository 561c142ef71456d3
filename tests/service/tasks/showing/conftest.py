"""Painted shelves whose photos are in tasks, and an annotator who labels them."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.auth.permissions import Role
from service.context import Context
from service.ids import new_id
from service.records import CaptureRecord, RoundRecord, TaskRecord
from service.settings import Settings
from tests.service.compliance.conftest import context, plan, planned, products, sent
from tests.service.conftest import KeyMaker

__all__ = ["context", "plan", "planned", "products", "sent"]
TaskMaker = Callable[..., str]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with which no blind copy comes by chance."""
    return settings.model_copy(update={"quality": settings.quality.model_copy(update={"gold_share": 0.0})})


@pytest.fixture
def annotator(client: TestClient, key_for: KeyMaker) -> dict[str, str]:
    """The key of an annotator of store s1."""
    return key_for(Role.ANNOTATOR, ["s1"])


@pytest.fixture
def task_of(context: Context) -> TaskMaker:
    """Queue a task on a capture: `task_of(capture_id, purpose="gold")`."""

    def add(capture_id: str, **columns: Any) -> str:
        now = context.clock()
        with context.database.write() as session:
            capture = session.get_one(CaptureRecord, capture_id)
            if session.get(RoundRecord, "r" * 32) is None:
                facts = {"config": {}, "pool_digest": "", "pool_size": 1, "model_version": 1, "near_duplicates": {}}
                session.add(RoundRecord(id="r" * 32, created_at=now, by="a test", **facts))
                session.flush()
            wanted = {"round_id": "r" * 32, "state": "queued", "rank": 1, "arm": "value", "reason": "the model doubts"}
            wanted |= {"predicted_boxes": len(capture.detections), "store_id": capture.store_id, **columns}
            task = TaskRecord(id=new_id(now), capture_id=capture_id, created_at=now, **wanted)
            session.add(task)
        return task.id

    return add


@pytest.fixture
def leased(client: TestClient, annotator: dict[str, str]) -> Callable[..., str]:
    """Lease all queued tasks for the annotator, or for the holder of another key, and return the token."""

    def lease(key: dict[str, str] | None = None) -> str:
        answer = client.post("/v1/tasks/lease", json={"count": 10}, headers=key or annotator)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["lease_token"])

    return lease
