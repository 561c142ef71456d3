"""Does the loop recover? Evaluates anew what the study measured, and draws it. `make bench-recovery`

The study itself, `make study-recovery`, takes hours; what it measured of every photo lies beside this file. Here the
photos are drawn again, to prove that they are those that were measured, and every figure is computed again.
docs/recovery.md tells the story.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.recovery.figures import TARGETS, Played, headline, rows
from benchmarks.recovery.photos import digest, photos_of
from benchmarks.recovery.picture import draw
from benchmarks.recovery.story import STUDY, TESTS, Stage
from benchmarks.report import Report, machine

_SHOWN_BAY = "store-1-bay-5"  # one that is laid out anew


def main() -> None:
    """Read, draw the photos again, publish, draw the picture."""
    started, played = machine(), read(STUDY)
    report = Report(
        name="recovery",
        headline=headline(played),
        targets=TARGETS,
        rows=[*rows(played), *_drawn_again(played)],
        seeds={f"world {number}": seed for number, seed in enumerate(played, start=1)},
        machine=started,
    )
    report.publish()
    draw(played, _SHOWN_BAY)


def read(path: Path) -> dict[int, Played]:
    """Return what the study measured, by seed."""
    return {int(seed): played for seed, played in json.loads(path.read_text()).items()}


def _drawn_again(played: Mapping[int, Played]) -> Iterator[dict[str, Any]]:
    """Yield for each seed and stage whether its test photos are those that were measured."""
    for seed, one in played.items():
        for stage in Stage:
            measured = next(step for step in one["champion"] if step["step"] == stage)["tested_on"]
            photos = photos_of(seed, TESTS[stage])
            yield {"seed": seed, "test photos": stage, "number": len(photos), "the same": digest(photos) == measured}


if __name__ == "__main__":
    main()
