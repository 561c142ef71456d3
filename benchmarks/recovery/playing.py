"""Playing the story for one seed; what was measured is written down after every step, and a killed run goes on."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.recovery.counting import Step
from benchmarks.recovery.photos import Photo, digest, photos_of
from benchmarks.recovery.scoring import score_photo
from benchmarks.recovery.shop import Shop
from benchmarks.recovery.story import BEGINS, FIRST, POOL, ROUND_DAYS, TESTS, Arm, Stage, worlds

ROUND_SHARE = 0.047  # of the pool's boxes, in each of two rounds
# What a round is asked for beside its budget: nothing, as shipped; or chance alone.
WAYS: dict[Arm, dict[str, Any]] = {
    "shipped": {},
    "random": {"random_share": 1, "support_share": 0, "event_share": 0},
}
# Few epochs: a fit starts from what serves, and the quick preset keeps the backbone as it is.
FIRST_FIT: dict[str, Any] = {"preset": "quick", "overrides": {"epochs": 6}}
ROUND_FIT: dict[str, Any] = {"preset": "quick", "overrides": {"epochs": 3}}


def prepare(seed: int, folder: Path, threads: int = 1) -> None:
    """Let the stores label as usual, let everything change, and measure the champion at every stage."""
    steps, home = Steps(folder / "champion.json"), folder / "home"
    with Shop(home, threads) as shop:
        for stage in Stage:
            if steps.has(stage):
                continue
            shop.clock.set(BEGINS[stage])
            shop.register(worlds(seed)[stage])
            if stage is Stage.BEFORE:
                _learn(shop, seed, folder)
            steps.add({"step": stage, **_measured(shop, seed, stage, folder)})
        shop.clock.set(POOL.days.stop)
        shop.send(photos_of(seed, POOL, folder / "photos"))


def _learn(shop: Shop, seed: int, folder: Path) -> None:
    """Label all of the first photos and retrain."""
    first = shop.send(photos_of(seed, FIRST, folder / "photos"))
    shop.clock.set(len(FIRST.days))
    while shop.pick_the_rest(_predicted(shop, first), seed):
        shop.label(first)
    shop.retrain("the first labels", **FIRST_FIT)


def play(seed: int, arm: Arm, folder: Path, threads: int = 1) -> None:
    """Play two rounds on a copy of what was prepared."""
    steps, home = Steps(folder / f"{arm}.json"), folder / f"home-{arm}"
    if not home.exists():
        copy = home.with_suffix(".partial")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder / "home", copy)
        copy.replace(home)
    with Shop(home, threads) as shop:
        pool = photos_of(seed, POOL, folder / "photos")
        captures = shop.send(pool)  # they are there; this tells their ids
        earlier = shop.send(photos_of(seed, FIRST, folder / "photos"))
        # Of the champion's own look at the pool, which the first round starts from.
        budget = round(ROUND_SHARE * _predicted(shop, captures))
        for number, day in enumerate(ROUND_DAYS, start=1):
            if steps.has(f"round {number}"):
                continue
            shop.clock.set(day)
            shop.look_again()
            made = shop.pick(day, {"boxes": budget, "seed": seed, **WAYS[arm]})
            shop.label(captures | earlier)  # a killed run may have left one of those unlabelled
            ended = shop.retrain(f"round {number}", **ROUND_FIT)
            labelled = [captures[pick["capture_id"]] for pick in made["picks"]]
            step = {"step": f"round {number}", **_labelled(labelled, pool), **_told(ended)}
            steps.add({**step, **_measured(shop, seed, Stage.PLANOGRAMS, folder)})


class Steps:
    """What was measured, in a file."""

    def __init__(self, path: Path) -> None:
        """Read what is there."""
        self._path = path
        self.taken: list[Step] = json.loads(path.read_text()) if path.exists() else []

    def has(self, name: str) -> bool:
        """Tell whether a step was taken."""
        return any(step["step"] == name for step in self.taken)

    def add(self, step: Step) -> None:
        """Write a step down."""
        self.taken.append(step)
        partial = self._path.with_suffix(".partial")
        partial.write_text(json.dumps(self.taken))
        os.replace(partial, self._path)


def _predicted(shop: Shop, captures: dict[str, Photo]) -> int:
    """Count the boxes that were found in captures when they came."""
    found = (shop.call("GET", f"/v1/captures/{id}")["detections"] for id in captures)
    return sum(map(len, found))


def _labelled(labelled: Sequence[Photo], pool: Sequence[Photo]) -> Step:
    boxes = sum(len(photo.boxes) for photo in labelled)
    return {"labelled": len(labelled), "boxes": boxes, "pool_boxes": sum(len(photo.boxes) for photo in pool)}


def _told(ended: dict[str, Any]) -> Step:
    progress = ended["progress"]
    told = {"state": ended["state"], "error": ended["error"], "trained_on": progress.get("captures")}
    return {"retraining": {**told, "note": progress.get("note"), "snapshot": ended["snapshot_hash"]}}


def _measured(shop: Shop, seed: int, stage: Stage, folder: Path) -> Step:
    photos, planograms = photos_of(seed, TESTS[stage], folder / "photos"), worlds(seed)[stage].planograms
    scored = [score_photo(shop.context, photo, planograms[photo.truth.bay_id]) for photo in photos]
    return {
        "model": shop.context.serving.current().version,
        "references": _references(shop),
        "tested_on": digest(photos),
        "verdicts": np.sum([one.verdicts for one in scored], axis=0).tolist(),
        "photos": [one.facings.tolist() for one in scored],
    }


def _references(shop: Shop) -> int:
    naming = shop.context.naming.current()
    return 0 if naming is None else len(naming.gallery)
