"""Serving against the bare loop and against peers, fairness, overload, blurring faces, and a dense photo's whole way.

Everything runs on this one machine and takes turns. `make bench-serve`
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks.report import Report, Target, machine
from benchmarks.serve import dense, overload, photos
from benchmarks.serve.bare import bare_work, loop
from benchmarks.serve.client import Door, keep_busy
from benchmarks.serve.contest import Cell, Run, take_turns
from benchmarks.serve.ours import Ours, our_service
from benchmarks.serve.peer_services import peer_service, write_peer_models
from benchmarks.serve.photos import PhotoSet, load_photo_sets
from benchmarks.serve.whole_path import whole_path
from service.settings import AdmissionSettings, VisionSettings
from vision.artefact import read_metadata
from vision.runtime import Precision, served_precision
from vision.starter import ARTEFACT

CLIENTS = 8
SEED = 11
WARM_UP = 2.0  # seconds before each window
BARE = ("bare loop, 1 thread, 1 stream of 2", "bare loop, 2 threads, 2 streams of 1")
OURS, OURS_ALONE, OURS_BLURRING = "shelfloop", "shelfloop, 1 client", "shelfloop, faces blurred"

TARGETS = {
    "of_bare_loop": Target(at_least=0.85),
    "of_best_peer_large": Target(at_least=1.5),
    "of_best_peer_small": Target(at_least=1.05),
    "p95_over_p50": Target(at_most=1.5),
    "refused_at_8_clients": Target(at_most=0),
    "blur_ratio": Target(at_most=1.2),
    "whole_path_ms_150": Target(at_most=600),
    **overload.TARGETS,
}


def main() -> None:
    """Start everybody, let them take turns, overload the service, publish."""
    wanted, started, console = _arguments(), machine(), Console()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, so that no server outlives the benchmark
    large, small = load_photo_sets()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shelfloop-bench-")))
        with console.status("Starting the services"):
            peers = _start_peers(stack, folder, wanted.precision)
            ours, blurring = (
                stack.enter_context(
                    our_service(folder / f"blur-{blur}", wanted.precision, wanted.at_once, small.photos[0], blur=blur)
                )
                for blur in (False, True)
            )
        cells = _cells(wanted, large, small, ours, blurring, peers)
        by_place = {(cell.name, cell.photos.name): cell for cell in cells}
        take_turns(cells, wanted.repeats, np.random.default_rng(SEED))
        with console.status("Sending dense photos the whole way"):
            tiles = VisionSettings().most_tiles
            whole = whole_path(folder / "whole", wanted.precision, wanted.at_once, 2 * wanted.seconds, tiles)
        with console.status(f"Overloading the service with {overload.CLIENTS} clients"):
            overloaded = overload.overload(ours, large, wanted.overload_seconds, by_place[OURS, large.name].rate)
    headline = _headline(by_place, large, small, list(peers))
    headline |= whole.headline() | overloaded.headline(by_place[OURS, large.name].rate)
    rows = [large.row(), small.row(), *(cell.row() for cell in cells), *whole.rows()]
    rows += [*overloaded.rows(), *_remarks(wanted, ours)]
    seeds = {"order of turns": SEED, "synthetic photos": photos.SEED, "dense shelves": dense.SEED}
    Report("serve", headline, TARGETS, rows, seeds, started).publish()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=7.0, help="length of a turn")
    parser.add_argument("--repeats", type=int, default=3, help="turns of each contestant on each set of photos")
    parser.add_argument("--overload-seconds", type=float, default=25.0, help="length of an overload")
    at_once = AdmissionSettings().at_once
    parser.add_argument("--at-once", type=int, default=at_once, help="photos that the service works on side by side")
    served = served_precision("recorded", read_metadata(ARTEFACT).precision, "openvino")
    parser.add_argument(
        "--precision", choices=("f32", "bf16"), default=served, help="of everybody; as the starter is served by default"
    )
    return parser.parse_args()


def _start_peers(stack: ExitStack, folder: Path, precision: Precision) -> dict[str, Door]:
    models = write_peer_models(folder)
    return {
        name: stack.enter_context(peer_service(model, precision, folder / f"peer-{number}.log"))
        for number, (name, model) in enumerate(models.items())
    }


def _cells(
    wanted: argparse.Namespace,
    large: PhotoSet,
    small: PhotoSet,
    ours: Ours,
    blurring: Ours,
    peers: Mapping[str, Door],
) -> list[Cell]:
    def bare(streams: int) -> Run:
        work = bare_work(wanted.precision, streams)
        return lambda sent: loop(work, streams, sent, wanted.seconds, WARM_UP)

    def knocking(door: Door, clients: int = CLIENTS) -> Run:
        return lambda sent: keep_busy(door, sent, clients, wanted.seconds, WARM_UP)

    doors = {OURS: ours.door, **peers}
    return [
        *(Cell(name, large, bare(streams)) for name, streams in zip(BARE, (1, 2), strict=True)),
        *(Cell(name, sent, knocking(door)) for sent in (large, small) for name, door in doors.items()),
        *(Cell(OURS_ALONE, sent, knocking(ours.door, clients=1)) for sent in (large, small)),
        Cell(OURS_BLURRING, large, knocking(blurring.door)),
    ]


def _headline(
    cells: Mapping[tuple[str, str], Cell], large: PhotoSet, small: PhotoSet, peers: Sequence[str]
) -> dict[str, float | None]:
    def rate(name: str, sent: PhotoSet) -> float:
        return cells[name, sent.name].rate

    def of_best(names: Sequence[str], sent: PhotoSet) -> float | None:
        best = max(rate(name, sent) for name in names)
        return rate(OURS, sent) / best if best else None

    ours = [cells[OURS, sent.name] for sent in (large, small)]
    blurring = rate(OURS_BLURRING, large)
    return {
        "of_bare_loop": of_best(BARE, large),
        "of_best_peer_large": of_best(peers, large),
        "of_best_peer_small": of_best(peers, small),
        "p95_over_p50": max(cell.spread for cell in ours),  # of the two sets of photos the one that looks worse
        "refused_at_8_clients": float(sum(load.refused for cell in ours for load in cell.loads)),
        "blur_ratio": rate(OURS, large) / blurring if blurring else None,
    }


def _remarks(wanted: argparse.Namespace, ours: Ours) -> list[dict[str, Any]]:
    """Return what a reader must know beside the numbers."""
    said = {
        "precision of the service, the bare loop and the OpenVINO peer": wanted.precision,
        "precision of the torch peer": "f32, the only one that YOLO.predict has on a processor",
        "photos that the service works on side by side": str(wanted.at_once),
        "seconds from start to ready": f"{ours.ready_seconds:.1f}",
        "first answer after ready": f"{ours.first_ms:.0f} ms",
    }
    return [{"remark": what, "said": text} for what, text in said.items()]


if __name__ == "__main__":
    main()
