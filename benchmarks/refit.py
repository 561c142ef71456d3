"""What fitting the shipped embedder further is worth, and what semi-synthetic shelves add for products nobody labelled.

    make bench-refit

Ten minutes on two cores; stopped, it goes on with the next world. A drawn chain labels photos of one season; in the
next one some products are new and known by a pack-shot alone. Facings of the new season are named by the shipped
embedder and by what three fits make of it. The fits are the ones that `shelfloop embedders fit` orders, with fewer
views.
"""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.report import Report, Target, machine
from labeling.annotations import AnnotatedBox
from retail.gtin import Gtin
from training.captures import LabelledCapture
from training.embedder.facings import Facings, facings_of, none_of
from training.embedder.refit_config import RefitConfig
from training.embedder.refit_judging import Judged
from training.embedder.refitting import Material, refit
from training.semi_synthetic.cutouts import Image, cut_out
from training.semi_synthetic.shelves import SynthesisConfig, semi_synthetic
from training.synthetic.season import Turnover
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.crops import cut_crops
from vision.decoding import encode_jpeg
from vision.embedder import DEFAULT_EMBEDDER, read_embedder

WORK = Path("runs/refit")
SEEDS = (31, 32, 33)  # of worlds that the shipped embedder has not seen
SEASON = Turnover(delisted=0.1, refreshed=0.0, families=5, reset=1.0)
PRODUCTS, STORES, BAYS = 70, 3, 3
LABELLED, UNSEEN = 18, 18  # photos
WIDTH = 1040
MOST, IN_ALL = 20, 2000
CONFIG = RefitConfig(views=2, steps=200, replay_photos=0)
ARMS = {
    "fitted": (False, CONFIG),
    "fitted, with semi-synthetic shelves": (True, CONFIG),
    "fitted, with semi-synthetic shelves and replay": (True, CONFIG.model_copy(update={"replay_photos": 18})),
}
Row = dict[str, str | float | None]
ALL, NEW = "top-1 on unseen captures", "top-1 of products known by pictures alone"
NEVER_MET, UNKNOWN = "top-1 of products it never met", "unknown AUROC"


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A season's labelled photos, the next one's, and pack-shots of all products of both."""

    labelled: list[LabelledCapture]
    unseen: list[LabelledCapture]
    shots: dict[Gtin, Image]


TARGETS = {"gain": Target(at_least=0.0), "gain_new": Target(at_least=0.0), "never_met": Target(at_least=-0.02)}


def main(work: Path = WORK) -> None:
    """Draw, fit, judge, publish; worlds that an earlier run was through with are not drawn again."""
    began = machine()
    rows: list[Row] = []
    work.mkdir(parents=True, exist_ok=True)
    for seed in SEEDS:
        done = work / f"{seed}.json"
        if not done.exists():
            with TemporaryDirectory() as folder:
                done.write_text(json.dumps(_rows(seed, draw(seed, Path(folder)), Path(folder))))
        rows += json.loads(done.read_text())
    shutil.rmtree(work)
    Report("refit", _headline(rows), TARGETS, rows, {f"world {seed}": seed for seed in SEEDS}, began).publish()


def draw(seed: int, folder: Path) -> Chain:
    """Draw both seasons."""
    before = ShelfWorld.build(WorldSpec(seed=seed, products=PRODUCTS, stores=STORES, bays_per_store=BAYS))
    after, _ = before.advance(1, SEASON)
    shots = {gtin: pack_shot(world, gtin) for world in (before, after) for gtin in world.by_gtin}
    return Chain(photos(before, 0, LABELLED, folder), photos(after, 50, UNSEEN, folder), shots)


def photos(world: ShelfWorld, day: int, count: int, folder: Path) -> list[LabelledCapture]:
    """Photograph all bays in turn, and label the photos by what is true."""
    taken = []
    for number in range(count):
        bay, on = world.bays[number % len(world.bays)], day + number // len(world.bays)
        drawn = world.capture(bay.id, on, width=WIDTH)
        sha256, path = keep(folder, encode_jpeg(drawn.image, quality=92))
        rows = zip(drawn.kinds, drawn.boxes.tolist(), drawn.gtins, strict=True)
        taken.append(
            LabelledCapture(
                capture_id=f"{on:03d}-{bay.id}",
                image=path,
                sha256=sha256,
                width=drawn.image.shape[1],
                height=drawn.image.shape[0],
                store_id=drawn.store_id,
                bay_id=bay.id,
                taken_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=on),
                stratum=drawn.condition.stratum,
                arm="random",
                boxes=tuple(AnnotatedBox(kind, x1, y1, x2, y2, gtin) for kind, (x1, y1, x2, y2), gtin in rows),
            )
        )
    return taken


def keep(folder: Path, picture: bytes) -> tuple[str, Path]:
    """Write a picture under its hash."""
    sha256 = hashlib.sha256(picture).hexdigest()
    path = folder / f"{sha256}.jpg"
    path.write_bytes(picture)
    return sha256, path


def pack_shot(world: ShelfWorld, gtin: Gtin) -> Image:
    """Draw a product's pack on white, RGB (h, w, 3)."""
    pack = world.press(world.by_gtin[gtin].designs[0]).levels[0]
    white = 255 * (1 - pack[..., 3:].astype(np.float32) / 255)
    shot = np.clip(pack[..., :3] + white, 0, 255).astype(np.uint8)
    return np.pad(shot, ((12, 12), (12, 12), (0, 0)), constant_values=255)


