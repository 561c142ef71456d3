"""Do the knobs of a fit help? Gap-driven light, rare classes and replay, each on and off, on a small drawn world.

`make study-fit-knobs` runs it, in half an hour on two idle cores; it goes on where it was stopped. Products are the
classes, because colours and rare classes matter most where the detector itself tells products apart. All arms of a
comparison take the same number of steps from the same weights. docs/training.md says what it asks.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np

from benchmarks.report import Report, machine
from labeling.annotations import AnnotatedBox
from retail.conditions import Lighting
from training import replay
from training.architecture import save_checkpoint
from training.captures import LabelledCapture
from training.fit_config import FitConfig
from training.fit_order import FitOrder
from training.gap import preset_weights
from training.imbalance import repeat_factors
from training.snapshots import Snapshot, class_of, freeze
from training.splits import Split
from training.synthetic.groups import Group
from training.synthetic.season import Turnover
from training.synthetic.truth import SyntheticCapture
from training.synthetic.world import ShelfWorld, WorldSpec
from training.trainer import ShelfTrainer
from training.yolo_folder import materialise
from vision.artefact import FIXTURES, PRODUCT
from vision.decoding import encode_jpeg
from vision.starter import CHECKPOINT

SEEDS = (5, 6)
STEPS = 220
KNOBS = FitConfig(image_size=256, batch=2, learning_rate=2e-3, freeze_backbone=True, mosaic=0, lighting_share=0.6)
EVEN = dict.fromkeys(Lighting, 1.0)
SEASON = Turnover(delisted=0.1, refreshed=0.2, families=1, reset=0.5)
PARTS = ("rare", "common")
FIXTURE_NAMES = {PRODUCT, *(kind.value for kind in FIXTURES)}
Captures = list[LabelledCapture]


def main(folder: Path, seeds: Sequence[int]) -> None:
    """Run what is missing, and publish."""
    started, file = machine(), folder / "measured.json"
    measured: dict[str, dict[str, float]] = json.loads(file.read_text()) if file.exists() else {}
    for seed in seeds:
        for name, scores in arms(folder / str(seed), seed, set(measured)):
            measured[name] = scores
            file.write_text(json.dumps(measured, indent=1))
            print(name, scores, flush=True)
    rows = [{"arm": name.rpartition(" ")[0], "seed": name.rpartition(" ")[2], **one} for name, one in measured.items()]
    Report(
        "fit_knobs",
        headline(measured),
        {},
        rows,
        {f"world {number}": seed for number, seed in enumerate(seeds, start=1)},
        started,
    ).publish()


def headline(measured: Mapping[str, Mapping[str, float]]) -> dict[str, float | None]:
    """Return what each knob gains over the same fit without it, mean over seeds."""
    pairs = {
        "gap_gain_over_no_light": ("light gap", "light none", "live"),
        "gap_gain_over_even_light": ("light gap", "light even", "live"),
        "balance_gain_on_rare": ("balance on", "balance off", "rare"),
        "balance_gain_on_common": ("balance on", "balance off", "common"),
        "replay_gain_on_old_over_new_only": ("replay half", "replay none", "old"),
        "replay_gain_on_new_over_everything": ("replay half", "replay all", "new"),
    }
    return {name: _mean_gain(measured, *pair) for name, pair in pairs.items()}


def arms(folder: Path, seed: int, done: set[str]) -> Iterator[tuple[str, dict[str, float]]]:
    """Fit and score each arm of a world that is not done yet."""
    world = ShelfWorld.build(WorldSpec(seed, products=24, stores=3, bays_per_store=2, widest=12))
    yield from _light(world, folder / "light", seed, done)
    yield from _balance(world, folder / "balance", seed, done)
    yield from _replay(world, folder / "replay", seed, done)


def _light(world: ShelfWorld, folder: Path, seed: int, done: set[str]) -> Iterator[tuple[str, dict[str, float]]]:
    """Labelled in neutral light alone; live captures are dim and warm."""
    train = _photos(world, folder / "train", range(4), [Lighting.NEUTRAL])
    test = _photos(world, folder / "test", range(50, 53), [Lighting.DIM, Lighting.WARM])
    live = Counter(capture.stratum for capture in test)
    found = preset_weights({stratum: 10 * count for stratum, count in live.items()}, Counter(c.stratum for c in train))
    snapshot = _snapshot(train, test)
    for name, lighting in {"none": {}, "gap": dict(found.lighting), "even": EVEN}.items():
        if f"light {name} {seed}" not in done:
            config = KNOBS.model_copy(update={"lighting": lighting, "seed": seed})
            (scores,) = _fitted(snapshot, _ones(train), [test], config, CHECKPOINT, folder / name)
            yield f"light {name} {seed}", {"live": _mean(scores.values())}


def _balance(world: ShelfWorld, folder: Path, seed: int, done: set[str]) -> Iterator[tuple[str, dict[str, float]]]:
    """Some bays are photographed eight times, others once."""
    days = (8, 6, 4, 3, 2, 1)
    train = [photo for bay in range(6) for photo in _photos(world, folder / "train", range(days[bay]), EVEN, [bay])]
    test = _photos(world, folder / "test", range(50, 53), EVEN)
    shown = Counter(name for capture in train for name in _names(capture))
    rare = {name for name, count in shown.items() if count <= 3}
    for name, threshold in {"off": 0.0, "on": 0.3}.items():
        if f"balance {name} {seed}" not in done:
            rates, _ = repeat_factors(train, "products", threshold)
            config = KNOBS.model_copy(update={"lighting": EVEN, "seed": seed})
            (scores,) = _fitted(_snapshot(train, test), rates, [test], config, CHECKPOINT, folder / name)
            found = {part: [s for n, s in scores.items() if (n in rare) == (part == "rare")] for part in PARTS}
            yield f"balance {name} {seed}", {part: _mean(values) for part, values in found.items()}


def _replay(world: ShelfWorld, folder: Path, seed: int, done: set[str]) -> Iterator[tuple[str, dict[str, float]]]:
    """A champion of last season, and a few photos of this one, under other lamps."""
    later = world.advance(seed, SEASON)[0].relit(Group.HELD_OUT)
    old = _photos(world, folder / "old", range(4), EVEN)
    new = _photos(later, folder / "new", range(100, 102), EVEN)
    tests = [
        _photos(world, folder / "old test", range(50, 52), EVEN),
        _photos(later, folder / "new test", range(150, 152), EVEN),
    ]
    both = _snapshot(old + new, tests[0] + tests[1])
    config = KNOBS.model_copy(update={"lighting": EVEN, "seed": seed})
    champion = folder / "champion" / "candidate.safetensors"
    if not champion.exists():
        before = replace(both, split=replace(both.split, train=tuple(old)))
        _fitted(before, _ones(old), tests, config, CHECKPOINT, folder / "champion")
    replay.LEAST_PHOTOS = 0  # the rule for a handful of photos is not what is asked about
    for name, share in {"none": 0.0, "half": 0.5, "all": 1.0}.items():
        if f"replay {name} {seed}" not in done:
            rates, _ = replay.replay_rates(old + new, {capture.capture_id for capture in old}, share)
            scores = _fitted(both, rates, tests, config, champion, folder / name)
            yield (
                f"replay {name} {seed}",
                {part: _mean(s.values()) for part, s in zip(("old", "new"), scores, strict=True)},
            )


def _fitted(
    snapshot: Snapshot,
    rates: Mapping[str, float],
    tests: Sequence[Captures],
    config: FitConfig,
    start: Path,
    folder: Path,
) -> list[dict[str, float]]:
    """Fit, and return the AP (50 to 95) of every product that each test shows, of the averaged weights in torch."""
    epochs = max(1, round(STEPS * config.batch / sum(rates[capture.capture_id] for capture in snapshot.split.train)))
    order = FitOrder(
        initial_checkpoint=start,
        classes=snapshot.classes,
        data_yaml=materialise(snapshot, folder / "data", rates),
        run_folder=folder,
        config=config.model_copy(update={"epochs": epochs}),
        threads=None,
    )
    trainer = ShelfTrainer(order, lambda report: None)
    trainer.train()
    save_checkpoint(trainer.ema.ema, folder / "candidate.safetensors")
    return [_scores(trainer, snapshot, test, folder / f"test {number}") for number, test in enumerate(tests)]


def _scores(trainer: ShelfTrainer, snapshot: Snapshot, test: Captures, folder: Path) -> dict[str, float]:
    only = replace(snapshot, split=replace(snapshot.split, train=tuple(test), validation=tuple(test)))
    materialise(only, folder)
    trainer.validator.dataloader = trainer.get_dataloader(str(folder / "images" / "val"), 4, -1, "val")
    trainer.validate()
    box = trainer.validator.metrics.box
    names = [snapshot.classes[int(number)] for number in box.ap_class_index]
    return {name: float(ap) for name, ap in zip(names, box.ap, strict=True) if name not in FIXTURE_NAMES}


def _snapshot(train: Captures, test: Captures) -> Snapshot:
    """Freeze by hand: train on these, judge on those."""
    classes = freeze([*train, *test], "products").classes
    return Snapshot("products", classes, Split(tuple(train), tuple(test), (), "as the study says"))


def _photos(
    world: ShelfWorld, folder: Path, days: Iterable[int], lights: Iterable[Lighting], bays: Iterable[int] = range(6)
) -> Captures:
    """Photograph bays on days, in lights by turns."""
    folder.mkdir(parents=True, exist_ok=True)
    turns = list(lights)
    shots = [(world.bays[bay].id, day, turns[(bay + day) % len(turns)]) for bay in bays for day in days]
    return [_written(world.capture(bay, day, lighting=light, width=640), folder) for bay, day, light in shots]


def _written(capture: SyntheticCapture, folder: Path) -> LabelledCapture:
    path = folder / f"{capture.bay_id}-{capture.day}.jpg"
    path.write_bytes(encode_jpeg(capture.image))
    boxes = zip(capture.kinds, capture.boxes.tolist(), capture.gtins, strict=True)
    height, width = capture.image.shape[:2]
    return LabelledCapture(
        capture_id=f"{folder.name} {path.stem}",
        image=path,
        sha256=sha256(path.read_bytes()).hexdigest(),
        width=width,
        height=height,
        store_id=capture.store_id,
        bay_id=capture.bay_id,
        taken_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=capture.day),
        stratum=capture.condition.stratum,
        arm="random",
        boxes=tuple(AnnotatedBox(kind, x1, y1, x2, y2, gtin) for kind, (x1, y1, x2, y2), gtin in boxes),
    )


def _names(capture: LabelledCapture) -> set[str]:
    return {class_of(box, "products") for box in capture.boxes}


def _ones(captures: Captures) -> dict[str, float]:
    return {capture.capture_id: 1.0 for capture in captures}


def _mean(values: Iterable[float]) -> float:
    return round(float(np.mean(list(values))), 4)


def _mean_gain(measured: Mapping[str, Mapping[str, float]], arm: str, other: str, part: str) -> float | None:
    seeds = {name.rpartition(" ")[2] for name in measured}
    pairs = [(measured.get(f"{arm} {seed}"), measured.get(f"{other} {seed}")) for seed in seeds]
    gains = [one[part] - two[part] for one, two in pairs if one and two]
    return _mean(gains) if gains else None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/fit-knobs"))
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    asked = parser.parse_args()
    main(asked.folder, asked.seeds)
