"""Photos at 80 % of what the service can do, through promotions and rollbacks. `make bench-promotion`

A calm window and one with a promotion and a rollback in it take turns, in an order drawn by chance: whatever else the
machine does meets both.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks.promotion.arrivals import arrivals
from benchmarks.promotion.champions import CANDIDATE, add_candidate, moving
from benchmarks.report import Report, Target, machine
from benchmarks.serve import photos
from benchmarks.serve.client import keep_busy
from benchmarks.serve.load import Load
from benchmarks.serve.ours import Ours, our_service
from benchmarks.serve.photos import PhotoSet, load_photo_sets
from service.settings import AdmissionSettings
from vision.artefact import read_metadata
from vision.runtime import served_precision
from vision.starter import ARTEFACT

CLIENTS = 8
SEED = 5
WARM_UP = 3.0  # seconds before each window
SHARE = 0.8  # of the capacity
TARGETS = {"failed": Target(at_most=0), "p99_ratio": Target(at_most=2)}


@dataclass(frozen=True, slots=True)
class Window:
    """What was answered while nothing, or something, happened beside it."""

    turn: int
    moves: Sequence[dict[str, Any]]
    load: Load

    @property
    def failed(self) -> int:
        """Requests that got no answer, refusals included."""
        return self.load.errors + self.load.refused

    @property
    def p99(self) -> float:
        """Of the milliseconds from when a photo was due until it was answered."""
        return self.load.milliseconds(99)

    def row(self) -> dict[str, Any]:
        """Return this window for the report."""
        return {
            "turn": self.turn,
            "window": "promotion and rollback" if self.moves else "calm",
            "photos": len(self.load.answers),
            "failed": self.failed,
            **{f"p{p}_ms": round(self.load.milliseconds(p), 1) for p in (50, 95, 99, 100)},
            "statuses": self.load.statuses,
            "slowest_move_ms": max((round(move["serves_ms"]) for move in self.moves), default=None),
        }


def main() -> None:
    """Start the service, measure its capacity, let windows take turns, publish."""
    wanted, started, console = _arguments(), machine(), Console()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, so that no server outlives the benchmark
    sent = load_photo_sets()[0]
    precision = served_precision("recorded", read_metadata(ARTEFACT).precision, "openvino")
    with tempfile.TemporaryDirectory(prefix="shelfloop-bench-") as folder:
        home = Path(folder) / "home"
        with our_service(home, precision, AdmissionSettings().at_once, sent.photos[0], blur=False) as ours:
            add_candidate(home)
            with console.status("Measuring the capacity"):
                capacity = [keep_busy(ours.door, sent, CLIENTS, wanted.seconds / 2, WARM_UP).rate for _ in range(2)]
            rate = SHARE * median(capacity)
            console.print(f"capacity {median(capacity):.1f} photos/s, load {rate:.1f}")
            order = np.random.default_rng(SEED)
            windows = []
            for turn in range(1, wanted.repeats + 1):
                for disturbed in order.permutation([False, True]).tolist():
                    windows.append(_window(ours, sent, rate, wanted.seconds, turn, disturbed))
                    console.print(windows[-1].row())
    rows = [sent.row(), *(window.row() for window in windows), *_remarks(capacity, rate, windows)]
    seeds = {"order of windows": SEED, "synthetic photos": photos.SEED}
    Report("promotion", _headline(windows, capacity, rate), TARGETS, rows, seeds, started).publish()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0, help="length of a window")
    parser.add_argument("--repeats", type=int, default=4, help="windows of each kind")
    return parser.parse_args()


def _window(ours: Ours, sent: PhotoSet, rate: float, seconds: float, turn: int, disturbed: bool) -> Window:
    moves = {}
    if disturbed:
        promote, back = f"/v1/models/{CANDIDATE}/promote", "/v1/models/rollback"
        moves = {WARM_UP + 0.2 * seconds: promote, WARM_UP + 0.6 * seconds: back}
    with moving(ours.door.port, ours.door.headers, moves) as done:
        answers = arrivals(ours.door, sent.photos, rate, seconds, WARM_UP)
    return Window(turn, list(done), Load(answers, seconds))


def _headline(windows: Sequence[Window], capacity: Sequence[float], rate: float) -> dict[str, float | None]:
    turns = {window.turn for window in windows}
    ratios = [_p99(windows, turn, moved=True) / _p99(windows, turn, moved=False) for turn in turns]
    return {
        "failed": float(sum(window.failed for window in windows)),
        "p99_ratio": median(ratios),
        "of_capacity": rate / median(capacity),
    }


def _p99(windows: Sequence[Window], turn: int, *, moved: bool) -> float:
    return next(window.p99 for window in windows if window.turn == turn and bool(window.moves) == moved)


def _remarks(capacity: Sequence[float], rate: float, windows: Sequence[Window]) -> list[dict[str, Any]]:
    """Return what a reader must know beside the numbers."""
    pooled = {moved: [a for w in windows if bool(w.moves) == moved for a in w.load.answers] for moved in (False, True)}
    all_windows = {moved: Load(answers, 1.0).milliseconds(99) for moved, answers in pooled.items()}
    said = {
        "capacity: photos/s of 8 clients in a closed loop": ", ".join(f"{one:.1f}" for one in capacity),
        "photos/s that arrived, evenly spaced": f"{rate:.2f}",
        "p99_ratio": "median over turns of a disturbed window's p99 by that of its turn's calm one",
        "p99 of all calm windows together, ms": f"{all_windows[False]:.0f}",
        "p99 of all disturbed windows together, ms": f"{all_windows[True]:.0f}",
        "a move is answered by the server after, ms": ", ".join(
            f"{move['answered_ms']:.0f}" for window in windows for move in window.moves
        ),
    }
    return [{"remark": what, "said": text} for what, text in said.items()]


if __name__ == "__main__":
    main()