def _rows(seed: int, chain: Chain, folder: Path) -> list[Row]:
    size = read_embedder(DEFAULT_EMBEDDER).crop_size
    shots = Facings(
        np.concatenate([_whole(shot, size) for shot in chain.shots.values()]),
        tuple(chain.shots),
        ("",) * len(chain.shots),
    )
    train, unseen = (facings_of(captures, size, MOST, IN_ALL) for captures in (chain.labelled, chain.unseen))
    made = _made(chain, folder, size)
    rows: list[Row] = []
    for arm, (with_made, config) in ARMS.items():
        material = Material(shots, train, made if with_made else none_of(size), unseen)
        judged = refit(DEFAULT_EMBEDDER, material, folder / "fitted.onnx", config, threads=1)
        if not rows:
            rows.append(_row(seed, "installed", "shipped", judged))
        rows.append(_row(seed, "candidate", arm, judged))
    return rows


def _made(chain: Chain, folder: Path, size: int) -> Facings:
    cuts = {gtin: [cut_out(shot)] for gtin, shot in chain.shots.items()}
    config = SynthesisConfig()
    captures = semi_synthetic(chain.labelled, cuts, lambda picture: keep(folder, picture), config)
    shown = Counter(box.gtin for capture in chain.labelled for box in capture.boxes)
    rare = {gtin for gtin in chain.shots if shown[gtin] < config.enough}
    return facings_of(captures, size, MOST, IN_ALL, only=rare)


def _whole(picture: Image, size: int) -> Image:
    return cut_crops(picture, np.array([[0, 0, picture.shape[1], picture.shape[0]]], np.float32), size)


def _row(seed: int, who: str, arm: str, judged: Judged) -> Row:
    named = {name: judged.figures.get(f"{who}/{name}") for name in (ALL, NEW, NEVER_MET, UNKNOWN)}
    passed = None if who == "installed" else str(judged.passed)
    return {"seed": str(seed), "embedder": arm, **named, "facings": judged.figures["facings"], "takes over": passed}


def _headline(rows: Sequence[Row]) -> dict[str, float | None]:
    plain, made, replayed = ARMS
    return {
        "gain": _gain(rows, ALL, made, "shipped"),
        "gain_new": _gain(rows, NEW, made, "shipped"),
        "gain_new_by_synthesis": _gain(rows, NEW, made, plain),
        "never_met": _gain(rows, NEVER_MET, made, "shipped"),
        "never_met_by_replay": _gain(rows, NEVER_MET, replayed, made),
        "unknown_auroc": _gain(rows, UNKNOWN, made, "shipped"),
    }


def _gain(rows: Sequence[Row], figure: str, arm: str, over: str) -> float | None:
    """Return the mean over the worlds in which a figure was measured."""
    by = {(row["seed"], row["embedder"]): row[figure] for row in rows}
    pairs = [(by[str(seed), arm], by[str(seed), over]) for seed in SEEDS]
    told = [float(new) - float(old) for new, old in pairs if new is not None and old is not None]
    return float(np.mean(told)) if told else None


if __name__ == "__main__":
    main()
