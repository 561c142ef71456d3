"""A shop whose truth is known, as captures in the records, and people who label it through the API."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from labeling.annotations import AnnotatedBox
from labeling.leases import TaskState
from labeling.quality.simulated import HEIGHT, WIDTH, ErrorRates, annotate, draw_catalogue, draw_photo
from labeling.quality.simulated_model import SimulatedModel
from service.auth.keys import issue_key
from service.auth.permissions import Role
from service.context import Context
from service.records import (
    BayRecord,
    CaptureRecord,
    ProductRecord,
    RoundRecord,
    StoreRecord,
    TaskCategoryRecord,
    TaskRecord,
)
from service.tasks.annotating import box_json

CATEGORIES = draw_catalogue(categories=3, products_each=4)


class Shop:
    """Tasks of rank 1, 2, … of one round, and what is really on each photo."""

    def __init__(self, context: Context, client: TestClient) -> None:
        self.context, self.client = context, client
        self.truths: dict[str, tuple[AnnotatedBox, ...]] = {}  # by capture
        self.tasks: list[str] = []
        now = context.clock()
        with context.database.write() as session:
            session.add(StoreRecord(id="s1", name="Kiosk", format="convenience"))
            session.add_all(
                ProductRecord(gtin=gtin, name=f"Product {gtin}", category=list(path))
                for gtin, path in CATEGORIES.items()
            )
            session.add(
                RoundRecord(
                    id="1" * 32,
                    created_at=now,
                    by="a test",
                    config={},
                    pool_digest="",
                    pool_size=0,
                    model_version=1,
                    near_duplicates={},
                )
            )
            session.flush()
            session.add(BayRecord(id="b1", store_id="s1"))

    def add_tasks(self, number: int, seed: int = 0, model: SimulatedModel | None = None) -> list[str]:
        """Queue tasks of photos in which a model saw everything and knew no product, or of what this one sees."""
        rng, now = np.random.default_rng(seed), self.context.clock()
        added: list[str] = []
        with self.context.database.write() as session:
            for _ in range(number):
                boxes = draw_photo(rng, CATEGORIES)
                place = len(self.tasks) + 1
                id, capture_id = f"{int(now.timestamp() * 1000):012x}{place:020x}", f"{place:032x}"
                self.truths[capture_id] = boxes
                session.add(_capture(capture_id, _detections(boxes, model), now))
                session.flush()
                task = TaskRecord(id=id, round_id="1" * 32, capture_id=capture_id, store_id="s1", created_at=now)
                task.state, task.rank, task.arm = TaskState.QUEUED, place, "random"
                task.reason, task.predicted_boxes = f"{place} boxes the model doubts", len(boxes)
                session.add(task)
                session.flush()
                session.add(TaskCategoryRecord(task_id=id, category="aisle 0"))
                added.append(id)
                self.tasks.append(id)
        return added


class Person:
    """Somebody with a key who labels what he leases, as well as he can."""

    def __init__(self, shop: Shop, role: Role, name: str, rates: ErrorRates, seed: int = 0) -> None:
        with shop.context.database.write() as session:
            record, key = issue_key(session, name=name, role=role, store_ids=None, now=shop.context.clock())
        self.shop, self.id, self.rates = shop, record.id, rates
        self.headers = {"Authorization": f"Bearer {key}"}
        self._rng = np.random.default_rng(seed)

    def call(self, method: str, path: str, **request: Any) -> Any:
        answer = self.shop.client.request(method, path, headers=self.headers, **request)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def refused(self, method: str, path: str, **request: Any) -> str:
        answer = self.shop.client.request(method, path, headers=self.headers, **request)
        assert answer.status_code >= 400, answer.text
        return str(answer.json()["code"])

    def look(self, path: str) -> tuple[int, str]:
        """Return the status and the shape of an answer: its keys down to the lists."""
        answer = self.shop.client.get(path, headers=self.headers)
        return answer.status_code, str(_shape(answer.json()))

    def lease(self, **request: Any) -> dict[str, Any]:
        leased: dict[str, Any] = self.call("POST", "/v1/tasks/lease", json=request)
        return leased

    def draw(self, capture_id: str) -> list[dict[str, Any]]:
        return [box_json(box) for box in annotate(self._rng, self.shop.truths[capture_id], self.rates, CATEGORIES)]

    def label(self, task: dict[str, Any], token: str, boxes: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        body = {"lease_token": token, "boxes": self.draw(task["capture_id"]) if boxes is None else boxes}
        kept: dict[str, Any] = self.call("POST", f"/v1/tasks/{task['id']}/annotations", json=body)
        return kept

    def label_all(self, most: int = 1000) -> list[dict[str, Any]]:
        """Lease and label until there is nothing more, and return the tasks."""
        done: list[dict[str, Any]] = []
        while len(done) < most:
            leased = self.lease(count=min(20, most - len(done)))
            if not leased["tasks"]:
                break
            for task in leased["tasks"]:
                self.label(task, leased["lease_token"])
            done += leased["tasks"]
        return done


@pytest.fixture
def shop(context: Context, client: TestClient) -> Shop:
    """A shop without tasks, and without gold or overlap until a test sets it."""
    context.settings.quality.gold_share = 0
    context.settings.quality.overlap_share = 0
    return Shop(context, client)


PersonMaker = Callable[..., Person]


@pytest.fixture
def person(shop: Shop) -> PersonMaker:
    """Make somebody with error rates: `person("Ada", missing=0.1)`."""

    def make(name: str, role: Role = Role.ANNOTATOR, seed: int = 0, **rates: float) -> Person:
        return Person(shop, role, name, ErrorRates(**{"jitter": 0.0, **rates}), seed)

    return make


@pytest.fixture
def gold(shop: Shop, person: PersonMaker) -> Callable[[int], list[str]]:
    """Let an expert label tasks without an error, another one accept them, and make them gold."""

    def make(number: int) -> list[str]:
        shop.add_tasks(number, seed=100)
        labeller, reviewer = person("Expert", Role.EXPERT), person("Reviewer", Role.EXPERT)
        ids = [task["id"] for task in labeller.label_all(number)]
        for id in ids:
            reviewer.call("POST", "/v1/reviews", json={"task_id": id})
            leased = reviewer.call("POST", "/v1/reviews/lease", json={"task_id": id})
            decision = {"lease_token": leased["lease_token"], "decision": "accept"}
            reviewer.call("POST", f"/v1/tasks/{id}/review", json=decision)
            reviewer.call("POST", "/v1/gold", json={"task_id": id})
        return ids

    return make


def _capture(id: str, detections: list[dict[str, Any]], now: Any) -> CaptureRecord:
    return CaptureRecord(
        id=id,
        sha256=id,
        store_id="s1",
        bay_id="b1",
        taken_at=now,
        received_at=now,
        width=WIDTH,
        height=HEIGHT,
        image_key=f"{id}.jpg",
        image_sha256="",
        faces_blurred=0,
        stratum="neutral/frontal/convenience",
        model_version=1,
        truncated=False,
        detections=detections,
    )


def _shape(answer: Any) -> Any:
    return {key: _shape(value) for key, value in answer.items()} if isinstance(answer, dict) else type(answer).__name__


def _detections(truth: Sequence[AnnotatedBox], model: SimulatedModel | None) -> list[dict[str, Any]]:
    if model is None:
        unsure = {"confidence": 0.9, "uncertainty": {"localisation": 0.01}, "naming": None}
        return [{**box_json(box), "gtin": None, **unsure} for box in truth]
    seen = model.look(truth)
    assert seen.looseness is not None
    return [
        {
            "kind": kind.value,
            "box": [float(edge) for edge in box],
            "gtin": max(products, key=lambda gtin: products[gtin]) if products else None,
            "confidence": float(probability),
            "uncertainty": {"localisation": float(looseness)},
            "naming": {"products": [{"gtin": gtin, "probability": chance} for gtin, chance in products.items()]},
        }
        for kind, box, products, probability, looseness in zip(
            seen.kinds, seen.boxes, seen.products, seen.probabilities, seen.looseness, strict=True
        )
    ]
