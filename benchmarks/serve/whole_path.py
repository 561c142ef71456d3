"""The whole way of a dense photo: faces blurred, facings found and named, the bay judged, all kept, over HTTP."""

import re
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.serve.catalogue import add_product, follow_planogram
from benchmarks.serve.client import ask_once, keep_busy
from benchmarks.serve.dense import DenseShelves, draw_dense_shelves
from benchmarks.serve.load import Load
from benchmarks.serve.ours import Ours, our_service
from benchmarks.serve.photos import distinct
from vision.runtime import Precision

WARM_UP = 3.0  # seconds
STAGES = ("decode", "faces", "infer", "name", "planogram", "store")
_STAGE = re.compile(r'^shelfloop_stage_seconds_(sum|count)\{stage="(\w+)"\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class WholePath:
    """What one client measured, one photo after the other.

    Attributes:
        stages: milliseconds of each stage of a photo, mean.
        facings, named: of a photo, median.
        decided: positions of the planogram that have a verdict, median of the photos.
    """

    load: Load
    stages: dict[str, float]
    facings: float
    named: float
    decided: float
    references: int

    def headline(self) -> dict[str, float | None]:
        """Return the claim."""
        return {"whole_path_ms_150": self.load.milliseconds(50)}

    def rows(self) -> list[dict[str, Any]]:
        """Return what it was measured on, and where the time went."""
        return [
            {
                "whole_path": "blurred, named, judged by the planogram, with a closer look as by default",
                "facings": self.facings,
                "named": self.named,
                "decided": self.decided,
                "references": self.references,
                **{f"p{p}_ms": round(self.load.milliseconds(p), 1) for p in (50, 95)},
                "statuses": self.load.statuses,
                **{f"{stage}_ms": round(time, 1) for stage, time in self.stages.items()},
            }
        ]


def whole_path(folder: Path, precision: Precision, at_once: int, seconds: float, most_tiles: int) -> WholePath:
    """Let a service of its own know dense drawn shelves and a bay's planogram, and send it photos of that bay."""
    shelves = draw_dense_shelves()
    photo = shelves.photos.photos[0]
    with our_service(folder, precision, at_once, photo, blur=True, recognise=True, most_tiles=most_tiles) as ours:
        for gtin, references in shelves.references.items():
            add_product(ours.door.port, ours.door.headers, gtin, references)
        follow_planogram(ours.door.port, ours.door.headers, "bay-0", shelves.planogram)
        return _measured(ours, shelves, seconds)


def _measured(ours: Ours, shelves: DenseShelves, seconds: float) -> WholePath:
    found = [ask_once(ours.door, distinct(photo, 2**40 + row))[1] for row, photo in enumerate(shelves.photos.photos)]
    facings = [[one for one in answer["detections"] if one["kind"] == "facing"] for answer in found]
    before = _stages(ours)
    load = keep_busy(ours.door, shelves.photos, 1, seconds, WARM_UP)
    after = _stages(ours)
    return WholePath(
        load,
        {stage: 1000 * (after[stage][0] - total) / max(1, after[stage][1] - n) for stage, (total, n) in before.items()},
        median(map(len, facings)),
        median(sum(one["gtin"] is not None for one in photo) for photo in facings),
        median(sum(one["verdict"] != "undecided" for one in answer["compliance"]["positions"]) for answer in found),
        sum(map(len, shelves.references.values())),
    )


def _stages(ours: Ours) -> dict[str, tuple[float, float]]:
    """Return the seconds that each stage of a photo has taken so far, and how often."""
    with urllib.request.urlopen(f"http://127.0.0.1:{ours.door.port}/metrics", timeout=60) as answer:
        said = {(what, stage): float(value) for what, stage, value in _STAGE.findall(answer.read().decode())}
    return {stage: (said["sum", stage], said["count", stage]) for stage in STAGES}
