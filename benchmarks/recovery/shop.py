"""The service that the stores use, in this process: its doors, its jobs, and a clock that the story sets."""

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import select

from benchmarks.recovery.photos import START, Photo
from labeling.annotations import AnnotatedBox
from labeling.costs import ASSUMED_COST
from service.app import create_app
from service.auth.keys import issue_key
from service.auth.permissions import Role
from service.context import Context, make_context
from service.jobs import Jobs
from service.migrations import upgrade
from service.records import TaskRecord
from service.retrainings.job import QUEUE as RETRAININGS
from service.retrainings.job import retrain
from service.retrainings.queries import QUEUED, RUNNING
from service.rounds.resigning import QUEUE as SIGNATURES
from service.rounds.resigning import due_resignings, resign
from service.settings import QualitySettings, Settings, ShadowSettings, VisionSettings
from training.synthetic.world import ShelfWorld

with warnings.catch_warnings():
    # Starlette asks for httpx's successor here; the project itself uses httpx.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

_MEASURES = 7  # every seventh random pick stays one that only measures, as in a round of the service


class Clock:
    """Goes on from the day that it was set to."""

    def __init__(self) -> None:
        """Start with the story."""
        self.set(0)

    def set(self, day: float) -> None:
        """Let it be noon on a day of the story."""
        self._noon, self._since = START + timedelta(days=day, hours=12), time.monotonic()

    def __call__(self) -> datetime:
        """Return the time."""
        return self._noon + timedelta(seconds=time.monotonic() - self._since)


