"""Is a facing called what it is, and does the system know when it does not know? `make bench-recognition`.

Klasson's photos in five folds; what a fold is judged by has learned nothing from it: neither embedder nor gallery nor
calibration nor any threshold. Then the gallery of a large catalogue, and a product new to two running servers.
"""

import argparse
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import torch

from benchmarks.recognition import checkout, gallery, live, naming, unknown
from benchmarks.recognition.checkout import measure_checkout
from benchmarks.recognition.embedders import measure_embedders
from benchmarks.recognition.gallery import measure_gallery
from benchmarks.recognition.live import measure_live
from benchmarks.recognition.naming import measure_naming
from benchmarks.recognition.sets import compare_sets
from benchmarks.recognition.trials import SEED, Trials, look_at
from benchmarks.recognition.unknown import PRODUCTS, measure_unknown
from benchmarks.report import Report, machine

TARGETS = {**naming.TARGETS, **unknown.TARGETS, **checkout.TARGETS, **gallery.TARGETS, **live.TARGETS}


def main() -> None:
    """Measure all parts, publish."""
    data, started = _data(), machine()
    cv2.setNumThreads(1)
    torch.set_num_threads(2)
    of_gallery = measure_gallery()  # first, while no other thread pool is warm
    with tempfile.TemporaryDirectory(prefix="shelfloop-bench-") as folder:
        added = measure_live(Path(folder))
    trials = Trials(look_at(data))
    parts: list[tuple[Mapping[str, float | None], Sequence[Mapping[str, Any]]]] = [
        measure_naming(trials),
        measure_unknown(trials),
        measure_checkout(trials),
        ({}, list(compare_sets(trials, PRODUCTS))),
        measure_embedders(trials),
        of_gallery,
        (added.headline(), added.rows()),
    ]
    Report(
        name="recognition",
        headline={key: value for headline, _ in parts for key, value in headline.items()},
        targets=TARGETS,
        rows=[row for _, rows in parts for row in rows],
        seeds={"trials": SEED, "gallery": gallery.SEED},
        machine=started,
    ).publish()


def _data() -> Path:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SHELFLOOP_DATA"), help="folder of photos, see docs/data.md")
    folder = parser.parse_args().data
    if not folder:
        parser.error("set SHELFLOOP_DATA to the folder of photos; docs/data.md says which ones")
    return Path(folder)


if __name__ == "__main__":
    main()
