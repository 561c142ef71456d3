"""How many planted label errors are found, and how much of what is flagged is clean? `make bench-label-errors`.

A simulated model of stated quality, and the starter itself on photos that trained nothing: the fridge, the drugstore
shelves, and a drawn world kept apart, whose photos are dim, oblique and crowded. Boxes of these sets carry no product
that the starter could name, so nothing is swapped there.
"""

import argparse
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from benchmarks.label_errors.trials import OWN, STARTER, Counts, Sight, simulated, total, trial
from benchmarks.photo_sets import UNSEEN_WORLD, drawn, fridge, k4r, photographed
from benchmarks.report import Report, Target, machine
from benchmarks.starter import load_starter
from labeling.quality.boundaries import Categories
from labeling.quality.label_errors import LabelError, Seen
from retail.boxes import Boxes, DetectionKind, areas, intersections
from training.captures import LabelledCapture
from training.synthetic.spec import load_photo_plan
from vision.decoding import decode
from vision.detector import Detector
from vision.uncertainty import uncertainty_of

SEED = 23
_TRIALS = 6
_SHARE = 0.05
_LEAST_CONFIDENCE = 0.05
_NOTHING = np.zeros((0, 4), np.float32)


def main() -> None:
    """Try every set, publish."""
    arguments, started = _arguments(), machine()
    sets: dict[str, tuple[list[Sight], Categories]] = {}
    for name, quality in (("simulated, own", OWN), ("simulated, starter", STARTER)):
        sets[name] = simulated(quality, arguments.photos, np.random.default_rng(SEED))
    for name, sights in _looked_at(Path(arguments.data), arguments.photos).items():
        sets[name] = sights, {}
    figures = {name: _figures(*found) for name, found in track(sets.items(), "searching", transient=True)}
    own, starter, real = (figures[name][1] for name in ("simulated, own", "simulated, starter", "fridge"))
    Report(
        name="label_errors",
        headline={
            "found_own": own.found_share,
            "clean_own": own.clean_share,
            "found_starter": starter.found_share,
            "clean_starter": starter.clean_share,
            "found_fridge": real.found_share,
            "clean_fridge": real.clean_share,
        },
        targets={
            f"{what}_{who}": Target(at_least=0.8) if what == "found" else Target(at_most=0.2)
            for what in ("found", "clean")
            for who in ("own", "starter", "fridge")
        },
        rows=[{"photos of": name, **row} for name, (rows, _) in figures.items() for row in rows],
        seeds={"planted": SEED, "unseen world": load_photo_plan(UNSEEN_WORLD).seed},
        machine=started,
    ).publish()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SHELFLOOP_DATA"), help="folder of photos, see docs/data.md")
    parser.add_argument("--photos", type=int, default=40, help="of each simulated shop, and of the drawn world")
    arguments = parser.parse_args()
    if not arguments.data:
        parser.error("set SHELFLOOP_DATA to the folder of photos; docs/data.md says which ones")
    return arguments


def _figures(sights: Sequence[Sight], categories: Categories) -> tuple[list[dict[str, Any]], Counts]:
    """Return a row for each kind of error and one for all, over several plantings; and the sum of all."""
    trials = [trial(sights, categories, _SHARE, np.random.default_rng([SEED, n])) for n in range(_TRIALS)]
    rows = [_row(error.value, [counts[error] for counts in trials]) for error in LabelError]
    every = [total(counts) for counts in trials]
    return [*(row for row in rows if row["planted"]), _row("all", every)], sum(every, Counts())


def _row(name: str, counts: Sequence[Counts]) -> dict[str, Any]:
    whole = sum(counts, Counts())
    return {
        "error": name,
        "planted": whole.planted,
        "found": whole.found_share,
        "worst": min(one.found_share for one in counts),
        "flagged": whole.flagged,
        "clean": whole.clean_share,
        "worst clean": max(one.clean_share for one in counts),
    }


def _looked_at(data: Path, most: int) -> Mapping[str, list[Sight]]:
    runtime, metadata = load_starter()
    detector = Detector(runtime, metadata, metadata.calibrated(_LEAST_CONFIDENCE), max_detections=600)

    def sights(name: str, photos: Iterable[tuple[LabelledCapture, Boxes]]) -> list[Sight]:
        return [_sight(detector, photo, ignored) for photo, ignored in track(photos, name, transient=True)]

    with tempfile.TemporaryDirectory(prefix="shelfloop-bench-") as scratch:
        world = drawn(islice(photographed(load_photo_plan(UNSEEN_WORLD)), most), Path(scratch))
        return {
            "fridge": sights("fridge", _whole(fridge(data))),
            "drugstore": sights("drugstore", k4r(data)),
            "unseen world": sights("unseen world", _whole(world)),
        }


def _whole(captures: Iterable[LabelledCapture]) -> Iterator[tuple[LabelledCapture, Boxes]]:
    return ((capture, _NOTHING) for capture in captures)


def _sight(detector: Detector, capture: LabelledCapture, ignored: Boxes) -> Sight:
    """Look at a photo's facings, those apart that lie mostly in an ignored area."""
    photo = decode(capture.image.read_bytes(), long_side=detector.metadata.input_size)
    found = detector.detect(photo.image, (photo.width, photo.height))
    kinds = [detector.metadata.kind_of(class_id) for class_id in found.class_ids.tolist()]
    inside = intersections(found.boxes, ignored).max(axis=1, initial=0) > areas(found.boxes) / 2
    found = found.keep(np.array([kind is DetectionKind.FACING for kind in kinds], bool) & ~inside)
    seen = Seen(
        boxes=found.boxes,
        kinds=(DetectionKind.FACING,) * len(found),
        probabilities=found.confidences,
        products=({},) * len(found),
        vectors=found.vectors,
        looseness=uncertainty_of(found).localisation,
    )
    truth = tuple(box for box in capture.boxes if box.kind is DetectionKind.FACING)
    return Sight(truth, (photo.width, photo.height), seen)


if __name__ == "__main__":
    main()