class Shop:
    """One installation; every method is something that people or workers do, done again without harm."""

    def __init__(self, home: Path, threads: int) -> None:
        """Open the installation in a folder, or make it."""
        vision = VisionSettings(threads=threads, blur_faces=False)  # nobody is drawn whose face is to be hidden
        settings = Settings(
            home=home,
            vision=vision,
            quality=QualitySettings(gold_share=0, overlap_share=0),  # who labels here never errs
            shadow=ShadowSettings(captures=0),  # no captures come between two rounds: what passes its gate serves
        )
        self.clock = Clock()
        self.context: Context = replace(make_context(settings), clock=self.clock)
        upgrade(self.context.database)
        self._client = TestClient(create_app(self.context))
        self._jobs: Jobs | None = None

    def __enter__(self) -> Self:
        """Start serving and working."""
        self._client.__enter__()
        with self.context.database.write() as session:
            _, key = issue_key(session, name="study", role=Role.ADMIN, store_ids=None, now=self.clock())
        self._client.headers["Authorization"] = f"Bearer {key}"
        jobs = {RETRAININGS: partial(retrain, self.context), SIGNATURES: partial(resign, self.context)}
        self._jobs = Jobs(self.context.settings.resolved_jobs_url, "study", jobs)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop both."""
        assert self._jobs is not None
        self._jobs.close()
        self._client.__exit__(kind, error, trace)

    def call(self, method: str, path: str, **request: Any) -> Any:
        """Send a request and return the answer's JSON."""
        answer = self._client.request(method, path, **request)
        if answer.is_error:
            raise RuntimeError(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json()

    def register(self, world: ShelfWorld) -> None:
        """Tell the service about stores, cameras, bays, products and planograms as they are now."""
        for store in world.stores:
            self.call("PUT", f"/v1/stores/{store.id}", json={"name": store.name, "format": store.format})
        for camera in world.cameras:
            self.call("PUT", f"/v1/stores/{camera.store_id}/cameras/{camera.id}", json={})
        for one in world.catalogue:
            body = {"name": one.name, "category": one.category, "family": one.family}
            self.call("PUT", f"/v1/products/{one.gtin}", json=body)
        for bay in world.bays:
            self.call("PUT", f"/v1/stores/{bay.store_id}/bays/{bay.id}", json={})
            self.call("PUT", f"/v1/planograms/{bay.id}", json=_planogram(world, bay.id))
            self.call("PUT", f"/v1/bays/{bay.id}/planogram", json={"planogram_id": bay.id})

    def send(self, photos: Sequence[Photo]) -> dict[str, Photo]:
        """Send captures and return them by id."""
        sent = {}
        for photo in photos:
            fields = {
                "store_id": photo.truth.store_id,
                "bay_id": photo.truth.bay_id,
                "camera_id": photo.truth.camera_id,
                "taken_at": photo.taken_at.isoformat(),
            }
            answer = self.call("POST", "/v1/captures", files={"photo": photo.jpeg}, data=fields)
            sent[answer["id"]] = photo
        return sent

    def pick_the_rest(self, boxes: int, seed: int) -> bool:
        """Start a round of what nobody labelled, near-duplicates left out; tell whether there was any."""
        answer = self._client.post("/v1/rounds", json={"boxes": boxes, "seed": seed})
        return answer.is_success or bool(self.call("GET", "/v1/tasks", params={"state": "queued"}))

    def pick(self, day: int, config: dict[str, Any]) -> dict[str, Any]:
        """Start the round of a day, unless it was started."""
        of_day = str((START + timedelta(days=day)).date())
        for one in self.call("GET", "/v1/rounds"):
            if one["created_at"].startswith(of_day):
                known: dict[str, Any] = self.call("GET", f"/v1/rounds/{one['id']}")
                return known
        started: dict[str, Any] = self.call("POST", "/v1/rounds", json=config)
        if config.get("random_share") == 1:
            self._let_teach(started["id"])
        return started

    def _let_teach(self, round_id: str) -> None:
        """Let most of a random round teach names, too: the service lets no random pick do so, because it measures."""
        with self.context.database.write() as session:
            tasks = session.scalars(select(TaskRecord).where(TaskRecord.round_id == round_id)).all()
            for task in tasks:
                task.arm = "random" if task.rank % _MEASURES == 0 else "value"

    def label(self, captures: Mapping[str, Photo]) -> None:
        """Label every task that waits, as a person does who never errs."""
        while (lease := self.call("POST", "/v1/tasks/lease", json={"count": 10}))["tasks"]:
            for task in lease["tasks"]:
                boxes = captures[task["capture_id"]].boxes
                body = {
                    "lease_token": lease["lease_token"],
                    "boxes": [_drawn(box) for box in boxes],
                    "seconds": ASSUMED_COST.seconds(len(boxes)),
                }
                self.call("POST", f"/v1/tasks/{task['id']}/annotations", json=body)
        self.context.naming.refresh()

    def retrain(self, reason: str, **request: Any) -> dict[str, Any]:
        """Retrain on everything labelled so far, from the champion; return how it ended."""
        known = [one for one in self.call("GET", "/v1/retrainings") if one["reason"] == reason]
        ordered = known[0] if known else self.call("POST", "/v1/retrainings", json={"reason": reason, **request})
        assert self._jobs is not None
        self._jobs.hand_over(RETRAININGS, ordered["id"])
        while (state := self.call("GET", f"/v1/retrainings/{ordered['id']}"))["state"] in (QUEUED, RUNNING):
            time.sleep(1)
        self.context.serving.refresh()
        ended: dict[str, Any] = state
        return ended

    def look_again(self) -> None:
        """Let the worker bring every signature up to the champion."""
        assert self._jobs is not None
        while True:
            with self.context.database.read() as session:
                due = due_resignings(session)
            if not due:
                return
            for order in due:
                self._jobs.hand_over(SIGNATURES, order)
            time.sleep(1)


def _planogram(world: ShelfWorld, bay_id: str) -> dict[str, Any]:
    planogram = world.planograms[bay_id]
    names = ("shelf", "slot", "gtin", "wide", "high", "x", "width")
    return {
        "width": planogram.width,
        "shelves": [{"number": one.number, "base": one.base, "clear": one.clear} for one in planogram.shelves],
        "positions": [{name: getattr(one, name) for name in names} for one in planogram.positions],
    }


def _drawn(box: AnnotatedBox) -> dict[str, Any]:
    return {"kind": box.kind, "box": [box.x1, box.y1, box.x2, box.y2], "gtin": box.gtin}
