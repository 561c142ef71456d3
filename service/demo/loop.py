"""The loop itself, step by step, as each kind of user would play it."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from labeling.annotations import AnnotatedBox
from labeling.costs import ASSUMED_COST
from retail.boxes import DetectionKind
from service.auth.permissions import Role
from service.demo.door import Door
from service.demo.installation import DemoFailed, Installation
from service.demo.shelves import Photo
from service.retrainings.queries import ENDED
from training.synthetic.world import ShelfWorld


@dataclass(frozen=True, slots=True)
class Labelled:
    """What labelling one arm cost."""

    photos: int
    boxes: int
    seconds: float


class Loop:
    """Holds one door for each kind of user; every method is one step."""

    def __init__(self, installation: Installation, progress: Progress) -> None:
        """Make the keys."""
        self.installation, self.progress = installation, progress
        doors = {
            role: Door(installation.url, installation.key(role)) for role in (Role.STORE, Role.ANNOTATOR, Role.ADMIN)
        }
        self.store, self.annotator, self.engineer = doors.values()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the doors."""
        for door in (self.store, self.annotator, self.engineer):
            door.close()

    def register(self, world: ShelfWorld) -> None:
        """Tell the service about stores, cameras, bays and products."""
        calls: list[tuple[str, dict[str, Any]]] = []
        calls += [(f"/v1/stores/{s.id}", {"name": s.name, "format": s.format}) for s in world.stores]
        calls += [(f"/v1/stores/{c.store_id}/cameras/{c.id}", {}) for c in world.cameras]
        calls += [(f"/v1/stores/{b.store_id}/bays/{b.id}", {}) for b in world.bays]
        calls += [
            (f"/v1/products/{p.gtin}", {"name": p.name, "category": p.category, "family": p.family})
            for p in world.catalogue
        ]
        for path, body in self.progress.track(calls, description="Stores and catalogue"):
            self.engineer.call("PUT", path, json=body)

    def send(self, photos: Iterable[Photo], total: int) -> dict[str, Photo]:
        """Send captures and return them by id."""
        sent = {}
        for photo in self.progress.track(photos, total, description="Captures sent"):
            fields = {
                "store_id": photo.store_id,
                "bay_id": photo.bay_id,
                "camera_id": photo.camera_id,
                "taken_at": photo.taken_at.isoformat(),
            }
            answer = self.store.call("POST", "/v1/captures", files={"photo": photo.jpeg}, data=fields)
            sent[answer["id"]] = photo
        return sent

    def analyze(self, photos: list[Photo], description: str) -> list[tuple[AnnotatedBox, ...]]:
        """Return what the serving model answers to each photo, keeping nothing."""
        answers = []
        for photo in self.progress.track(photos, description=description):
            answer = self.store.call("POST", "/v1/analyze", files={"photo": photo.jpeg})
            answers.append(tuple(_answered(detection) for detection in answer["detections"]))
        return answers

    def start_round(self, annotator_minutes: float) -> dict[str, Any]:
        """Let the sampler pick captures for a budget of modelled annotator time, half of it at random."""
        shares = {"random_share": 0.5, "support_share": 0, "event_share": 0}  # else the arms would differ in cost
        body = {"seconds": annotator_minutes * 60, **shares, "seed": 7}
        answer: dict[str, Any] = self.engineer.call("POST", "/v1/rounds", json=body)
        return answer

    def label(self, captures: dict[str, Photo], arms: dict[str, str]) -> dict[str, Labelled]:
        """Label every task with the generator's truth; return what each arm cost, which the annotator is not told."""
        costs: dict[str, Labelled] = {}
        bar = self.progress.add_task("Tasks labelled", total=len(arms))
        while (lease := self.annotator.call("POST", "/v1/tasks/lease", json={"count": 10}))["tasks"]:
            for task in lease["tasks"]:
                truth = captures[task["capture_id"]].truth
                seconds = ASSUMED_COST.seconds(len(truth))
                body = {"lease_token": lease["lease_token"], "boxes": [_drawn(b) for b in truth], "seconds": seconds}
                self.annotator.call("POST", f"/v1/tasks/{task['id']}/annotations", json=body)
                arm = arms[task["capture_id"]]
                before = costs.get(arm, Labelled(0, 0, 0))
                costs[arm] = Labelled(before.photos + 1, before.boxes + len(truth), before.seconds + seconds)
                self.progress.advance(bar)
        return costs

    def start_retraining(self, arm: str) -> str:
        """Queue a retraining on one arm's annotations, from the model that serves now."""
        body = {
            "reason": f"demo: labels of the {arm} arm",
            "arms": [arm],
            "preset": "quick",
            "promote": "if_gate_passes" if arm == "value" else "never",
        }
        return str(self.engineer.call("POST", "/v1/retrainings", json=body)["id"])

    def follow(self, retraining: str, description: str) -> dict[str, Any]:
        """Show a retraining's progress until it ended, and return it.

        Raises:
            DemoFailed: if it failed.
        """
        bar = self.progress.add_task(description, total=None)
        while True:
            self.installation.check()
            state: dict[str, Any] = self.engineer.call("GET", f"/v1/retrainings/{retraining}")
            if "epochs" in state["progress"]:
                self.progress.update(bar, total=state["progress"]["epochs"], completed=state["progress"]["epoch"])
            if state["state"] in ENDED:
                break
            time.sleep(0.5)
        if state["state"] in ("failed", "cancelled"):
            raise DemoFailed(f"The retraining ended as {state['state']}: {state['error']}")
        self.progress.update(bar, total=1, completed=1)
        return state

    @contextmanager
    def serving(self, version: int) -> Iterator[None]:
        """Let a model serve within the block; one that was not the champion is rolled back after it."""
        was_champion = self._champion() == version
        if not was_champion:
            body = {"reason": "demo: to measure it", "force": True}
            self.engineer.call("POST", f"/v1/models/{version}/promote", json=body)
        try:
            self._wait_until_loaded(version)
            yield
        finally:
            if not was_champion:
                self.engineer.call("POST", "/v1/models/rollback", json={"reason": "demo: measured"})

    def _champion(self) -> int:
        return int(self.engineer.call("GET", "/v1/models")["champion"])

    def _wait_until_loaded(self, version: int) -> None:
        while self.engineer.call("GET", "/v1/models")["loaded"] != version:
            self.installation.check()
            time.sleep(0.2)


def progress_bars() -> Progress:
    """Return the demo's way to show how far a step is."""
    return Progress(TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


def _answered(detection: dict[str, Any]) -> AnnotatedBox:
    x1, y1, x2, y2 = detection["box"]
    return AnnotatedBox(DetectionKind(detection["kind"]), x1, y1, x2, y2, detection["gtin"])


def _drawn(box: AnnotatedBox) -> dict[str, Any]:
    return {"kind": box.kind, "box": [box.x1, box.y1, box.x2, box.y2], "gtin": box.gtin}
