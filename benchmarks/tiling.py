"""What a closer look brings and costs: dense drawn photos with and without tiles. `make bench-tiling`

Decoding at the scale that is needed is part of both times; with and without take turns photo by photo.
"""

import argparse
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.report import Report, Target, machine
from benchmarks.starter import load_starter
from labeling.agreement import agreement
from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from training.synthetic.truth import SyntheticCapture
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.artefact import ArtefactMetadata
from vision.decoding import decode, encode_jpeg
from vision.detections import Detections
from vision.detector import Detector
from vision.tiling import look_closer, plan

SEED = 41
LONG_SIDE = 4000
SMALL_SIDE = 320  # of the photo that is drawn first, to see how many facings there will be
FEWEST_FACINGS = 120
MOST_TILES = 9  # what configs/default.yaml says
Look = Callable[[bytes], Detections]


def main() -> None:
    """Draw photos, look at each both ways, publish."""
    arguments = _arguments()
    started = machine()
    runtime, metadata = load_starter()
    detector = Detector(runtime, metadata, max_detections=1000)
    looks: dict[str, Look] = {
        "whole": lambda photo: _first(detector, photo),
        "tiled": lambda photo: look_closer(
            detector, _first(detector, photo), lambda side: decode(photo, long_side=side).image, MOST_TILES
        ),
    }
    rows = [
        row
        for number, capture in enumerate(_dense(arguments.photos))
        for row in _compared(number, capture, looks, detector, arguments.rounds)
    ]
    whole, tiled = (_total([row for row in rows if row["look"] == look]) for look in looks)
    Report(
        name="tiling",
        headline={
            "recall_whole": whole["recall"],
            "recall_tiled": tiled["recall"],
            "precision_whole": whole["precision"],
            "precision_tiled": tiled["precision"],
            "ms_whole": whole["ms"],
            "ms_tiled": tiled["ms"],
            "recall_gain": tiled["recall"] - whole["recall"],
            "time_ratio": tiled["ms"] / whole["ms"],
        },
        targets={"recall_gain": Target(at_least=0.0), "time_ratio": Target(at_most=1.0 + MOST_TILES)},
        rows=rows,
        seeds={"world": SEED},
        machine=started,
    ).publish()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3, help="times each photo is looked at each way")
    return parser.parse_args()


def _first(detector: Detector, photo: bytes) -> Detections:
    decoded = decode(photo, long_side=detector.metadata.input_size)
    return detector.detect(decoded.image, (decoded.width, decoded.height))


def _dense(count: int) -> Iterator[SyntheticCapture]:
    """Draw photos with many facings of a world of its own, in the order of its bays and days."""
    world = ShelfWorld.build(WorldSpec(SEED))
    shots = ((bay.id, day) for day in range(1000) for bay in world.bays)
    for _ in range(count):
        bay, day = next(shot for shot in shots if _facings(world.capture(*shot, width=SMALL_SIDE)) >= FEWEST_FACINGS)
        yield world.capture(bay, day, width=LONG_SIDE)


def _facings(capture: SyntheticCapture) -> int:
    return capture.kinds.count(DetectionKind.FACING)


def _compared(
    number: int, capture: SyntheticCapture, looks: dict[str, Look], detector: Detector, rounds: int
) -> Iterator[dict[str, Any]]:
    photo, truth = encode_jpeg(capture.image), _truth(capture)
    tiling = plan(_first(detector, photo), detector.metadata, MOST_TILES)
    times: dict[str, list[float]] = {look: [] for look in looks}
    found: dict[str, Detections] = {}
    for _ in range(rounds):
        for look, see in looks.items():
            begin = perf_counter()
            found[look] = see(photo)
            times[look].append((perf_counter() - begin) * 1000)
    for look, detections in found.items():
        same = agreement(truth, _answer(detections, detector.metadata))
        yield {
            "photo": number,
            "look": look,
            "tiles": len(tiling.tiles) if tiling and look == "tiled" else 0,
            "facings": len(truth),
            "found": same.matched,
            "missed": same.only_a,
            "wrong": same.only_b,
            "ms": float(np.median(times[look])),
        }


def _truth(capture: SyntheticCapture) -> list[AnnotatedBox]:
    rows = zip(capture.kinds, capture.boxes.tolist(), strict=True)
    return [AnnotatedBox(kind, *corners) for kind, corners in rows if kind is DetectionKind.FACING]


def _answer(detections: Detections, metadata: ArtefactMetadata) -> list[AnnotatedBox]:
    rows = zip(map(metadata.kind_of, detections.class_ids.tolist()), detections.boxes.tolist(), strict=True)
    return [AnnotatedBox(kind, *corners) for kind, corners in rows if kind is DetectionKind.FACING]


def _total(rows: list[dict[str, Any]]) -> dict[str, float]:
    found, missed, wrong = (sum(row[key] for row in rows) for key in ("found", "missed", "wrong"))
    return {
        "recall": found / max(1, found + missed),
        "precision": found / max(1, found + wrong),
        "ms": float(np.mean([row["ms"] for row in rows])),
    }


if __name__ == "__main__":
    main()
