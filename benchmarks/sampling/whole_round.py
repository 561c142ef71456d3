"""Whole rounds through the service's own functions, on SQLite: read the pool, gate, choose, write the tasks."""

import argparse
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.report import Target
from benchmarks.sampling.filling import MEAN_BOXES, fill
from benchmarks.sampling.pool import generate
from benchmarks.sampling.processes import answer, forget_peak, measure, timed
from sampling.rounds import RoundConfig
from service.context import Context, make_context, open_database, utc_now
from service.migrations import upgrade
from service.models.starter import ensure_starter
from service.rounds.queries import list_picks
from service.rounds.service import run_round
from service.settings import NamingSettings, Settings, VisionSettings

TARGETS = {
    "seconds_1m": Target(at_most=10),
    "gigabytes_1m": Target(at_most=2.5),
    "growth_100k_to_1m": Target(at_most=12),
}
SIZES = (100_000, 1_000_000)
PICKS = 1000
_ROUNDS = ("cold start", "second", "third")


def measure_rounds(sizes: tuple[int, int] = SIZES) -> tuple[dict[str, float | None], list[dict[str, Any]]]:
    """Return headline and rows: the slowest of three rounds on the larger pool, and how all three grow with it."""
    rows = [row for size in sizes for row in _rounds(size)]
    small, large = ([row for row in rows if row["pool"] == size] for size in sizes)
    headline = {
        "seconds_1m": max(row["seconds"] for row in large),
        "gigabytes_1m": max(row["gigabytes"] for row in large),
        "growth_100k_to_1m": sum(row["seconds"] for row in large) / sum(row["seconds"] for row in small),
    }
    return headline, rows


def _rounds(size: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="shelfloop-bench-") as folder:
        _make(Path(folder), size)
        found = [measure("whole_round", folder, seed) for seed in range(len(_ROUNDS))]
    return [{"round": name, "pool": size, **row} for name, row in zip(_ROUNDS, found, strict=True)]


def _make(home: Path, size: int) -> None:
    database = open_database(_settings(home))
    upgrade(database)
    with database.write() as session:
        ensure_starter(session, utc_now())
        fill(session, generate(size).vectors, utc_now())
    database.close()


def main() -> None:
    """Run one round on the database of a folder and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("seed", type=int)
    asked = parser.parse_args()
    context = make_context(_settings(asked.home))
    context.serving.refresh()
    config = RoundConfig(boxes=round(PICKS * MEAN_BOXES), seed=asked.seed)
    forget_peak()
    seconds, id = timed(lambda: run_round(context, config, by="benchmark"))
    answer(seconds=seconds, **_told(context, id))


def _told(context: Context, id: str) -> dict[str, Any]:
    with context.database.read() as session:
        picks = list_picks(session, id)
        arms = Counter(pick.arm for pick, _ in picks)
        return {"picks": len(picks), "arms": ", ".join(f"{count} {arm}" for arm, count in sorted(arms.items()))}


def _settings(home: Path) -> Settings:
    vision, naming = VisionSettings(blur_faces=False), NamingSettings(enabled=False)
    return Settings(home=home, vision=vision, naming=naming)


if __name__ == "__main__":
    main()
