"""Does every position get the verdict that it deserves? `make bench-planogram`.

Bays of stores that nothing was trained on, at five levels, seen by detector and embedder of the starter, by either of
them alone, and without fault; `benchmarks.planogram.scoring` says what counts.
"""

import argparse
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import torch
from rich.progress import track

from benchmarks.planogram import fridge, timing
from benchmarks.planogram.bays import DrawnBay, Level, draw_bays, seen_perfectly, world_of
from benchmarks.planogram.eyes import Eyes, Eyesight, SeenBy, eyesight
from benchmarks.planogram.figures import abstention_rows, answered_row, f1_row, reliability_rows
from benchmarks.planogram.scoring import ScoredBay, failures, score
from benchmarks.planogram.timing import timing_rows
from benchmarks.report import Report, Target, machine
from vision.bays.judging import judge
from vision.bays.photo import BayPhoto

SEED, DEV_SEED = 2211, 5150  # the stores that are measured; those by which constants were chosen
PHOTOS = 72  # of a level
_ALL = "all"
_HALVES = ("tilted: aside", "tilted: askew")
TARGETS = {
    **fridge.TARGETS,
    "macro_f1_models_clean": Target(at_least=0.95),
    "macro_f1_perfect": Target(at_least=0.99),
    "match_ms_300": Target(at_most=50),
}


@dataclass(slots=True)
class Outcome:
    """What has been judged so far, by who looked and by level, a split of a level or all levels."""

    scored: dict[tuple[SeenBy, str], list[ScoredBay]] = field(default_factory=lambda: defaultdict(list))
    sights: dict[str, list[Eyesight]] = field(default_factory=lambda: defaultdict(list))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield F1, coverage, abstention, reliability and eyesight."""
        order = [*Level, *_HALVES, _ALL]
        keys = sorted(self.scored, key=lambda key: (list(SeenBy).index(key[0]), order.index(key[1])))
        parts = [({"seen_by": key[0].value, "level": key[1]}, self.scored[key]) for key in keys]
        yield from (f1_row(*part) for part in parts)
        yield from (answered_row(*part) for part in parts)
        shown = [
            part
            for key, part in zip(keys, parts, strict=True)
            if key[0] in (SeenBy.PERFECT, SeenBy.STARTER) and key[1] in (Level.CLEAN, _ALL)
        ]
        for curve in (abstention_rows, reliability_rows):
            for part in shown:
                yield from curve(*part)
        for level, sights in self.sights.items():
            yield _sight_row(level, sights)

    def macro_f1(self, seen_by: SeenBy, level: str) -> float | None:
        """Return the figure of a level, if anybody looked."""
        bays = self.scored.get((seen_by, level))
        return None if bays is None else float(f1_row({}, bays)["macro_f1"])


def main() -> None:
    """Judge all bays and the fridge, publish; or print how a part of the bays comes out."""
    arguments, started = _arguments(), machine()
    cv2.setNumThreads(1)
    torch.set_num_threads(2)
    seed = DEV_SEED if arguments.dev else SEED
    timed = list(timing_rows())
    whole = not (arguments.dev or arguments.perfect or arguments.failures or arguments.level or arguments.bays)
    of_fridge = _fridge(arguments.data) if whole else ({}, [])
    outcome = _judge_all(
        arguments.level or list(Level), arguments.bays or PHOTOS, seed, arguments.perfect, arguments.failures
    )
    report = Report(
        name="planogram",
        headline={
            "macro_f1_models_clean": outcome.macro_f1(SeenBy.STARTER, Level.CLEAN),
            "macro_f1_perfect": outcome.macro_f1(SeenBy.PERFECT, Level.CLEAN),
            "match_ms_300": max(row["p50_ms"] for row in timed),
            **of_fridge[0],
        },
        targets=TARGETS,
        rows=[*outcome.rows(), *of_fridge[1], *timed],
        seeds={"stores": seed, "timing": timing.SEED},
        machine=started,
    )
    report.publish() if whole else report.show()


def _judge_all(levels: Sequence[Level], count: int, seed: int, perfect: bool, tell: bool) -> Outcome:
    outcome = Outcome()
    # A world's gallery is filled once: all levels but one are of the same world.
    for world, group in groupby(sorted(levels, key=Level.DENSE.__eq__), lambda level: world_of(level, seed)):
        eyes = None if perfect else Eyes(world)
        for level in group:
            for bay in track(draw_bays(level, count, seed), level.value, count):
                photos = {SeenBy.PERFECT: seen_perfectly(bay.truth)} if eyes is None else eyes.look(bay)
                _add(outcome, bay, photos, tell)
    return outcome


def _add(outcome: Outcome, bay: DrawnBay, photos: Mapping[SeenBy, BayPhoto], tell: bool) -> None:
    for seen_by, photo in photos.items():
        scored = score(bay, photo, judge(bay.planogram, [photo]))
        for title in (bay.level.value, *_split(bay), _ALL):
            outcome.scored[seen_by, title].append(scored)
        if tell:
            print(*(f"{seen_by}: {line}" for line in failures(bay, scored)), sep="\n")
    if SeenBy.STARTER in photos:
        outcome.sights[bay.level.value].append(eyesight(bay, photos))


def _fridge(data: str | None) -> tuple[Mapping[str, float | None], Sequence[Mapping[str, Any]]]:
    if data:
        return fridge.measure_fridge(Path(data))
    return dict.fromkeys(fridge.TARGETS), [{"fridge": "not measured: SHELFLOOP_DATA does not say where its photos are"}]


def _split(bay: DrawnBay) -> Sequence[str]:
    """Name the half of its level that a bay belongs to."""
    if bay.level is not Level.TILTED:
        return ()
    return _HALVES[:1] if abs(bay.shot.yaw) > abs(bay.shot.roll) else _HALVES[1:]


def _sight_row(level: str, sights: Sequence[Eyesight]) -> dict[str, Any]:
    sums = {one.name: sum(getattr(sight, one.name) for sight in sights) for one in fields(Eyesight)}
    return {
        "starter_looks_at": level,
        "facings": sums["facings"],
        "found": sums["found"] / sums["facings"],
        "wrong_boxes": sums["wrong"] / sums["boxes"],
        "top1": sums["first"] / sums["facings"],
        "top1_of_planned": sums["first_planned"] / sums["planned"],
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SHELFLOOP_DATA"), help="folder of photos, see docs/data.md")
    parts = parser.add_argument_group("parts", "with any of these the fridge is left out and nothing is written")
    parts.add_argument("--perfect", action="store_true", help="without the starter, which takes most of the time")
    parts.add_argument("--dev", action="store_true", help="the stores by which constants are chosen")
    parts.add_argument("--failures", action="store_true", help="print what goes wrong")
    parts.add_argument("--level", type=Level, action="append", choices=list(Level), help="these levels alone")
    parts.add_argument("--bays", type=int, help=f"photos of a level; {PHOTOS} by default")
    return parser.parse_args()


if __name__ == "__main__":
    main()
